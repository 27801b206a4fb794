//! `/office/catalogue`: the catalogue of 选学报读, kept by the city's centre: its programs, one by one.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::Who;
use crate::enrolment::catalogue::{self, FIELDS, PAGE, Typed};
use crate::enrolment::{Level, Program, ProgramState, StudyForm};
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::union::providers::{self, check_keeps};
use crate::union::{Officer, Union};
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

/// The signed-in officer who keeps the catalogue.
pub async fn keeper(ctx: &Ctx) -> Result<Officer> {
    let officer = super::signed_in(ctx).await?;
    check_keeps(&officer)?;
    Ok(officer)
}

/// A line of the list.
pub struct Line {
    pub id: String,
    pub code: String,
    pub title: String,
    pub institution: String,
    pub provider: String,
    pub fee: String,
    pub seats: String,
    pub state: &'static str,
    pub open: bool,
    pub sample: bool,
}

fn line(program: Program) -> Line {
    let seats: Vec<String> = program
        .intakes
        .iter()
        .map(|i| format!("{} {}/{}", Time::start_of(i.entry).day_text(), i.taken, i.seats))
        .collect();
    Line {
        title: program.title(),
        fee: program.fee.to_string(),
        seats: seats.join("；"),
        state: program.state.label(),
        open: program.state == ProgramState::Open,
        sample: program.sample,
        id: program.id,
        code: program.code,
        institution: program.institution,
        provider: program.provider.1,
    }
}

#[derive(Template)]
#[template(path = "office/catalogue.html")]
struct ListPage {
    base: Base,
    who: Option<Who>,
    words: String,
    total: i64,
    lines: Vec<Line>,
    prev: Option<String>,
    next: Option<String>,
}

/// What the address asks for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    words: String,
    #[serde(default)]
    page: String,
}

/// `GET /office/catalogue?words=&page=`
#[handler]
pub async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let no = asked.page.parse::<i64>().unwrap_or(1).clamp(1, 10_000) - 1;
    let words: String = asked.words.chars().take(40).collect();
    let (programs, total) = catalogue::list(&ctx.app, &officer, &words, no).await?;
    let encoded: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let href = |no: i64| format!("/office/catalogue?words={encoded}&page={}", no + 1);
    page(&ListPage {
        base: ctx.base("选学目录"),
        who: Who::of(&officer, "catalogue"),
        total,
        lines: programs.into_iter().map(line).collect(),
        prev: (no > 0).then(|| href(no - 1)),
        next: ((no + 1) * PAGE < total).then(|| href(no + 1)),
        words,
    })
}

/// A field of the form.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub value: String,
    pub hint: &'static str,
    /// What can be chosen; empty for a line of text.
    pub options: Vec<String>,
    /// Whether it stands fast once the program is there.
    pub fixed: bool,
}

#[derive(Template)]
#[template(path = "office/catalogue_program.html")]
struct ProgramPage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    /// The program's id; empty for a new one.
    id: String,
    version: i64,
    heading: String,
    fields: Vec<Field>,
    state: Option<&'static str>,
    can_open: bool,
    can_close: bool,
    can_withdraw: bool,
}

fn hint(field: &str) -> &'static str {
    match field {
        "code" => "本市自编，导入时按它找到专业，保存后不能改",
        "months" => "月数，如 30",
        "fee" => "全部学费，元",
        "terms" => "每期金额用分号隔开，合计须等于学费；一次缴清可不填，如 2000;2000;1500",
        "entries" => "如 2027-03-01，多个用分号隔开；报名到入学前一天为止",
        "seats" => "与入学时间一一对应，用分号隔开；只填一个数则各批次相同",
        "refunds" => "天数:百分比，如 30:100;7:80;0:50 表示入学前 30 天退 100%，7 天退 80%，入学前退 50%",
        _ => "",
    }
}

fn fields(mut typed: Typed, providers: &[Union], standing: bool) -> Vec<Field> {
    let options = |field: &str| -> Vec<String> {
        match field {
            "level" => Level::ALL.iter().map(ToString::to_string).collect(),
            "form" => StudyForm::ALL.iter().map(ToString::to_string).collect(),
            "provider" => providers.iter().map(|p| p.name.clone()).collect(),
            "distance" => vec!["否".to_owned(), "是".to_owned()],
            _ => Vec::new(),
        }
    };
    FIELDS
        .iter()
        .map(|(name, label, _)| Field {
            name,
            label,
            value: typed.get_mut(name).map(std::mem::take).unwrap_or_default(),
            hint: hint(name),
            options: options(name),
            fixed: standing && *name == "code",
        })
        .collect()
}

