//! `/office/places`: transfers of places between units: proposed by one, accepted by the other, approved by the city
//! (R-19, R-20 [ours]).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::view::Tag;
use crate::application;
use crate::campaign::transfers::{self, Side, State, Step, Transfer, Typed};
use crate::campaign::{places, quotas};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

/// Where an officer manages years or places; empty for who does not.
pub fn entrance(officer: &Officer) -> &'static str {
    match officer.union.kind {
        _ if !officer.can(Act::ManagePlaces) => "",
        Kind::City | Kind::Centre => "/office/campaigns",
        Kind::Unit => "/office/places",
        Kind::Street | Kind::Enterprise | Kind::Provider => "",
    }
}

#[derive(Template, Default)]
#[template(path = "office/transfers.html")]
pub struct TransfersPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub city: bool,
    pub waiting: usize,
    pub own: Option<Own>,
    pub lines: Vec<Line>,
    pub typed: Posting,
}

/// The officer's unit, which may give.
pub struct Own {
    pub unit: String,
    pub public: String,
    pub total: i64,
    pub taken: i64,
    pub left: i64,
    pub until: String,
    pub units: Vec<(String, String)>,
    /// Why nothing can be proposed now.
    pub closed: Option<String>,
}

/// A transfer in the list.
pub struct Line {
    pub href: String,
    pub at: String,
    pub from: String,
    pub to: String,
    pub places: i64,
    pub state: Tag,
    /// It waits for the officer's own union.
    pub yours: bool,
}

/// What is typed to propose one.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Posting {
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub places: String,
    #[serde(default)]
    pub reason: String,
}

fn tag(state: State) -> Tag {
    let tone = match state {
        State::Approved => "ok",
        State::Proposed | State::Accepted => "on",
        State::Refused | State::Rejected => "bad",
        State::Withdrawn | State::Expired => "",
    };
    Tag {
        tone,
        text: state.label().to_owned(),
    }
}

fn line(transfer: Transfer, seat_id: &str, city: bool) -> Line {
    let yours = match transfer.state {
        State::Proposed => transfer.to_id == seat_id,
        State::Accepted => city,
        _ => false,
    };
    Line {
        href: format!("/office/places/{}", transfer.id),
        at: transfer.created_at.minute_text(),
        from: transfer.from,
        to: transfer.to,
        places: transfer.places,
        state: tag(transfer.state),
        yours,
    }
}

/// The officer's own unit with what it could give; none for the city.
async fn own(ctx: &Ctx, officer: &Officer) -> Result<Option<Own>> {
    let Ok(unit) = transfers::giver(officer) else {
        return Ok(None);
    };
    let mut own = Own {
        unit: unit.name.clone(),
        public: format!("/places/{}", unit.id),
        total: 0,
        taken: 0,
        left: 0,
        until: String::new(),
        units: Vec::new(),
        closed: None,
    };
    let intake = match transfers::intake(&ctx.app).await {
        Err(Error::Refused(refusal)) => {
            own.closed = Some(refusal.text());
            return Ok(Some(own));
        }
        other => other?,
    };
    if let Some(places) = places::of_unit(&ctx.app, &intake.campaign_id, &unit.id).await? {
        (own.total, own.taken, own.left) = (places.total, places.taken, places.left());
    }
    own.until = intake.apply.until.deadline_text();
    let units = quotas::units(&ctx.app, &intake.campaign_id).await?;
    let others = units.into_iter().filter(|other| other.id != unit.id);
    own.units = others.map(|other| (other.id, other.name)).collect();
    Ok(Some(own))
}

async fn filled(ctx: &Ctx, officer: &Officer, typed: Posting) -> Result<TransfersPage> {
    let seat = rights::seat(&ctx.app, officer).await?;
    let city = seat.kind == Kind::City;
    let lines = transfers::list(&ctx.app, officer).await?;
    let lines: Vec<Line> = lines.into_iter().map(|one| line(one, &seat.id, city)).collect();
    Ok(TransfersPage {
        base: ctx.base("名额调剂"),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        city,
        waiting: lines.iter().filter(|line| line.yours).count(),
        own: own(ctx, officer).await?,
        lines,
        typed,
    })
}

/// `GET /office/places`
#[handler]
pub async fn list(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, Posting::default()).await?)
}

/// `POST /office/places`
#[handler]
pub async fn propose(posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Typed {
        to: &form.to,
        places: &form.places,
        reason: &form.reason,
    };
    match transfers::propose(&ctx.app, &officer, &typed).await {
        Ok(id) => {
            ctx.flash("已提出，等待对方确认");
            Ok(see_other(&format!("/office/places/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer, form).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/transfer.html")]
pub struct TransferPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub from: String,
    pub to: String,
    pub places: i64,
    pub reason: String,
    pub state: Tag,
    pub answer: String,
    pub proposed: String,
    pub changed: String,
    pub until: String,
    /// What the giver has left now, and how many wait at the receiver.
    pub left: i64,
    pub open: bool,
    pub may_answer: bool,
    pub may_decide: bool,
    pub may_withdraw: bool,
    pub typed: String,
}

async fn transfer_page(ctx: &Ctx, officer: &Officer, id: &str) -> Result<TransferPage> {
    let (transfer, side) = transfers::open(&ctx.app, officer, id).await?;
    let places = places::of_unit(&ctx.app, &transfer.campaign_id, &transfer.from_id).await?;
    let state = transfer.state;
    Ok(TransferPage {
        base: ctx.base("名额调剂"),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        id: transfer.id,
        from: transfer.from,
        to: transfer.to,
        places: transfer.places,
        reason: transfer.reason,
        state: tag(state),
        answer: transfer.answer,
        proposed: transfer.created_at.minute_text(),
        changed: transfer.changed_at.minute_text(),
        until: transfer.until.deadline_text(),
        left: places.map_or(0, |places| places.left()),
        open: state.is_open(),
        may_answer: state == State::Proposed && side == Side::Receives,
        may_decide: state == State::Accepted && side == Side::City,
        may_withdraw: state.is_open() && side == Side::Gives,
        typed: String::new(),
    })
}

/// `GET /office/places/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&transfer_page(&ctx, &officer, &id).await?)
}

/// Which button, and why not.
#[derive(Deserialize)]
pub struct Acting {
    #[serde(default)]
    step: String,
    #[serde(default)]
    answer: String,
}

async fn taken(ctx: &Ctx, officer: &Officer, id: &str, form: &Acting) -> Result<String> {
    let step = Step::parse(&form.step).filter(|step| *step != Step::Expire);
    let step = step.ok_or(Refusal::MalformedRequest)?;
    if step == Step::Approve {
        return Ok(
            match application::transfers::approve(&ctx.app, officer, id).await? {
                0 => "已批准，名额已调剂".to_owned(),
                n => format!("已批准，名额已调剂，{n} 位候补职工已递补"),
            },
        );
    }
    transfers::take(&ctx.app, officer, id, step, &form.answer).await?;
    let done = match step {
        Step::Accept => "已接受，等待市总工会批准",
        Step::Withdraw => "已撤回",
        _ => "已退回，对方会收到您的原因",
    };
    Ok(done.to_owned())
}

/// `POST /office/places/:id`
#[handler]
pub async fn act(Path(id): Path<String>, posted: Posted<Acting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    match taken(&ctx, &officer, &id, &form).await {
        Ok(done) => {
            ctx.flash(&done);
            Ok(see_other("/office/places"))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = transfer_page(&ctx, &officer, &id).await?;
            again.errors = errors;
            again.typed = form.answer;
            page_again(&again)
        }
    }
}
