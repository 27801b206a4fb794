//! `/sign-up`: phone, slider, SMS code, name, employer, and the box 为我定制个性化的学习计划; on a PC password, 所在地,
//! 学历情况, 技能情况, ID number and e-mail too. One page: its width decides, and `?full=1` asks for all of it.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::kept;
use super::super::page::{Base, Errors, local_path, page, page_again, see_other};
use super::gate;
use crate::account::passwords::New;
use crate::account::registration::{Registration, register};
use crate::account::sign_ins::Way;
use crate::account::workers::{SignUp, sign_up};
use crate::account::{Worker, profile, slider};
use crate::error::{Error, Result};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/sign_up.html")]
pub struct SignUpPage {
    pub base: Base,
    pub errors: Errors,
    pub phone: String,
    pub full_name: String,
    pub employer: String,
    pub study_plan: bool,
    pub challenge: String,
    pub next: String,
    /// Whether all of it was asked for; else a wide window shows it.
    pub full: bool,
    pub district: String,
    pub education: String,
    pub skill: String,
    pub id_number: String,
    pub email: String,
    pub districts: Vec<&'static str>,
    pub educations: &'static [&'static str],
    pub skills: &'static [&'static str],
}

/// What is typed. The fields of the PC are sent only when they were shown, with `full`.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    employer: String,
    study_plan: Option<String>,
    #[serde(default)]
    next: String,
    full: Option<String>,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
    #[serde(default)]
    district: String,
    #[serde(default)]
    education: String,
    #[serde(default)]
    skill: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    email: String,
}

/// `GET /sign-up?next=&full=`
#[handler]
pub async fn show(ctx: Ctx, Query(query): Query<Asked>) -> Result<Response> {
    if ctx.worker().is_ok() {
        return Ok(see_other(local_path(&query.next)));
    }
    let typed = Typed {
        next: query.next,
        full: query.full,
        ..Typed::default()
    };
    page(&filled(&ctx, typed).await?)
}

/// Where to go on afterwards, and whether all is asked.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
    full: Option<String>,
}

async fn filled(ctx: &Ctx, typed: Typed) -> Result<SignUpPage> {
    Ok(SignUpPage {
        base: ctx.base("注册"),
        errors: Errors::default(),
        phone: typed.phone,
        full_name: typed.name,
        employer: typed.employer,
        study_plan: typed.study_plan.is_some(),
        challenge: slider::challenge(&ctx.app).await?,
        next: local_path(&typed.next).to_owned(),
        full: typed.full.is_some(),
        district: typed.district,
        education: typed.education,
        skill: typed.skill,
        id_number: typed.id_number,
        email: typed.email,
        districts: profile::districts().collect(),
        educations: profile::EDUCATIONS,
        skills: profile::SKILLS,
    })
}

async fn signed_up(ctx: &Ctx, form: &Typed) -> Result<(Worker, bool)> {
    let short = SignUp {
        phone: &form.phone,
        code: &form.code,
        name: &form.name,
        employer: &form.employer,
        study_plan: form.study_plan.is_some(),
    };
    if form.full.is_none() {
        return sign_up(&ctx.app, &short).await;
    }
    let all = Registration {
        short,
        password: New {
            password: &form.password,
            again: &form.password_again,
        },
        district: &form.district,
        education: &form.education,
        skill: &form.skill,
        id_number: &form.id_number,
        email: &form.email,
    };
    register(&ctx.app, &all).await
}

/// `POST /sign-up`
#[handler]
pub async fn enter(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    match signed_up(&ctx, &form).await {
        Ok((worker, new)) => {
            ctx.flash(if new {
                "注册成功"
            } else {
                "这个手机号已经注册过，已为您登录"
            });
            gate::let_in(&ctx, &worker, Way::Sms).await?;
            Ok(see_other(kept::onward(&ctx, local_path(&form.next))))
        }
        Err(Error::Invalid(wrong)) => {
            let mut again = filled(&ctx, form).await?;
            again.errors = gate::named(&wrong);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}
