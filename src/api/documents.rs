//! 证明材料: list, upload, look at, take away.

use super::applications::own;
use super::bearer::{Caller, Signed};
use super::once::once;
use super::sign_in::Done;
use super::view::{Moment, moment};
use super::{Tag, id};
use crate::application::documents::{self, Document};
use crate::application::{Application, DocumentKind, drafts, removal};
use crate::audit::Actor;
use crate::campaign;
use crate::error::Result;
use crate::kernel::{FieldErrors, IdNumber, Refusal};
use crate::papers::{self, Check, Outcome, Viewer};
use crate::print::{self, For, Pdf};
use poem::http::header;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{Binary, Json, Response};
use poem_openapi::types::multipart::Upload;
use poem_openapi::{Enum, Multipart, Object, OpenApi};

/// The operations.
pub struct DocumentsApi;

/// A paper.
#[derive(Object)]
struct DocumentView {
    /// Id.
    id: String,
    /// What it is.
    kind: String,
    /// Its type by content.
    media_type: String,
    /// Its size.
    bytes: u64,
    /// When it was uploaded.
    uploaded_at: Moment,
    /// Whether the form has changed since it was stamped.
    out_of_date: bool,
}

/// What the machine found out about a paper or the form. It decides nothing: an officer does.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct CheckView {
    /// What is checked.
    check: String,
    /// The same in Chinese.
    label: String,
    /// The kind of paper it is about; none for the form itself.
    paper: Option<String>,
    /// How it came out.
    outcome: OutcomeView,
    /// What was found, in Chinese; empty when it passed.
    text: String,
    /// What the worker can do, in Chinese.
    advice: String,
}

/// How a check came out.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "lowercase")]
enum OutcomeView {
    Passed,
    Failed,
    Unclear,
}

impl From<&Check> for CheckView {
    fn from(check: &Check) -> Self {
        let (outcome, reason) = match &check.outcome {
            Outcome::Passed => (OutcomeView::Passed, None),
            Outcome::Failed(reason) => (OutcomeView::Failed, Some(reason)),
            Outcome::Unclear(reason) => (OutcomeView::Unclear, Some(reason)),
        };
        CheckView {
            check: check.kind.to_string(),
            label: check.kind.label().to_owned(),
            paper: check.paper.map(|kind| kind.to_string()),
            outcome,
            text: reason.map_or(String::new(), |reason| reason.text()),
            advice: reason.map_or(String::new(), |reason| reason.advice().to_owned()),
        }
    }
}

/// A kind of paper that the application needs.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct NeededView {
    /// The kind.
    kind: String,
    /// What people call it.
    label: String,
    /// What it must show.
    hint: String,
    /// Whether it may be uploaded or replaced now.
    editable: bool,
    /// The paper that stands.
    document: Option<DocumentView>,
}

/// One paper.
#[derive(Multipart)]
pub struct Paper {
    /// What it is.
    pub kind: String,
    /// jpg, jpeg, png, gif 或 pdf，不超过 3 MB；类型按内容判断。
    pub file: Upload,
}

/// The kind that an upload names.
pub fn kind_of(paper: &Paper) -> Result<DocumentKind> {
    let kind = DocumentKind::parse(&paper.kind);
    Ok(kind.ok_or_else(|| FieldErrors::one("kind", Refusal::NotAChoice))?)
}

fn attached(pdf: Pdf) -> Response<Binary<Vec<u8>>> {
    Response::new(Binary(pdf.bytes))
        .header(header::CONTENT_TYPE, "application/pdf")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", pdf.plain_name),
        )
}

fn shown(document: &Document, application: &Application) -> DocumentView {
    DocumentView {
        id: document.id.clone(),
        kind: document.kind.to_string(),
        media_type: document.media.to_string(),
        bytes: document.bytes,
        uploaded_at: moment(document.uploaded_at),
        out_of_date: document.out_of_date(application),
    }
}

/// Whether the ID number on the form is of Jinan; until there is one, the residence permit is not asked for.
pub fn of_jinan(caller: &Caller, application: &Application) -> Result<bool> {
    let form = application.form(&caller.app)?;
    let id_number = IdNumber::parse(form.get("id_number"), caller.app.now());
    Ok(id_number.map_or(true, |id| id.is_of_jinan()))
}

