//! `/office/unions/:id/officers` and `/office/officers/:id`: officers are added by phone, get roles, leave.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::sign_in::Nothing;
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};
use crate::supervision::trail;
use crate::union::rights::{self, Act};
use crate::union::staff::{self, NewMember};
use crate::union::{Kind, Officer, Role, Union, officers};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::json;

#[derive(Template, Default)]
#[template(path = "office/officer_new.html")]
pub struct NewPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub union_id: String,
    pub union: String,
    pub back: String,
    pub full_name: String,
    pub phone: String,
    pub roles: Vec<RoleBox>,
}

#[derive(Template, Default)]
#[template(path = "office/officer.html")]
pub struct OfficerPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub name: String,
    pub union: String,
    pub back: String,
    pub full_name: String,
    pub phone: String,
    pub bound: bool,
    pub second_factor: bool,
    pub own: bool,
    pub roles: Vec<RoleBox>,
}

/// A role's box.
pub struct RoleBox {
    pub role: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub on: bool,
}

/// The page that a union's or a provider's officers stand on, for who sees it: a provider's own administrator has another one.
pub fn home(viewer: &Officer, union: &Union) -> String {
    match (union.kind, viewer.union.kind) {
        (Kind::Provider, Kind::Provider) => super::provider_staff::PATH.to_owned(),
        (Kind::Provider, _) => format!("/office/catalogue/providers/{}", union.id),
        _ => format!("/office/unions/{}", union.id),
    }
}

/// The entry of the top bar that they belong to.
fn tab(viewer: &Officer, union: &Union) -> &'static str {
    match (union.kind, viewer.union.kind) {
        (Kind::Provider, Kind::Provider) => "staff",
        (Kind::Provider, _) => "catalogue",
        _ => "unions",
    }
}

fn boxes(kind: Kind, on: impl Fn(Role) -> bool) -> Vec<RoleBox> {
    let hint = |role| match role {
        Role::Reviewer if kind == Kind::Provider => "确认录取，登记学习情况，导出学员",
        Role::Administrator if kind == Kind::Provider => "管理本机构的账号",
        Role::Reviewer => "审核职工的补助申请",
        Role::Finance => "查看补助款，办理发放",
        Role::Supervisor => "查看本工会和下级工会的全部情况和操作记录",
        Role::Administrator => "邀请和审批下级工会，管理人员和权限",
    };
    let shown = |role: &Role| RoleBox {
        role: role.as_str(),
        label: role.label(),
        hint: hint(*role),
        on: on(*role),
    };
    staff::roles_of(kind).iter().map(shown).collect()
}

/// What is typed: boxes by role.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    role_reviewer: Option<String>,
    role_finance: Option<String>,
    role_supervisor: Option<String>,
    role_administrator: Option<String>,
}

impl Typed {
    fn has(&self, role: Role) -> bool {
        match role {
            Role::Reviewer => self.role_reviewer.is_some(),
            Role::Finance => self.role_finance.is_some(),
            Role::Supervisor => self.role_supervisor.is_some(),
            Role::Administrator => self.role_administrator.is_some(),
        }
    }

    fn roles(&self) -> Vec<String> {
        let chosen = Role::ALL.iter().filter(|role| self.has(**role));
        chosen.map(ToString::to_string).collect()
    }
}

async fn new_page(ctx: &Ctx, officer: &Officer, union_id: &str, typed: Typed) -> Result<NewPage> {
    let union = rights::may(&ctx.app, officer, Act::ManageOfficers, union_id).await?;
    Ok(NewPage {
        base: ctx.base("增加管理员"),
        who: Who::of(officer, tab(officer, &union)),
        errors: Errors::default(),
        back: home(officer, &union),
        roles: boxes(union.kind, |role| typed.has(role)),
        union_id: union.id,
        union: union.name,
        full_name: typed.name,
        phone: typed.phone,
    })
}

/// `GET /office/unions/:id/officers`
#[handler]
pub async fn ask(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&new_page(&ctx, &officer, &id, Typed::default()).await?)
}

