//! The one place where an [`Error`] becomes an answer: a page for people, JSON for programs.

use super::page::{Base, page_with, see_other};
use crate::app::App;
use crate::error::{Door, Error};
use crate::kernel::Refusal;
use askama::Template;
use poem::error::ResponseError;
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    base: Base,
    heading: &'static str,
    text: String,
    back: bool,
}

/// The same on the officers' side, whose way back leads to their work.
#[derive(Template)]
#[template(path = "office/error.html")]
struct OfficeErrorPage {
    base: Base,
    who: Option<super::office::Who>,
    heading: &'static str,
    text: String,
    back: bool,
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        match self {
            Error::Refused(refusal) => refusal_status(refusal),
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::SignIn(_) => StatusCode::UNAUTHORIZED,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

fn refusal_status(refusal: &Refusal) -> StatusCode {
    use Refusal::*;
    match refusal {
        CsrfFailed | NotAllowed | PageNotOurs | NotYourStep | OwnApplication | DeclaredRelative
        | AppTicketInvalid | AppTicketUsed | OtherPerson | HandoffTaken | ByUpperUnionOnly | MiniOnly => {
            StatusCode::FORBIDDEN
        }
        AlreadyDecided { .. }
        | ChangedMeanwhile
        | RecallTooLate
        | AlreadyThisYear { .. }
        | RegistrationDecided { .. }
        | AlreadyThisLevel { .. }
        | NotEditable
        | SeatsGone
        | EnrolledAlready { .. }
        | HoldsAnother { .. }
        | EnrolmentNotThere
        | ProgramHasEnrolments { .. }
        | TermsChanged
        | ProviderBusy { .. }
        | ProviderEnded
        | SeenChanged
        | TransferMoved { .. }
        | TransferNotFree { .. }
        | KeyBusy
        | NoticeNotLost
        | PaymentPaid
        | PaymentNotPaid
        | PaymentClosed
        | PaymentDiffers
        | RefundGoesOn
        | RefundTooMuch => StatusCode::CONFLICT,
        SmsTooSoon { .. } | SmsTooMany | SignInTooMany | TooManyRequests | FileTooMany => {
            StatusCode::TOO_MANY_REQUESTS
        }
        HandoffOver => StatusCode::GONE,
        FileTooLarge { .. } | AttachmentTooLarge { .. } | VideoTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        MalformedRequest | OauthState | OauthCode => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Around the pages: whatever went wrong inside becomes a page that says what to do next.
pub async fn into_page<E: Endpoint + 'static>(next: Arc<E>, req: Request) -> poem::Result<Response> {
    let app = req.data::<App>().cloned();
    let here = Here::of(&req);
    match next.call(req).await {
        Ok(response) => Ok(response.into_response()),
        // A way elsewhere, decided before the handler ran.
        Err(error) if error.is_from_response() => Ok(error.into_response()),
        Err(error) => Ok(answer(app.as_ref(), &here, error)),
    }
}

/// What an error page needs to know of the request that failed.
struct Here {
    path: String,
    json: bool,
    get: bool,
    referer_path: Option<String>,
}

impl Here {
    fn of(req: &Request) -> Self {
        let path = req.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let accepts = req.header(header::ACCEPT).unwrap_or_default();
        let referer = req.header(header::REFERER).and_then(|r| url::Url::parse(r).ok());
        Here {
            json: path.starts_with("/api/")
                || path.starts_with(super::jssdk::PATH)
                || accepts.starts_with("application/json"),
            get: req.method() == Method::GET,
            referer_path: referer.map(|url| url.path().to_owned()),
            path,
        }
    }

    fn is_office(&self) -> bool {
        self.path.split(['/', '?']).nth(1) == Some("office")
    }
}

fn answer(app: Option<&App>, here: &Here, error: poem::Error) -> Response {
    let status = error.status();
    let ours = error.downcast_ref::<Error>();
    if let Some(Error::Refused(refusal)) = ours
        && let Some(app) = app
    {
        app.metrics.refusals.with_label_values(&[refusal.code()]).inc();
    }
    if status.is_server_error() {
        // The cause is for the log alone.
        tracing::error!(error = format!("{error:#}"), "request failed");
    }
    if here.json {
        json(status, ours)
    } else {
        html(here, status, ours)
    }
}

/// `{"error": {"code", "message", "fields"}}`, the shape of every JSON error.
fn json(status: StatusCode, error: Option<&Error>) -> Response {
    let fields = match error {
        Some(Error::Invalid(fields)) => fields
            .0
            .iter()
            .map(|(f, r)| (f.to_string(), r.text().into()))
            .collect(),
        _ => serde_json::Map::new(),
    };
    let (code, message) = match error {
        Some(Error::Refused(refusal)) => (refusal.code(), refusal.text()),
        Some(Error::Invalid(_)) => ("invalid", "填写的内容有误，请按提示修改".to_owned()),
        Some(Error::SignIn(_)) => ("sign_in", Refusal::SignInAgain.text()),
        _ => (generic_code(status), words(status).1.to_owned()),
    };
    let body = serde_json::json!({ "error": { "code": code, "message": message, "fields": fields } });
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body.to_string())
}

fn generic_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        s if s.is_client_error() => "malformed_request",
        _ => "unavailable",
    }
}

