//! `/enrol…`: the catalogue on a phone, one program, comparing, favourites, the study plan; enrolling, paying, leaving
//! (R-3, R-33 … R-35).
//!
//! # What tests hold on to
//! - `/enrol`: inputs `words`, `level`, `form`, `fee`, `distance`, `sort`; `search`, one `program` a hit, `none`, `next`,
//!   `prev`, `plan`, `favourites`, `mine`.
//! - `/enrol/programs/:id`: `enrol-<date>` for each entry date, `keep`, `compare`, `seats`, `refund-rules`.
//! - `…/begin`: inputs `name`, `id_number`, `phone`, `employer`, `address`, `education`, `agree`; `submit`; `verify` when
//!   the real-name check is still to come. `/enrol/verify`: inputs `name`, `id_number`; `submit`, `check-state`.
//! - `/enrol/mine`: one `enrolment` a line. `/enrol/mine/:id`: `state`, `number`, `pay`, `cancel`, `leave`, `apply`, `terms`,
//!   `timeline`. `…/pay`: `amount`, `pay-now` (inside WeChat) or `pay-qr`, `pay-state`, `again`.

mod begin;
mod list;
mod mine;
mod pay;
mod plan;
mod program;
mod verify;

use crate::account::{Worker, workers};
use crate::enrolment::search::Hit;
use crate::enrolment::{State, program as rules};
use crate::error::Result;
use crate::kernel::Time;
use crate::web::ctx::Ctx;
use poem::{Route, get, post};

/// Adds them to the worker's routes.
pub fn routes(route: Route) -> Route {
    route
        .at("/enrol", get(list::show))
        .at("/enrol/favourites", get(list::favourites))
        .at("/enrol/compare", get(program::compare))
        .at("/enrol/plan", get(plan::show))
        .at("/enrol/verify", get(verify::show).post(verify::ask))
        .at("/enrol/programs/:id", get(program::show))
        .at("/enrol/programs/:id/keep", post(program::keep))
        .at("/enrol/programs/:id/begin", get(begin::show).post(begin::send))
        .at("/enrol/mine", get(mine::list))
        .at("/enrol/mine/:id", get(mine::show))
        .at("/enrol/mine/:id/cancel", post(mine::cancel))
        .at("/enrol/mine/:id/leave", get(mine::ask_leave).post(mine::leave))
        .at("/enrol/mine/:id/apply", post(mine::apply))
        .at("/enrol/mine/:id/pay", get(pay::show).post(pay::begin))
        .at("/enrol/mine/:id/pay.json", get(pay::state))
        .at("/enrol/mine/:id/qr", get(pay::qr))
}

async fn signed_in(ctx: &Ctx) -> Result<Worker> {
    workers::find(&ctx.app, &ctx.worker()?).await
}

/// The colour that goes with a state.
fn tone(state: State) -> &'static str {
    match state {
        State::Held => "warn",
        State::Paid | State::Refunding => "on",
        State::Admitted | State::Completed => "ok",
        _ => "",
    }
}

/// A program as the lists show it.
pub struct Card {
    pub id: String,
    pub title: String,
    pub institution: String,
    pub facts: String,
    pub fee: String,
    pub entry: String,
    pub seats: String,
    pub full: bool,
    pub sample: bool,
    pub why: Vec<String>,
}

fn seats(left: i64) -> String {
    match left {
        0 => "名额已满".to_owned(),
        n => format!("余 {n} 个名额"),
    }
}

fn card(hit: Hit) -> Card {
    let far = if hit.distance { "、可远程" } else { "" };
    Card {
        title: format!("{}（{}）", hit.major, hit.level),
        facts: format!("{}{far}　{}　{}", hit.form, rules::length(hit.months), hit.place),
        fee: hit.fee.to_string(),
        entry: hit.entry.map_or_else(String::new, |entry| {
            format!("{} 入学", Time::start_of(entry).day_text())
        }),
        seats: seats(hit.left),
        full: hit.left == 0,
        sample: hit.sample,
        id: hit.id,
        institution: hit.institution,
        why: Vec::new(),
    }
}
