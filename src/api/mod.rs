//! The JSON API for mini-program and APP (`/api/v1`): the use cases of the pages, in the same words (docs/api.md).
//!
//! It holds no rule: what may be done, and every "no", comes from the capabilities. No cookie is read or set here, so
//! there is no CSRF either: who calls says so with `Authorization: Bearer`.

mod applications;
mod bearer;
mod campaign;
mod docs;
mod document;
mod documents;
mod error;
mod examples;
mod gate;
mod handoff;
mod mini;
mod once;
mod session;
mod sign_in;
mod submission;
mod view;

pub use document::document;

use crate::error::{Error, Result};
use poem::http::header;
use poem::middleware::{CatchPanic, Compression};
use poem::{Endpoint, EndpointExt as _, IntoEndpoint as _, Request, Route, get};
use poem_openapi::{OpenApiService, Tags};
use std::sync::Arc;

/// One struct a capability.
type All = (
    sign_in::SignInApi,
    mini::MiniApi,
    campaign::CampaignApi,
    applications::ApplicationsApi,
    documents::DocumentsApi,
    handoff::HandoffApi,
    submission::SubmissionApi,
);

/// The headings of the document.
#[derive(Tags)]
enum Tag {
    /// 登录、注册、退出
    Account,
    /// 小程序登录、授权手机号、订阅消息
    Mini,
    /// 申请批次、工会、资格自查
    Campaign,
    /// 补助申请的填写
    Application,
    /// 证明材料
    Document,
    /// 提交、补正、撤回、进度
    Submission,
}

fn service() -> OpenApiService<All, ()> {
    let all = (
        sign_in::SignInApi,
        mini::MiniApi,
        campaign::CampaignApi,
        applications::ApplicationsApi,
        documents::DocumentsApi,
        handoff::HandoffApi,
        submission::SubmissionApi,
    );
    OpenApiService::new(all, "求学圆梦 API", "1.0.0")
        .description(
            "济南市总工会“求学圆梦行动”补助申请：供小程序和 APP 使用。登录、错误码与幂等键见 docs/api.md。",
        )
        .server("/api/v1")
}

/// What is served below `/api`; the application is in the request's data.
pub fn routes() -> impl Endpoint + 'static {
    let operations = service()
        .into_endpoint()
        .around(gate::enter)
        .with(Compression::new())
        .around(events_as_they_come);
    Route::new()
        .nest("/v1", operations)
        .at("/openapi.json", get(docs::openapi))
        .at("/docs", get(docs::page).with(Compression::new()))
        .with(CatchPanic::new().with_handler(error::panicked))
        .around(error::into_json)
}

/// Compression would hold events back until there are many of them.
async fn events_as_they_come<E: Endpoint>(next: Arc<E>, mut req: Request) -> poem::Result<E::Output> {
    if req.uri().path().ends_with("/events") {
        req.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.call(req).await
}

/// An id of ours in a path. What cannot be one is not there, like what is somebody else's.
fn id(text: &str) -> Result<&str> {
    let ours = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    ours.then_some(text).ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests;
