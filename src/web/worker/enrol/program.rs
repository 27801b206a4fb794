//! `/enrol/programs/:id` and `/enrol/compare`: all that a worker should know before enrolling.

use super::{seats, signed_in};
use crate::enrolment::agreed::instalments;
use crate::enrolment::{Program, ProgramState, catalogue, favourites};
use crate::error::Result;
use crate::kernel::Time;
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::jssdk;
use crate::web::page::{Base, page, see_other};
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

/// A program in words.
pub struct View {
    pub id: String,
    pub title: String,
    pub institution: String,
    pub provider: String,
    pub form: &'static str,
    pub length: String,
    pub fee: String,
    pub terms: String,
    pub place: String,
    pub distance: bool,
    pub about: String,
    pub sample: bool,
    pub open: bool,
    pub intakes: Vec<IntakeView>,
    pub refunds: Vec<String>,
}

/// An entry date.
pub struct IntakeView {
    pub id: String,
    pub date: String,
    pub entry: String,
    pub until: String,
    pub seats: String,
    pub full: bool,
}

pub fn view(program: &Program, now: Time) -> View {
    let open = program.intakes.iter().filter(|intake| intake.is_open(now));
    let intakes: Vec<IntakeView> = open
        .map(|intake| IntakeView {
            id: intake.id.clone(),
            date: intake.entry.to_string(),
            entry: Time::start_of(intake.entry).day_text(),
            until: intake.until.deadline_text(),
            seats: seats(intake.left()),
            full: intake.left() == 0,
        })
        .collect();
    let entry = program
        .next_intake(now)
        .or(program.intakes.last())
        .map(|intake| intake.entry);
    View {
        id: program.id.clone(),
        title: program.title(),
        institution: program.institution.clone(),
        provider: program.provider.1.clone(),
        form: program.form.as_str(),
        length: program.length(),
        fee: program.fee.to_string(),
        terms: instalments(&program.terms),
        place: program.place.clone(),
        distance: program.distance,
        about: program.about.clone(),
        sample: program.sample,
        open: program.state == ProgramState::Open && !intakes.is_empty(),
        refunds: entry.map_or_else(Vec::new, |entry| program.refunds.words(entry)),
        intakes,
    }
}

#[derive(Template)]
#[template(path = "worker/enrol_program.html")]
struct ProgramPage {
    base: Base,
    p: View,
    institution_about: String,
    kept: bool,
    grant: Option<String>,
    /// Whether the page says how it is shared.
    share: bool,
    /// WeChat's JS-SDK, for the card that the page is shared as.
    sdk: Option<String>,
    link: String,
    icon: String,
}

/// `GET /enrol/programs/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let program = catalogue::shown(&ctx.app, &id).await?;
    let kept = match ctx.worker() {
        Ok(worker) => favourites::has(&ctx.app, &worker, &id).await?,
        Err(_) => false,
    };
    let grant = crate::campaign::current(&ctx.app)
        .await?
        .map(|current| current.city_grant.to_string());
    let sdk = jssdk::script_here(&ctx);
    let loads = sdk.is_some();
    let base = ctx.base(&program.title());
    let response = page(&ProgramPage {
        icon: ctx.app.link(&format!("/assets/{}/icon.svg", base.assets)),
        base,
        p: view(&program, ctx.app.now()),
        institution_about: catalogue::about_institution(&ctx.app, &program.institution).await?,
        kept,
        grant,
        share: ctx.in_wechat(),
        sdk,
        link: ctx.app.link(&format!("/enrol/programs/{id}")),
    })?;
    Ok(jssdk::allow(&ctx.app, loads, response))
}

/// Whether it is to be kept.
#[derive(Deserialize)]
pub struct Keep {
    #[serde(default)]
    keep: String,
}

/// `POST /enrol/programs/:id/keep`
#[handler]
pub async fn keep(Path(id): Path<String>, posted: Posted<Keep>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let worker = signed_in(&ctx).await?;
    let keep = form.keep == "on";
    favourites::set(&ctx.app, &worker.id, &id, keep).await?;
    ctx.flash(if keep {
        "已收藏，可在“我的收藏”中找到"
    } else {
        "已取消收藏"
    });
    Ok(see_other(&format!("/enrol/programs/{id}")))
}

/// Which two.
#[derive(Deserialize)]
pub struct Two {
    #[serde(default)]
    a: String,
    #[serde(default)]
    b: String,
}

#[derive(Template)]
#[template(path = "worker/enrol_compare.html")]
struct ComparePage {
    base: Base,
    a: View,
    b: View,
    rows: Vec<(&'static str, String, String)>,
}

/// `GET /enrol/compare?a=&b=`
#[handler]
pub async fn compare(ctx: Ctx, Query(two): Query<Two>) -> Result<Response> {
    let now = ctx.app.now();
    let a = view(&catalogue::shown(&ctx.app, &two.a).await?, now);
    let b = view(&catalogue::shown(&ctx.app, &two.b).await?, now);
    let first = |view: &View, of: fn(&IntakeView) -> &String| {
        view.intakes
            .first()
            .map_or_else(|| "—".to_owned(), |i| of(i).clone())
    };
    let far = |view: &View| if view.distance { "可以" } else { "不可以" }.to_owned();
    let rows = vec![
        ("学费", a.fee.clone(), b.fee.clone()),
        ("缴费", a.terms.clone(), b.terms.clone()),
        ("学制", a.length.clone(), b.length.clone()),
        ("学习形式", a.form.to_owned(), b.form.to_owned()),
        ("远程学习", far(&a), far(&b)),
        ("上课地点", a.place.clone(), b.place.clone()),
        ("入学时间", first(&a, |i| &i.entry), first(&b, |i| &i.entry)),
        ("名额", first(&a, |i| &i.seats), first(&b, |i| &i.seats)),
        ("服务机构", a.provider.clone(), b.provider.clone()),
        (
            "退学退费",
            a.refunds.first().cloned().unwrap_or_default(),
            b.refunds.first().cloned().unwrap_or_default(),
        ),
    ];
    page(&ComparePage {
        base: ctx.base("专业对比"),
        rows,
        a,
        b,
    })
}
