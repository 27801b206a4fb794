//! From PC to phone and back: the PC's documents page shows a code, the phone that reads it uploads to that
//! application alone. `/apply/handoff/:token` is the link, `/apply/handoff` the phone's page once it has joined:
//! no sign-in, nothing of the person on it, no other page opened by it.

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, answer_to_post, page, page_again, qr_inline, see_other};
use super::view::{self, DocView};
use super::{Open, documents as pages, json, wants_json};
use crate::application::handoff::{self, Granted, Phone};
use crate::application::{DocumentKind, State, documents};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use askama::Template;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Request, Response, handler};
use serde::Deserialize;

/// A form without fields of its own.
#[derive(Deserialize)]
pub struct Nothing {}

/// The code on the PC's page.
#[derive(Default)]
pub struct Code {
    /// An SVG of the link.
    pub svg: String,
    /// "10:42": when it ends by itself.
    pub until: String,
}

#[derive(Template, Default)]
#[template(path = "worker/handoff_join.html")]
pub struct JoinPage {
    pub base: Base,
    pub token: String,
    pub until: String,
}

#[derive(Template, Default)]
#[template(path = "worker/handoff.html")]
pub struct PhonePage {
    pub base: Base,
    pub documents: Vec<DocView>,
    pub left: usize,
    pub until: String,
}

/// `POST /apply/documents/handoff`: the documents page with a new code on it.
#[handler]
pub async fn begin(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let begun = handoff::begin(&ctx.app, &open.worker.id, &open.application.id).await?;
    let link = ctx.app.link(&format!("/apply/handoff/{}", begun.token));
    let code = Code {
        svg: qr_inline(&link)?,
        until: view::clock(begun.until),
    };
    let list = pages::list(&ctx, &open, None).await?;
    let shown = pages::DocumentsPage {
        code: Some(code),
        ..list
    };
    answer_to_post(StatusCode::OK, &shown)
}

/// `POST /apply/documents/handoff/end`
#[handler]
pub async fn end(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    if let (worker, Some(application)) = super::mine(&ctx).await? {
        handoff::end(&ctx.app, &worker.id, &application.id).await?;
    }
    ctx.flash("已结束手机上传，手机上的页面不能再用");
    Ok(see_other("/apply/documents"))
}

/// `GET /apply/documents/arrivals`: what the PC's page asks every two seconds.
#[handler]
pub async fn arrivals(ctx: Ctx) -> Result<Response> {
    let (_, application) = super::mine(&ctx).await?;
    let application = application.ok_or(Error::NotFound)?;
    let papers: serde_json::Map<String, serde_json::Value> = documents::of(&ctx.app, &application.id)
        .await?
        .into_iter()
        .map(|document| (document.kind.to_string(), document.id.into()))
        .collect();
    let phone = handoff::phone(&ctx.app, &application.id).await?;
    let waits = phone != Phone::Over;
    Ok(json(
        serde_json::json!({ "phone": phone.as_str(), "again": waits, "papers": papers }),
    ))
}

/// `GET /apply/handoff/:token`: asks before it takes the link up.
#[handler]
pub async fn look(ctx: Ctx, Path(token): Path<String>) -> Result<Response> {
    if let Some(pass) = ctx.handoff().filter(|pass| pass.is_for(&token)) {
        handoff::used(&ctx.app, &pass).await?;
        return Ok(see_other("/apply/handoff"));
    }
    let until = handoff::look(&ctx.app, &token).await?;
    page(&JoinPage {
        base: ctx.base("手机上传材料"),
        token,
        until: view::clock(until),
    })
}

/// `POST /apply/handoff/:token`: this phone it is; the address bar no longer shows the token.
#[handler]
pub async fn join(Path(token): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    // A second tap, or the page gone back to.
    let joined = ctx.handoff().is_some_and(|pass| pass.is_for(&token));
    if !joined {
        ctx.set_handoff(&handoff::join(&ctx.app, &token).await?);
    }
    Ok(see_other("/apply/handoff"))
}

async fn granted(ctx: &Ctx) -> Result<Granted> {
    let pass = ctx.handoff().ok_or(Refusal::HandoffOver)?;
    handoff::used(&ctx.app, &pass).await
}

/// The papers with what is there in words; no picture, no name.
async fn list(ctx: &Ctx, granted: &Granted, failed: Option<(DocumentKind, Refusal)>) -> Result<PhonePage> {
    let application = &granted.application;
    let of_jinan = view::of_jinan(&application.form(&ctx.app)?, ctx.app.now()).unwrap_or(false);
    let uploaded = documents::of(&ctx.app, &application.id).await?;
    let since = (application.state == State::Returned).then_some(application.since);
    let documents: Vec<DocView> = DocumentKind::needed(of_jinan)
        .filter(|kind| granted.editable.allows(kind.as_str()))
        .map(|kind| DocView {
            file: None,
            error: failed
                .as_ref()
                .filter(|(failed, _)| *failed == kind)
                .map(|(_, refusal)| refusal.text()),
            ..view::doc(kind, &uploaded, application, since)
        })
        .collect();
    Ok(PhonePage {
        base: ctx.base("手机上传材料"),
        left: documents.iter().filter(|view| view.tone != "ok").count(),
        documents,
        until: view::clock(granted.until),
    })
}

/// `GET /apply/handoff`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let granted = granted(&ctx).await?;
    page(&list(&ctx, &granted, None).await?)
}

/// `POST /apply/handoff/files/:kind`: as the PC's page uploads, for a phone with a pass.
#[handler]
pub async fn upload(req: &Request, Path(kind): Path<String>, uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let kind = DocumentKind::parse(&kind).ok_or(Error::NotFound)?;
    let granted = granted(&ctx).await?;
    let (worker, id) = (&granted.worker_id, &granted.application.id);
    match documents::upload_by_phone(&ctx.app, worker, id, kind, bytes).await {
        Ok(_) if wants_json(req) => Ok(json(serde_json::json!({ "kind": kind.as_str() }))),
        Ok(_) => {
            ctx.flash(&format!("已上传：{}", kind.label()));
            Ok(see_other(&format!("/apply/handoff#doc-{kind}")))
        }
        Err(Error::Refused(refusal)) if !wants_json(req) && pages::is_about_the_file(&refusal) => {
            page_again(&list(&ctx, &granted, Some((kind, refusal))).await?)
        }
        Err(other) => Err(other),
    }
}

/// `POST /apply/handoff/end`: done on the phone, so the code on the PC ends too.
#[handler]
pub async fn finish(posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    if let Ok(granted) = granted(&ctx).await {
        handoff::end(&ctx.app, &granted.worker_id, &granted.application.id).await?;
    }
    ctx.drop_handoff();
    page(&EndPage {
        base: ctx.base("手机上传已结束"),
    })
}

#[derive(Template, Default)]
#[template(path = "worker/handoff_end.html")]
pub struct EndPage {
    pub base: Base,
}
