//! Every "no" of the API in one shape: `{"error": {"code", "message", "fields"}}`.
//!
//! The statuses of our own errors are those of the pages: [`Error`] is a [`ResponseError`] in one place for both doors.

use crate::app::App;
use crate::error::Error;
use crate::kernel::Refusal;
use poem::error::ResponseError as _;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse as _, Request, Response};
use poem_openapi::error::{AuthorizationError, ParseMultipartError, ParseParamError, ParsePathError};
use poem_openapi::payload::{Json, Payload as _};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type as _;
use poem_openapi::{ApiResponse, Object};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An error.
#[derive(Debug, Object)]
pub struct Problem {
    /// The error.
    error: ProblemBody,
}

/// What went wrong.
#[derive(Debug, Object)]
pub struct ProblemBody {
    /// A stable word for programs; the list is in docs/api.md.
    code: String,
    /// What to tell the person, in Chinese, with what to do next.
    message: String,
    /// What is wrong with single fields, by their name, in Chinese; empty when it is not about fields.
    fields: BTreeMap<String, String>,
}

/// Status, and what it means, of every error that operations may answer. [`super::document`] leaves out what cannot be.
const ANSWERS: &[(u16, &str)] = &[
    (400, "请求不是约定的格式"),
    (401, "没有登录，或登录已过期：请重新登录"),
    (403, "没有权限"),
    (404, "没有这一项，或不属于当前用户"),
    (409, "与当前状态冲突：请取最新内容后再试"),
    (410, "已结束或已过期：请从头开始"),
    (413, "请求或文件过大"),
    (415, "Content-Type 不对"),
    (422, "不符合规则，或填写有误"),
    (429, "次数太多，请稍后再试"),
];

impl ApiResponse for Error {
    fn meta() -> MetaResponses {
        let answer = |&(status, description): &(u16, &'static str)| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: Json::<Problem>::CONTENT_TYPE,
                schema: Problem::schema_ref(),
            }],
            headers: Vec::new(),
        };
        MetaResponses {
            responses: ANSWERS.iter().map(answer).collect(),
        }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// Around the API: whatever went wrong inside becomes JSON, and no answer is kept by anybody on the way.
pub async fn into_json<E: Endpoint + 'static>(next: Arc<E>, req: Request) -> poem::Result<Response> {
    let app = req.data::<App>().cloned();
    let path = req.original_uri().path().to_owned();
    let mut response = match next.call(req).await {
        Ok(response) => response.into_response(),
        Err(error) => answer(app.as_ref(), &error),
    };
    let allowed = (response.status() == StatusCode::METHOD_NOT_ALLOWED).then(|| allowed(&path));
    let headers = response.headers_mut();
    if let Some(allowed) = allowed.flatten() {
        headers.insert(header::ALLOW, allowed);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(response)
}

/// What `Allow` says of an operation's path; the two documents beside them are only read.
fn allowed(path: &str) -> Option<HeaderValue> {
    let methods = match path.strip_prefix("/api/v1") {
        Some(path) => super::document::methods_of(path)?,
        None => "GET".to_owned(),
    };
    HeaderValue::from_str(&methods).ok()
}

/// A handler panicked: a defect of ours, told like any other.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    told(
        StatusCode::INTERNAL_SERVER_ERROR,
        generic(StatusCode::INTERNAL_SERVER_ERROR),
    )
}

fn answer(app: Option<&App>, error: &poem::Error) -> Response {
    let status = error.status();
    let ours = error.downcast_ref::<Error>();
    if let (Some(Error::Refused(refusal)), Some(app)) = (ours, app) {
        app.metrics.refusals.with_label_values(&[refusal.code()]).inc();
    }
    if status.is_server_error() {
        // The cause is for the log alone.
        tracing::error!(error = format!("{error:#}"), "request failed");
    }
    let mut response = match ours {
        Some(ours) => told(ours.status(), body(ours)),
        None => told(status, of_framework(status, error)),
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

fn told(status: StatusCode, error: ProblemBody) -> Response {
    Json(Problem { error }).with_status(status).into_response()
}

fn body(error: &Error) -> ProblemBody {
    let plain = |code: &str, message: String| ProblemBody {
        code: code.to_owned(),
        message,
        fields: BTreeMap::new(),
    };
    match error {
        Error::Refused(refusal) => plain(refusal.code(), refusal.text()),
        Error::Invalid(fields) => ProblemBody {
            fields: fields
                .0
                .iter()
                .map(|(field, refusal)| (field.to_string(), refusal.text()))
                .collect(),
            ..plain("invalid", "填写的内容有误，请按提示修改".to_owned())
        },
        Error::SignIn(_) => plain("sign_in", Refusal::SignInAgain.text()),
        Error::NotFound => generic(StatusCode::NOT_FOUND),
        Error::Internal(_) => generic(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// What poem and poem-openapi answer in English plain text.
fn of_framework(status: StatusCode, error: &poem::Error) -> ProblemBody {
    if error.is::<AuthorizationError>() {
        return body(&Error::SignIn(crate::error::Door::Worker));
    }
    let field = error
        .downcast_ref::<ParseParamError>()
        .map(|error| error.name)
        .or_else(|| error.downcast_ref::<ParsePathError>().map(|error| error.name))
        .or_else(|| error.is::<ParseMultipartError>().then_some("file"));
    let field = field.map(|name| (name.to_owned(), Refusal::MalformedRequest.text()));
    ProblemBody {
        fields: field.into_iter().collect(),
        ..generic(status)
    }
}

fn generic(status: StatusCode) -> ProblemBody {
    let (code, message) = match status {
        StatusCode::UNAUTHORIZED => ("sign_in", "请先登录"),
        StatusCode::NOT_FOUND => ("not_found", "没有找到，或者您没有查看的权限"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "这个地址不支持这样的请求"),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "提交的内容过大，请压缩后再试"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", "请求的 Content-Type 不对"),
        s if s.is_client_error() => ("malformed_request", "提交的内容不是约定的格式"),
        _ => ("unavailable", "系统繁忙，请稍后再试，已保存的内容不会丢失"),
    };
    ProblemBody {
        code: code.to_owned(),
        message: message.to_owned(),
        fields: BTreeMap::new(),
    }
}
