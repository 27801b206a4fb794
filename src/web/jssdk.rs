//! The JS-SDK's configuration for a page of ours: `GET /wechat/jssdk?url=` → what `wx.config` takes (facts row 10).
//!
//! The page sends its own `location.href`; an address put together here from Host or proxy headers would not be what
//! the phone compares. Only pages of the configured hosts are signed for. [`script`] and [`allow`] are for the pages that
//! use the JS-SDK (`assets/web/jssdk.js` configures it).

use super::ctx::Ctx;
use crate::account::throttle;
use crate::app::App;
use crate::config::Purpose;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::wechat::jssdk::{JsConfig, PageUrlError, page_url};
use poem::http::{HeaderValue, header};
use poem::web::{Json, Query};
use poem::{Response, handler};
use serde::Deserialize;

/// Where the configuration is; its errors are always JSON.
pub const PATH: &str = "/wechat/jssdk";

/// The JS-SDK itself, to be loaded inside WeChat only: WeChat's, in the demo the simulated phone's.
pub fn script(app: &App) -> String {
    match app.config.purpose {
        Purpose::Demo => format!("http://{}/assets/jweixin.js", app.config.sim_listen),
        _ => "https://res.wx.qq.com/open/js/jweixin-1.6.0.js".to_owned(),
    }
}

/// [`script`] for a page that works without it: inside WeChat alone; in the demo any page may lie in the simulated phone.
pub fn script_here(ctx: &Ctx) -> Option<String> {
    let here = ctx.in_wechat() || ctx.app.config.purpose == Purpose::Demo;
    here.then(|| script(&ctx.app))
}

/// Lets a page that `loads` it load the JS-SDK, and the frames of WeChat's own in which its tags draw; it reports to WeChat by
/// pictures. In the demo the simulated phone is WeChat, and frames the page.
pub fn allow(app: &App, loads: bool, mut response: Response) -> Response {
    if !loads {
        return response;
    }
    let phone = (app.config.purpose == Purpose::Demo).then_some(app.config.sim_listen);
    let phone = phone.map_or_else(String::new, |at| {
        format!(" http://{at} http://localhost:{}", at.port())
    });
    let policy = format!(
        "default-src 'self'; script-src 'self' https://res.wx.qq.com{phone}; frame-src 'self' https://*.qq.com webcompt:; \
         img-src 'self' data: blob: https://*.qq.com; object-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'self'{phone}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    url: String,
}

/// `{"appId","timestamp","nonceStr","signature"}`. Errors: 403 `page_not_ours`, 400 `malformed_request` for what is no
/// address of a page, 429 `too_many_requests`.
#[handler]
pub async fn config(ctx: Ctx, Query(Page { url }): Query<Page>) -> Result<Json<JsConfig>> {
    let app = &ctx.app;
    throttle::check(
        app,
        &throttle::PAGES_SIGNED_PER_ADDRESS,
        ctx.address(),
        Refusal::TooManyRequests,
    )
    .await?;
    let hosts = hosts(app);
    page_url(&url, &hosts).map_err(|problem| match problem {
        PageUrlError::Host => Refusal::PageNotOurs,
        PageUrlError::Malformed => Refusal::MalformedRequest,
    })?;
    let (now_s, nonce) = (app.now().seconds(), app.entropy.token());
    let config = app.wechat.js_config(&url, &hosts, now_s, &nonce).await;
    let config = config
        .map_err(|e| Error::Internal(anyhow::Error::new(e).context("signing a page for the JS-SDK")))?;
    Ok(Json(config))
}

/// The host of the public address, and those that the configuration adds.
fn hosts(app: &App) -> Vec<String> {
    let public = url::Url::parse(&app.config.http.public_url).ok();
    let own = public.and_then(|url| {
        let host = url.host_str()?;
        Some(
            url.port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        )
    });
    own.into_iter()
        .chain(app.config.wechat.js_domains.iter().cloned())
        .collect()
}