fn form(
    ctx: &Ctx,
    officer: &Officer,
    typed: Typed,
    providers: &[Union],
    program: Option<&Program>,
) -> ProgramPage {
    let state = program.map(|p| p.state);
    ProgramPage {
        base: ctx.base("专业"),
        who: Who::of(officer, "catalogue"),
        errors: Errors::default(),
        id: program.map_or_else(String::new, |p| p.id.clone()),
        version: program.map_or(0, |p| p.version),
        heading: program.map_or_else(
            || "增加专业".to_owned(),
            |p| format!("{} · {}", p.institution, p.title()),
        ),
        fields: fields(typed, providers, program.is_some()),
        state: state.map(ProgramState::label),
        can_open: state.is_some_and(|s| s != ProgramState::Open),
        can_close: state == Some(ProgramState::Open),
        can_withdraw: state.is_some_and(|s| s != ProgramState::Withdrawn),
    }
}

/// `GET /office/catalogue/programs/new`
#[handler]
pub async fn new(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let providers = providers::list(&ctx.app).await?;
    let typed = Typed {
        refunds: "30:100;7:80;0:50".to_owned(),
        ..Typed::default()
    };
    page(&form(&ctx, &officer, typed, &providers, None))
}

/// `GET /office/catalogue/programs/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let providers = providers::list(&ctx.app).await?;
    let program = catalogue::find(&ctx.app, &id).await?;
    page(&form(
        &ctx,
        &officer,
        Typed::of(&program),
        &providers,
        Some(&program),
    ))
}

/// A posted program: the fields by their names, and the version that was seen.
#[derive(Deserialize)]
pub struct Posting(std::collections::BTreeMap<String, String>);

impl Posting {
    fn typed(&self) -> Typed {
        let mut typed = Typed::default();
        for (name, value) in &self.0 {
            if let Some(place) = typed.get_mut(name) {
                place.clone_from(value);
            }
        }
        typed
    }

    fn version(&self) -> i64 {
        self.0.get("version").and_then(|v| v.parse().ok()).unwrap_or(0)
    }
}

/// `POST /office/catalogue/programs/new`
#[handler]
pub async fn add(posted: Posted<Posting>) -> Result<Response> {
    save(posted, None).await
}

/// `POST /office/catalogue/programs/:id`
#[handler]
pub async fn change(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    save(posted, Some(id)).await
}

async fn save(posted: Posted<Posting>, id: Option<String>) -> Result<Response> {
    let Posted { ctx, form: posting } = posted;
    let officer = keeper(&ctx).await?;
    let providers = providers::list(&ctx.app).await?;
    let standing = match &id {
        Some(id) => Some(catalogue::find(&ctx.app, id).await?),
        None => None,
    };
    let mut typed = posting.typed();
    if let Some(standing) = &standing {
        typed.code.clone_from(&standing.code);
    }
    let seen = id.as_deref().map(|id| (id, posting.version()));
    let lines = match catalogue::save(&ctx.app, &officer, seen, &typed, &providers).await {
        Ok(Ok(_)) => {
            ctx.flash("已保存");
            return Ok(see_other("/office/catalogue"));
        }
        Ok(Err(problems)) => problems
            .into_iter()
            .map(|(field, text)| ErrorLine {
                field,
                text: named(field, text),
            })
            .collect(),
        Err(Error::Refused(refusal @ Refusal::SeatsBelowTaken { .. })) => vec![ErrorLine {
            field: "seats",
            text: refusal.text(),
        }],
        Err(Error::Refused(refusal @ Refusal::ChangedMeanwhile)) => vec![ErrorLine {
            field: "code",
            text: refusal.text(),
        }],
        Err(other) => return Err(other),
    };
    let mut again = form(&ctx, &officer, typed, &providers, standing.as_ref());
    again.errors = Errors(lines);
    page_again(&again)
}

fn named(field: &str, problem: String) -> String {
    let label = FIELDS
        .iter()
        .find(|(name, ..)| *name == field)
        .map_or("", |(_, label, _)| *label);
    if problem.contains(label) {
        problem
    } else {
        format!("{label}：{problem}")
    }
}

/// Another state.
#[derive(Deserialize)]
pub struct Stating {
    #[serde(default)]
    state: String,
    /// As text: a flattened form gives no numbers.
    #[serde(default)]
    version: String,
}

/// `POST /office/catalogue/programs/:id/state`
#[handler]
pub async fn set_state(Path(id): Path<String>, posted: Posted<Stating>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let state = ProgramState::parse(&form.state).ok_or(Refusal::NotAChoice)?;
    match catalogue::set_state(&ctx.app, &officer, &id, form.version.parse().unwrap_or(0), state).await {
        Ok(()) => ctx.flash(&format!(
            "{}：已改为“{}”",
            catalogue::find(&ctx.app, &id).await?.title(),
            state.label()
        )),
        Err(Error::Refused(refusal @ (Refusal::ProgramHasEnrolments { .. } | Refusal::ProviderEnded))) => {
            ctx.flash(&refusal.text());
            return Ok(see_other(&format!("/office/catalogue/programs/{id}")));
        }
        Err(error) => return Err(error),
    }
    Ok(see_other("/office/catalogue"))
}