#[OpenApi(tag = "Tag::Document")]
impl DocumentsApi {
    /// 材料清单
    ///
    /// 需要的每一种材料，以及已上传的文件。非济南户籍的还需居住证。
    #[oai(
        path = "/applications/:application_id/documents",
        method = "get",
        operation_id = "documents"
    )]
    async fn list(&self, me: Signed, application_id: Path<String>) -> Result<Json<Vec<NeededView>>> {
        let application = own(&me.0, &application_id).await?;
        let standing = documents::of(&me.0.app, &application.id).await?;
        let editable = drafts::editable(&me.0.app, &application).await?;
        let needed = DocumentKind::needed(of_jinan(&me.0, &application)?).map(|kind| NeededView {
            kind: kind.to_string(),
            label: kind.label().to_owned(),
            hint: kind.hint().to_owned(),
            editable: editable.allows(kind.as_str()),
            document: standing
                .iter()
                .find(|document| document.kind == kind)
                .map(|document| shown(document, &application)),
        });
        Ok(Json(needed.collect()))
    }

    /// 系统核对结果
    ///
    /// 系统自动核对申请表和材料的结果，供提交前参考；不影响提交，由工会审核决定。提交时必须满足的条件见提交前核对。
    #[oai(
        path = "/applications/:application_id/checks",
        method = "get",
        operation_id = "checks"
    )]
    async fn checks(&self, me: Signed, application_id: Path<String>) -> Result<Json<Vec<CheckView>>> {
        let (app, application) = (&me.0.app, own(&me.0, &application_id).await?);
        let form = application.form(app)?;
        let standing = documents::of(app, &application.id).await?;
        let intake = campaign::intake(app, &application.intake_id).await?;
        let looked = papers::of(app, &application, &form, &standing, &intake, Viewer::Worker).await?;
        // What submitting decides by itself is told as what stands in its way.
        let told = looked.checks.iter().filter(|check| !check.kind.binding());
        Ok(Json(told.map(CheckView::from).collect()))
    }

    /// 上传或更换材料
    ///
    /// 同一种材料再次上传即更换。须先确认 4 项工作。
    #[oai(
        path = "/applications/:application_id/documents",
        method = "post",
        operation_id = "upload_document"
    )]
    async fn upload(
        &self,
        me: Signed,
        application_id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        paper: Paper,
    ) -> Result<Response<Json<DocumentView>>> {
        let application = own(&me.0, &application_id).await?;
        let kind = kind_of(&paper)?;
        let bytes = paper.file.into_vec().await.map_err(|_| Refusal::FileTruncated)?;
        let (app, worker_id) = (me.0.app.clone(), me.0.worker_id.clone());
        let (application_id, content) = (application.id.clone(), bytes.clone());
        let act = async move {
            let document = documents::upload(&app, &worker_id, &application.id, kind, bytes).await?;
            Ok(shown(&document, &application))
        };
        let content: [&[u8]; 4] = [
            b"upload",
            application_id.as_bytes(),
            kind.as_str().as_bytes(),
            &content,
        ];
        once(&me.0, key.0.as_deref(), &content, act).await
    }

    /// 下载本人的材料
    #[oai(
        path = "/applications/:application_id/documents/:document_id",
        method = "get",
        operation_id = "document"
    )]
    async fn file(
        &self,
        me: Signed,
        application_id: Path<String>,
        document_id: Path<String>,
    ) -> Result<Response<Binary<Vec<u8>>>> {
        let application = own(&me.0, &application_id).await?;
        let by = Actor::Worker(me.0.worker_id.clone());
        let (document, bytes) = documents::read(&me.0.app, &application, id(&document_id)?, &by).await?;
        Ok(Response::new(Binary(bytes))
            .header(header::CONTENT_TYPE, document.media.as_str())
            .header(header::CONTENT_DISPOSITION, "attachment"))
    }

    /// 下载申请表 PDF
    ///
    /// 用于打印盖章。须先记录已打印；之后申请表有修改的为 409，请核对后再次记录。
    #[oai(
        path = "/applications/:application_id/form.pdf",
        method = "get",
        operation_id = "form_pdf"
    )]
    async fn form_pdf(&self, me: Signed, application_id: Path<String>) -> Result<Response<Binary<Vec<u8>>>> {
        let application = own(&me.0, &application_id).await?;
        if application.printed_version != application.form_version {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        let form = application.form(&me.0.app)?;
        let paper = print::paper(&me.0.app, &application, form, For::Stamp).await?;
        Ok(attached(print::form_pdf(paper).await?))
    }

    /// 下载提交回执 PDF
    #[oai(
        path = "/applications/:application_id/receipt.pdf",
        method = "get",
        operation_id = "receipt_pdf"
    )]
    async fn receipt_pdf(
        &self,
        me: Signed,
        application_id: Path<String>,
    ) -> Result<Response<Binary<Vec<u8>>>> {
        let application = own(&me.0, &application_id).await?;
        Ok(attached(print::receipt_pdf(&me.0.app, application).await?))
    }

    /// 删除材料
    ///
    /// 提交前可以删除。
    #[oai(
        path = "/applications/:application_id/documents/:document_id",
        method = "delete",
        operation_id = "delete_document"
    )]
    async fn remove(
        &self,
        me: Signed,
        application_id: Path<String>,
        document_id: Path<String>,
    ) -> Result<Json<Done>> {
        let application = own(&me.0, &application_id).await?;
        removal::remove(&me.0.app, &me.0.worker_id, &application.id, id(&document_id)?).await?;
        Ok(Json(Done { done: true }))
    }
}
