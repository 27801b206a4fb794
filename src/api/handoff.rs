//! From one device to another: a link opens the upload of one application on one phone for ten minutes. The one that
//! is signed in starts, watches and ends it; the phone needs no sign-in and sees nothing of the person.

use super::Tag;
use super::applications::own;
use super::bearer::{Holding, Phone, Signed};
use super::documents::{Paper, kind_of};
use super::gate::Ctx;
use super::once::{once, once_for};
use super::session::{self, Session};
use super::sign_in::Done;
use super::view::{Moment, moment};
use crate::application::handoff::{self, Granted};
use crate::application::{DocumentKind, documents};
use crate::error::Result;
use crate::kernel::{IdNumber, Refusal};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{Json, Response};
use poem_openapi::{Enum, Object, OpenApi};

/// The operations.
pub struct HandoffApi;

/// A hand-off that has begun.
#[derive(Object)]
struct HandoffBegun {
    /// For `POST /handoff-sessions`, by one phone, once.
    token: String,
    /// The page that does the same in a phone's browser: to be shown as a QR code.
    link: String,
    /// When it ends by itself.
    until: Moment,
}

/// Where a hand-off stands.
#[derive(Object)]
struct HandoffState {
    /// The phone.
    phone: PhoneState,
}

/// Whether a phone has come.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "lowercase")]
enum PhoneState {
    Waiting,
    Joined,
    Over,
}

impl From<handoff::Phone> for PhoneState {
    fn from(phone: handoff::Phone) -> Self {
        match phone {
            handoff::Phone::Waiting => PhoneState::Waiting,
            handoff::Phone::Joined => PhoneState::Joined,
            handoff::Phone::Over => PhoneState::Over,
        }
    }
}

/// The token of a link.
#[derive(Object)]
struct HandoffToken {
    /// From the QR code: what follows `/apply/handoff/` in it.
    #[oai(default)]
    token: String,
}

/// A phone that may upload.
#[derive(Object)]
struct HandoffOpened {
    /// For `Authorization: Bearer` of the operations below `/handoff`; shown this once.
    token: String,
    /// When it ends by itself.
    until: Moment,
}

/// A paper, as far as the phone may know it.
#[derive(Object)]
struct HandoffPaper {
    /// The kind.
    kind: String,
    /// What people call it.
    label: String,
    /// What it must show.
    hint: String,
    /// Whether one is there.
    uploaded: bool,
}

async fn granted(phone: &Phone) -> Result<Granted> {
    handoff::used(&phone.app, &phone.pass).await
}

/// The papers that the phone may upload; the residence permit only where the form says that it is asked for.
async fn papers(phone: &Phone, granted: &Granted) -> Result<Vec<HandoffPaper>> {
    let application = &granted.application;
    let form = application.form(&phone.app)?;
    let id_number = IdNumber::parse(form.get("id_number"), phone.app.now());
    let of_jinan = id_number.map_or(true, |id| id.is_of_jinan());
    let standing = documents::of(&phone.app, &application.id).await?;
    let open = DocumentKind::needed(of_jinan).filter(|kind| granted.editable.allows(kind.as_str()));
    let paper = |kind: DocumentKind| HandoffPaper {
        kind: kind.to_string(),
        label: kind.label().to_owned(),
        hint: kind.hint().to_owned(),
        uploaded: standing.iter().any(|document| document.kind == kind),
    };
    Ok(open.map(paper).collect())
}

