//! Pages: server-rendered, Chinese, working without script where they can. Doors hold no rule and no SQL.

pub mod assets;
pub mod ctx;
mod device;
pub mod error;
pub mod form;
pub mod health;
pub mod jssdk;
pub mod kept;
pub mod oauth;
pub mod observe;
pub mod office;
pub mod page;
pub mod paper;
mod places;
pub mod session;
pub mod wechat;
pub mod wechat_pay;
pub mod worker;

use crate::app::App;
use poem::endpoint::BoxEndpoint;
use poem::middleware::{AddData, CatchPanic, Compression};
use poem::{Endpoint, EndpointExt as _, IntoEndpoint, Request, Response, Route, get, post};
use std::sync::Arc;

/// Everything that is served over HTTP.
///
/// The callback of WeChat, health and assets stay clear of session and other middleware: they need none of it
/// and the callback is the path that WeChat counts seconds on.
///
/// `api` is the JSON API's endpoint: it has no session, no page for its errors, and is another door.
pub fn routes(app: App, api: impl IntoEndpoint<Endpoint: 'static>) -> impl Endpoint + 'static {
    // Server-sent events stay clear of compression, which would hold them back.
    let events = Route::new()
        .at("/progress/events", get(worker::live::events))
        .around(error::into_page)
        .with(session::middleware(&app))
        .around(error::into_page)
        .around(page::security_headers);
    // Neither do videos go through it: their parts are counted in bytes.
    let media = Route::new()
        .at(
            "/courses/media/:id",
            get(worker::courses_media::serve).head(worker::courses_media::serve),
        )
        .around(error::into_page)
        .around(page::security_headers);
    let unpublished = Route::new()
        .at("/office/courses/media/:id", get(office::courses_media))
        .around(error::into_page)
        .with(session::middleware(&app))
        .around(error::into_page)
        .around(page::security_headers);
    let pages = places::routes(worker::routes())
        .at("/wechat/oauth/start", get(oauth::start))
        .at("/wechat/oauth/callback", get(oauth::callback))
        .at(jssdk::PATH, get(jssdk::config))
        .nest("/office", office::routes());
    let pages = pages
        .around(not_of_nul)
        .around(error::into_page)
        .with(session::middleware(&app))
        // Once more, since the session's store itself may be away.
        .around(error::into_page)
        .with(Compression::new())
        .around(page::security_headers);
    let others = Route::new()
        .at("/healthz", get(health::healthz))
        .at("/readyz", get(health::readyz))
        .at("/metrics", get(health::metrics))
        .at(crate::payment::NOTIFY_PATH, post(wechat_pay::notify))
        .at(
            "/assets/:version/*path",
            get(assets::serve).with(Compression::new()),
        )
        .nest("/api", api)
        .nest_no_strip("/progress/events", events)
        .nest_no_strip("/courses/media", media)
        .nest_no_strip("/office/courses/media", unpublished)
        .nest_no_strip("/", pages)
        .with(CatchPanic::new().with_handler(error::panicked))
        .around(observe::request)
        .with(AddData::new(crate::application::live::Hub::new(&app)))
        .with(AddData::new(app.clone()));
    CallbackFirst {
        callback: wechat::Callback(app).with(CatchPanic::new()),
        others: others.boxed(),
    }
}

/// Nothing of ours has a NUL in its address, and PostgreSQL takes none in a text: such a page is not there.
async fn not_of_nul<E: Endpoint>(next: Arc<E>, req: Request) -> poem::Result<E::Output> {
    if req.uri().path().contains("%00") {
        return Err(crate::error::Error::NotFound.into());
    }
    next.call(req).await
}

/// The callback before the router and all that surrounds the others: its own counters and log lines are in
/// [`wechat`], and half of what a message cost was what it passed through on its way there.
struct CallbackFirst<C> {
    callback: C,
    others: BoxEndpoint<'static>,
}

impl<C: Endpoint<Output = Response>> Endpoint for CallbackFirst<C> {
    type Output = Response;

    async fn call(&self, req: Request) -> poem::Result<Response> {
        if req.uri().path() == wechat::PATH {
            self.callback.call(req).await
        } else {
            self.others.call(req).await
        }
    }
}
