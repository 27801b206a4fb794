//! Pages: server-rendered, Chinese, working without script where they can. Doors hold no rule and no SQL.

pub mod assets;
pub mod ctx;
pub mod error;
pub mod form;
pub mod health;
pub mod oauth;
pub mod observe;
pub mod office;
pub mod page;
pub mod session;
pub mod wechat;
pub mod worker;

use crate::app::App;
use poem::middleware::{AddData, CatchPanic, Compression};
use poem::{Endpoint, EndpointExt as _, Route, get};

/// Everything that is served over HTTP.
///
/// The callback of WeChat, health and assets stay clear of session and other middleware: they need none of it
/// and the callback is the path that WeChat counts seconds on.
pub fn routes(app: App) -> impl Endpoint + 'static {
    let pages = worker::routes()
        .at("/wechat/oauth/start", get(oauth::start))
        .at("/wechat/oauth/callback", get(oauth::callback))
        .nest("/office", office::routes());
    let pages = pages
        .around(error::into_page)
        .with(session::middleware(&app))
        // Once more, since the session's store itself may be away.
        .around(error::into_page)
        .with(Compression::new())
        .around(page::security_headers);
    Route::new()
        .at("/wechat/callback", get(wechat::verify).post(wechat::receive))
        .at("/healthz", get(health::healthz))
        .at("/readyz", get(health::readyz))
        .at("/metrics", get(health::metrics))
        .at("/assets/:version/*path", get(assets::serve))
        .nest_no_strip("/", pages)
        .with(CatchPanic::new().with_handler(error::panicked))
        .around(observe::request)
        .with(AddData::new(app))
}