#[OpenApi(tag = "Tag::Document")]
impl HandoffApi {
    /// 开始手机上传
    ///
    /// 生成一次性链接（二维码），10 分钟内由一部手机为这份申请上传材料；同一申请的上一个链接随之失效。
    #[oai(
        path = "/applications/:application_id/handoff",
        method = "post",
        operation_id = "begin_handoff"
    )]
    async fn begin(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<HandoffBegun>>> {
        let application = own(&me.0, &application_id).await?;
        let (app, worker_id, id) = (me.0.app.clone(), me.0.worker_id.clone(), application.id.clone());
        let act = async move {
            let begun = handoff::begin(&app, &worker_id, &id).await?;
            Ok(HandoffBegun {
                link: app.link(&format!("/apply/handoff/{}", begun.token)),
                token: begun.token,
                until: moment(begun.until),
            })
        };
        let content: [&[u8]; 2] = [b"begin_handoff", application.id.as_bytes()];
        once(&me.0, key.0.as_deref(), &content, act).await
    }

    /// 手机上传状态
    ///
    /// 收到的材料见材料清单。
    #[oai(
        path = "/applications/:application_id/handoff",
        method = "get",
        operation_id = "handoff"
    )]
    async fn state(&self, me: Signed, application_id: Path<String>) -> Result<Json<HandoffState>> {
        let application = own(&me.0, &application_id).await?;
        let phone = handoff::phone(&me.0.app, &application.id).await?.into();
        Ok(Json(HandoffState { phone }))
    }

    /// 结束手机上传
    #[oai(
        path = "/applications/:application_id/handoff",
        method = "delete",
        operation_id = "end_handoff"
    )]
    async fn end(&self, me: Signed, application_id: Path<String>) -> Result<Json<Done>> {
        let application = own(&me.0, &application_id).await?;
        handoff::end(&me.0.app, &me.0.worker_id, &application.id).await?;
        Ok(Json(Done { done: true }))
    }

    /// 手机接手上传
    ///
    /// 一个链接只能由一部手机接手，不需要登录。
    #[oai(path = "/handoff-sessions", method = "post", operation_id = "take_up_handoff")]
    async fn take_up(&self, ctx: Ctx, link: Json<HandoffToken>) -> Result<Json<HandoffOpened>> {
        let app = &ctx.app;
        let pass = handoff::join(app, &link.token).await?;
        let until = handoff::used(app, &pass).await?.until;
        let session = Session {
            handoff: Some(pass),
            ..Session::default()
        };
        let token = session::begin(app, &session).await?;
        let until = moment(until);
        Ok(Json(HandoffOpened { token, until }))
    }

    /// 手机可上传的材料
    ///
    /// 不含申请人的任何信息。
    #[oai(path = "/handoff", method = "get", operation_id = "handoff_papers")]
    async fn papers(&self, phone: Holding) -> Result<Json<Vec<HandoffPaper>>> {
        let granted = granted(&phone.0).await?;
        papers(&phone.0, &granted).await.map(Json)
    }

    /// 手机上传材料
    ///
    /// 同一种材料再次上传即更换；返回可上传的材料。
    #[oai(
        path = "/handoff/documents",
        method = "post",
        operation_id = "upload_by_phone"
    )]
    async fn upload(
        &self,
        phone: Holding,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        paper: Paper,
    ) -> Result<Response<Json<Vec<HandoffPaper>>>> {
        let phone = phone.0;
        let kind = kind_of(&paper)?;
        let bytes = paper.file.into_vec().await.map_err(|_| Refusal::FileTruncated)?;
        let content: [&[u8]; 3] = [b"upload_by_phone", kind.as_str().as_bytes(), &bytes.clone()];
        let (app, who) = (phone.app.clone(), format!("handoff {}", phone.pass.offer));
        let act = async move {
            let before = granted(&phone).await?;
            let (worker, id) = (&before.worker_id, &before.application.id);
            documents::upload_by_phone(&phone.app, worker, id, kind, bytes).await?;
            papers(&phone, &before).await
        };
        once_for(&app, &who, key.0.as_deref(), &content, act).await
    }

    /// 手机结束上传
    ///
    /// 链接和这部手机的令牌随之失效。
    #[oai(path = "/handoff", method = "delete", operation_id = "finish_handoff")]
    async fn finish(&self, phone: Holding) -> Result<Json<Done>> {
        let granted = granted(&phone.0).await?;
        handoff::end(&phone.0.app, &granted.worker_id, &granted.application.id).await?;
        session::end(&phone.0.app, &phone.0.token).await?;
        Ok(Json(Done { done: true }))
    }
}