fn html(here: &Here, status: StatusCode, error: Option<&Error>) -> Response {
    if let Some(Error::SignIn(door)) = error {
        return see_other(&sign_in_path(*door, here));
    }
    let (heading, text) = match error {
        Some(Error::Refused(refusal)) => ("没有办成", refusal.text()),
        Some(Error::Invalid(fields)) => (
            "填写有误",
            fields
                .0
                .first()
                .map_or_else(String::new, |(_, refusal)| refusal.text()),
        ),
        _ => (words(status).0, words(status).1.to_owned()),
    };
    let base = Base {
        title: heading.to_owned(),
        assets: super::assets::version(),
        ..Base::default()
    };
    let back = !here.get || here.referer_path.is_some();
    let rendered = if here.is_office() {
        let who = None;
        page_with(
            status,
            &OfficeErrorPage {
                base,
                who,
                heading,
                text,
                back,
            },
        )
    } else {
        page_with(
            status,
            &ErrorPage {
                base,
                heading,
                text,
                back,
            },
        )
    };
    rendered.unwrap_or_else(|_| {
        Response::builder()
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .body("系统繁忙，请稍后再试")
    })
}

/// Sign in, then go on where one was: at the page asked for, or the page whose form was sent.
fn sign_in_path(door: Door, here: &Here) -> String {
    let next = if here.get {
        here.path.as_str()
    } else {
        here.referer_path.as_deref().unwrap_or("/")
    };
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    match door {
        Door::Worker => format!("/sign-in?next={next}"),
        Door::Officer => format!("/office/sign-in?next={next}"),
    }
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => (
            "没有找到",
            "您要看的页面不存在，或者您没有查看它的权限。请检查地址，或从首页重新进入。",
        ),
        StatusCode::METHOD_NOT_ALLOWED => ("没有办成", "请从首页重新进入。"),
        StatusCode::PAYLOAD_TOO_LARGE => ("内容过大", "提交的内容过大，请压缩后再试。"),
        s if s.is_client_error() => ("没有办成", "提交的内容不完整，请返回上一页重试。"),
        _ => ("系统繁忙", "请稍后再试，您已保存的内容不会丢失。"),
    }
}

/// A handler panicked: a defect of ours, told like any other.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    let base = Base {
        title: "系统繁忙".to_owned(),
        assets: super::assets::version(),
        ..Base::default()
    };
    let text = words(StatusCode::INTERNAL_SERVER_ERROR).1.to_owned();
    page_with(
        StatusCode::INTERNAL_SERVER_ERROR,
        &ErrorPage {
            base,
            heading: "系统繁忙",
            text,
            back: true,
        },
    )
    .unwrap_or_else(|_| {
        Response::builder()
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .finish()
    })
}