/// `POST /office/unions/:id/officers`
#[handler]
pub async fn add(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let roles = form.roles();
    let new = NewMember {
        name: &form.name,
        phone: &form.phone,
        roles: &roles,
    };
    if let Err(error) = staff::add(&ctx.app, &officer, &id, &new).await {
        let errors = super::wrong(error)?;
        let mut again = new_page(&ctx, &officer, &id, form).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("已增加，并通知对方设置密码");
    let union = rights::may(&ctx.app, &officer, Act::ManageOfficers, &id).await?;
    Ok(see_other(&home(&officer, &union)))
}

async fn officer_page(ctx: &Ctx, by: &Officer, id: &str, typed: Option<&Typed>) -> Result<OfficerPage> {
    let member = staff::find(&ctx.app, by, id).await?;
    let on = |role: Role| match typed {
        Some(typed) => typed.has(role),
        None => member.may(role),
    };
    Ok(OfficerPage {
        base: ctx.base(&member.name),
        who: Who::of(by, tab(by, &member.union)),
        errors: Errors::default(),
        phone: officers::phone(&ctx.app, &member.id).await?.masked(),
        bound: member.openid.is_some(),
        second_factor: member.second_factor,
        own: member.id == by.id,
        roles: boxes(member.union.kind, on),
        back: home(by, &member.union),
        full_name: member.name.clone(),
        id: member.id.clone(),
        name: member.name.clone(),
        union: member.union.name.clone(),
    })
}

/// `GET /office/officers/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let shown = officer_page(&ctx, &officer, &id, None).await?;
    trail::note(&ctx.app, &officer, "officer.read", json!({ "officer": id })).await?;
    page(&shown)
}

/// `POST /office/officers/:id`
#[handler]
pub async fn set_roles(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let member = staff::find(&ctx.app, &officer, &id).await?;
    if let Err(error) = staff::set_roles(&ctx.app, &officer, &id, &form.roles()).await {
        let errors = super::wrong(error)?;
        let mut again = officer_page(&ctx, &officer, &id, Some(&form)).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("权限已更改，对方需要重新登录");
    Ok(see_other(&home(&officer, &member.union)))
}

/// That it is meant.
#[derive(Deserialize)]
pub struct Confirmed {
    confirm: Option<String>,
}

/// `POST /office/officers/:id/leave`
#[handler]
pub async fn deactivate(Path(id): Path<String>, posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let member = staff::find(&ctx.app, &officer, &id).await?;
    let result = match form.confirm {
        Some(_) => staff::deactivate(&ctx.app, &officer, &id).await,
        None => Err(FieldErrors::one("confirm", Refusal::NotConfirmed).into()),
    };
    if let Err(error) = result {
        let errors = super::wrong(error)?;
        let mut again = officer_page(&ctx, &officer, &id, None).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("账号已停用");
    Ok(see_other(&home(&officer, &member.union)))
}

/// `POST /office/officers/:id/unbind`
#[handler]
pub async fn unbind(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    staff::unbind(&ctx.app, &officer, &id).await?;
    ctx.flash("已解除微信绑定，对方需要重新登录");
    Ok(see_other(&format!("/office/officers/{id}")))
}

/// `POST /office/officers/:id/name`
#[handler]
pub async fn rename(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    if let Err(error) = staff::rename(&ctx.app, &officer, &id, &form.name).await {
        let errors = super::wrong(error)?;
        let mut again = officer_page(&ctx, &officer, &id, None).await?;
        (again.errors, again.full_name) = (errors, form.name);
        return page_again(&again);
    }
    ctx.flash("姓名已更正");
    Ok(see_other(&format!("/office/officers/{id}")))
}

/// `POST /office/officers/:id/password`: takes it back.
#[handler]
pub async fn void_password(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let officer = super::signed_in(&ctx).await?;
    staff::void_password(&ctx.app, &officer, &id).await?;
    ctx.flash("密码已停用，已通知对方重新设置");
    Ok(see_other(&format!("/office/officers/{id}")))
}
