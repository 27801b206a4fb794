//! Before submission: begin, read, save, choose the union, tick the four checks.

use super::bearer::{Caller, Signed};
use super::once::once;
use super::view::{self, ApplicationView, Moment};
use super::{Tag, id};
use crate::application::{self, Application, FormText, drafts, safety};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{Json, Response};
use poem_openapi::{Object, OpenApi};
use std::collections::BTreeMap;

/// The operations.
pub struct ApplicationsApi;

/// What was typed.
#[derive(Object)]
struct Typed {
    /// The application's version that was seen.
    version: i64,
    /// Fields by name; those that are left out stay as they are.
    form: BTreeMap<String, String>,
}

/// What became of a save.
#[derive(Object)]
struct SavedView {
    /// When.
    at: Moment,
    /// The application's version now.
    version: i64,
    /// Whether a form that was printed or stamped is out of date now.
    print_again: bool,
}

/// The union of the employer's registered area.
#[derive(Object)]
struct UnionChosen {
    /// Its id.
    #[oai(default)]
    union_id: String,
}

/// The four checks of R-15.
#[derive(Object)]
struct Ticked {
    /// 按要求正确填写申请表
    #[oai(default)]
    filled: bool,
    /// 打印申请表
    #[oai(default)]
    printed: bool,
    /// 将打印好的申请表提交给本人所在企业/单位盖章
    #[oai(default)]
    stamped: bool,
    /// 拍照或扫描加盖公章的申请表
    #[oai(default)]
    photographed: bool,
}

/// The caller's own application.
pub async fn own(caller: &Caller, text: &str) -> Result<Application> {
    application::own(&caller.app, &caller.worker_id, id(text)?).await
}

async fn shown(caller: &Caller, id: &str) -> Result<Json<ApplicationView>> {
    view::application(&caller.app, &own(caller, id).await?)
        .await
        .map(Json)
}

#[OpenApi(tag = "Tag::Application")]
impl ApplicationsApi {
    /// 开始申请
    ///
    /// 已有进行中的申请时返回那一份。申请时间之外也可以先填写。
    #[oai(path = "/applications", method = "post", operation_id = "begin_application")]
    async fn begin(
        &self,
        me: Signed,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Result<Response<Json<ApplicationView>>> {
        let worker = me.0.worker().await?;
        let app = me.0.app.clone();
        let act = async move {
            let known = [
                ("name", worker.name.as_str()),
                ("phone", worker.phone.digits()),
                ("employer", &worker.employer),
            ];
            let draft = drafts::begin(&app, &worker.id, &FormText::from_posted(known)).await?;
            view::application(&app, &draft).await
        };
        once(&me.0, key.0.as_deref(), &[b"begin"], act).await
    }

    /// 我的申请
    ///
    /// 最近的一份，进行中的在前；没有时为 404。
    #[oai(
        path = "/applications/current",
        method = "get",
        operation_id = "current_application"
    )]
    async fn current(&self, me: Signed) -> Result<Json<ApplicationView>> {
        let latest = application::latest_of(&me.0.app, &me.0.worker_id).await?;
        let latest = latest.ok_or(Error::NotFound)?;
        view::application(&me.0.app, &latest).await.map(Json)
    }

    /// 查看申请
    #[oai(
        path = "/applications/:application_id",
        method = "get",
        operation_id = "application"
    )]
    async fn read(&self, me: Signed, application_id: Path<String>) -> Result<Json<ApplicationView>> {
        shown(&me.0, &application_id).await
    }

    /// 保存申请表
    ///
    /// 对错都保存，提交时再检查。`version` 不是最新时为 409，请取最新内容再改。退回补正时只能改要求的项目。
    #[oai(
        path = "/applications/:application_id/form",
        method = "put",
        operation_id = "save_form"
    )]
    async fn save(
        &self,
        me: Signed,
        application_id: Path<String>,
        typed: Json<Typed>,
    ) -> Result<Json<SavedView>> {
        let (app, worker_id) = (&me.0.app, &me.0.worker_id);
        let application = own(&me.0, &application_id).await?;
        let text = FormText::from_posted(typed.form.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        if let Some(openid) = &me.0.openid {
            safety::check_changed(app, openid, &application.form(app)?, &text).await?;
        }
        let saved = drafts::save_at(app, worker_id, &application.id, &text, typed.version).await?;
        Ok(Json(SavedView {
            at: view::moment(saved.at),
            version: own(&me.0, &application_id).await?.version,
            print_again: saved.print_again,
        }))
    }

    /// 选择工会
    ///
    /// 提交前可以更改。
    #[oai(
        path = "/applications/:application_id/union",
        method = "put",
        operation_id = "choose_union"
    )]
    async fn choose_union(
        &self,
        me: Signed,
        application_id: Path<String>,
        chosen: Json<UnionChosen>,
    ) -> Result<Json<ApplicationView>> {
        let application = own(&me.0, &application_id).await?;
        let at_field = |refusal| Error::Invalid(FieldErrors::one("union_id", refusal));
        let union_id = id(&chosen.union_id).map_err(|_| at_field(Refusal::UnionUnknown))?;
        let done = drafts::choose_union(&me.0.app, &me.0.worker_id, &application.id, union_id).await;
        match done {
            Err(Error::Refused(refusal @ Refusal::UnionUnknown)) => return Err(at_field(refusal)),
            other => other?,
        }
        shown(&me.0, &application_id).await
    }

    /// 记录已打印
    #[oai(
        path = "/applications/:application_id/printed",
        method = "post",
        operation_id = "mark_printed"
    )]
    async fn printed(&self, me: Signed, application_id: Path<String>) -> Result<Json<ApplicationView>> {
        let application = own(&me.0, &application_id).await?;
        drafts::mark_printed(&me.0.app, &me.0.worker_id, &application.id).await?;
        shown(&me.0, &application_id).await
    }

    /// 确认 4 项工作
    ///
    /// 四项都为 true 才能上传材料。
    #[oai(
        path = "/applications/:application_id/checks",
        method = "put",
        operation_id = "tick_checks"
    )]
    async fn tick(
        &self,
        me: Signed,
        application_id: Path<String>,
        ticked: Json<Ticked>,
    ) -> Result<Json<ApplicationView>> {
        let application = own(&me.0, &application_id).await?;
        let four = [ticked.filled, ticked.printed, ticked.stamped, ticked.photographed];
        drafts::tick_checks(&me.0.app, &me.0.worker_id, &application.id, four).await?;
        shown(&me.0, &application_id).await
    }
}
