//! The worker's pages (ux.md): one file a page, with its struct, its GET and its POST.
//!
//! They hold no rule: what may be done, and the words of every "no", come from the capabilities.
//!
//! # What tests and the browser's journeys hold on to
//! - Every input has `id="f-<name>"`; the error beside it `id="e-<name>"`; the summary on top `id="errors"`,
//!   `role="alert"`, `data-testid="errors"`, its links `#f-<name>`. The main button of a page is
//!   `data-testid="submit"`. What the page before left to say: `data-testid="flash"`.
//! - every page: `home`, `me` or `sign-in`, `bar-sign-out` (at a PC), `nav-<path>` for each column of the portal in the bar
//!   (at a PC), `more` (on a phone), which leads to `columns` at the foot.
//! - `/`: `menu-<path>` (apply, progress, courses, enrol, policies, stations, places, office), `sign-up`, `sign-out`, `who`,
//!   `news`, `dates`; one `notice` a line of 政策通知, one `article` a line of 网站资讯.
//! - `/policies`, `/news`: one `article` a line, `year-<year>`, `prev`, `next`, `empty`. `/policies/:slug`: `published`, `body`,
//!   one `file` an attachment.
//! - `/sign-in`, `/sign-up`: inputs `phone`, `code`, (`name`, `employer`, `study_plan`), hidden `next`, `pass`;
//!   `slider` with `data-challenge`, `slider-knob` (pointer, touch, arrow keys; class `done` once passed), `send-code`.
//! - `/apply`: before anything is begun `check`, `begin`, `sign-in-apply`, `places-left`, `closed`; later `tasks`,
//!   `task-union`, `task-form`, `task-print`, `task-documents`, `task-confirm`, `continue`.
//! - `/apply/check`: radios `work` (jinan, migrant, no), `post` ([`Post`]), `level` ([`Level`] or below), `entry`,
//!   `agreed` (yes, no), select `unit`; then `eligible` or `not-eligible` with `reasons`.
//! - `/apply/union`: radios `union` (`data-testid="union-<名称>"`), `union-filter`, `current-union`.
//! - `/apply/form`: the inputs of [`form::FIELDS`](crate::application::form::FIELDS), `draft-state`, `later`; lists below
//!   `institution` and `major` (`list-<name>`, with `not-listed`); `two-<name>` with `use-<name>`, `drop-<name>` where two
//!   devices differ. On every page of an application: `standing`, `standing-places`, `standing-rule`.
//! - `/apply/print`: `sheet`, `pdf`, `print`, `next`, `form-number`, `missing`, `wechat`. `/apply/documents`: boxes
//!   `check_1` … `check_4`, then for each kind `doc-<kind>`, `state-<kind>`, `photo-<kind>`, `pdf-<kind>`, `example-<kind>`,
//!   and `left` or `next`; `handoff-begin`, then `handoff`, `handoff-qr`, `phone`, `handoff-end`. `/apply/handoff/:token`:
//!   `submit`; `/apply/handoff`: the same for each kind, `left` or `done`, `finish`, then `ended`.
//!   `/apply/examples/:kind`: `example`.
//! - `/apply/confirm`: `union`, `edit-union`, `submit`. `/progress`: `state`, `number`, `place`, `holder`, `steps`,
//!   `timeline`, `correction`, `mend-<name>`, `resubmit`, `recall`, `go-on`, `withdraw`, `withdraw-confirm`, `keep`, `begin`,
//!   `none`, `receipt`.
//! - `/sign-in/password`: inputs `phone`, `password`; `by-code`, `forgot`. `/sign-in/forgot`: the gate and
//!   `password`, `password_again`.
//! - `/sign-up` at 900 px and more, or with `?full=1`: besides `password`, `password_again`, `district`, `education`,
//!   `skill`, `id_number`, `email`; on a phone the link `full-form`.
//! - `/app/enter?ticket=`: `app-refused` when it does not hold. `/app/phone`: the gate. `/kept`: `kept`, `submit`, `drop`.
//! - `/`, `/apply/check`'s answer, `/apply/union` lead to `/places` (`menu-places`, `places`): `sums`, `f-year`, `f-words`,
//!   `search`, one `unit` a line, `newest`, `digests`. `/places/:unit`: `sums`, one `in-line` a line, `prev`, `next`.
//!   `/places/digests`: one `digest` a line.
//! - `/me`: `name`, `wechat`, `bind`, `unbind`, `app`, `change-phone`, `password`, `join`, `leave`, `sign-ins`,
//!   `end-others`, `sign-out`. `/me/prove`: `slider`, `send-code`, inputs `code`, `password`. `/me/leave`: boxes `agree`,
//!   `withdraw`.

mod account;
mod app_door;
mod apply;
pub(super) mod articles;
mod bar;
mod check;
mod confirm;
mod courses;
pub mod courses_media;
mod courses_range;
mod documents;
mod enrol;
mod examples;
mod form;
mod gate;
mod handoff;
mod home;
mod kept;
pub mod live;
mod me;
mod papers;
mod password;
mod print;
mod progress;
mod sign_in;
mod sign_up;
mod stations;
mod union;
mod view;
mod withdraw;

use super::ctx::Ctx;
use super::page::Base;
use crate::account::{Worker, workers};
use crate::application::drafts::{self, Editable};
use crate::application::{self, Application, State};
use crate::error::Result;
use poem::http::header;
use poem::{IntoResponse as _, Request, Response, Route, get, post};

#[cfg(doc)]
use crate::application::{Level, Post};

/// The worker's pages, to be mounted at `/`.
pub fn routes() -> Route {
    articles::routes(stations::routes(courses::routes(enrol::routes(Route::new()))))
        .at("/", get(home::show))
        .at("/sign-in", get(sign_in::show).post(sign_in::enter))
        .at("/sign-in/password", get(password::show).post(password::enter))
        .at("/sign-in/forgot", get(password::forgot).post(password::reset))
        .at("/sign-up", get(sign_up::show).post(sign_up::enter))
        .at("/sign-out", post(gate::sign_out))
        .at("/slider", get(gate::challenge).post(gate::solve))
        .at("/sms/code", post(gate::send_code))
        .at("/app/enter", get(app_door::enter))
        .at("/app/phone", get(app_door::ask).post(app_door::prove))
        .at("/kept", get(kept::show))
        .at("/privacy", get(me::privacy))
        .at("/me", get(me::show))
        .at("/me/sign-ins", post(me::end_others))
        .at("/me/wechat", post(me::unbind))
        .at("/me/prove", get(account::ask_proof).post(account::prove))
        .at("/me/code", post(account::send_code))
        .at("/me/phone", get(account::ask_phone).post(account::change_phone))
        .at("/me/password", get(password::ask_new).post(password::set_new))
        .at("/me/join", get(account::ask_join).post(account::join_accounts))
        .at("/me/leave", get(account::ask_leave).post(account::leave))
        .at("/apply", get(apply::show).post(apply::begin))
        .at("/apply/check", get(check::show).post(check::answer))
        .at("/apply/union", get(union::show).post(union::choose))
        .at("/apply/form", get(form::show).post(form::save))
        .at("/apply/form/draft", post(form::draft))
        .at("/apply/form/later", post(form::later))
        .at("/apply/form/choose", post(form::choose))
        .at("/apply/form/choices/:field", get(form::choices))
        .at("/apply/print", get(print::show).post(print::printed))
        .at("/apply/print.pdf", get(print::pdf))
        .at("/apply/documents", get(documents::show))
        .at("/apply/documents/checks", post(documents::tick))
        .at("/apply/documents/arrivals", get(handoff::arrivals))
        .at("/apply/documents/handoff", post(handoff::begin))
        .at("/apply/documents/handoff/end", post(handoff::end))
        .at(
            "/apply/documents/:which",
            get(documents::file).post(documents::upload),
        )
        .at("/apply/examples/:kind", get(examples::show))
        .at("/apply/handoff", get(handoff::show))
        .at("/apply/handoff/end", post(handoff::finish))
        .at("/apply/handoff/files/:kind", post(handoff::upload))
        .at("/apply/handoff/:token", get(handoff::look).post(handoff::join))
        .at("/apply/confirm", get(confirm::show).post(confirm::send))
        .at("/progress", get(progress::show))
        .at("/progress.json", get(progress::stamp))
        .at("/progress/recall", post(progress::recall))
        .at("/progress/receipt.pdf", get(progress::receipt))
        .at("/progress/withdraw", get(withdraw::ask).post(withdraw::withdraw))
        .at("/progress/resubmit", post(progress::resubmit))
}

/// The worker who is signed in and the application their pages speak of.
async fn mine(ctx: &Ctx) -> Result<(Worker, Option<Application>)> {
    let worker = workers::find(&ctx.app, &ctx.worker()?).await?;
    let application = application::latest_of(&ctx.app, &worker.id).await?;
    Ok((worker, application))
}

/// An application that the worker may change now, and what of it.
struct Open {
    worker: Worker,
    application: Application,
    editable: Editable,
}

impl Open {
    /// The worker's application if it may be changed; `None` leads to `/apply`, which knows where to go.
    async fn of(ctx: &Ctx) -> Result<Option<Open>> {
        let (worker, application) = mine(ctx).await?;
        let Some(application) = application else {
            return Ok(None);
        };
        let editable = drafts::editable(&ctx.app, &application).await?;
        Ok((editable != Editable::Nothing).then_some(Open {
            worker,
            application,
            editable,
        }))
    }

    /// Whether an officer returned it for correction.
    fn returned(&self) -> bool {
        self.application.state == State::Returned
    }

    /// What the layout needs, with the bar that goes with the application.
    async fn base(&self, ctx: &Ctx, title: &str) -> Result<Base> {
        let mut base = ctx.base(title);
        base.bar = Some(bar::of(&ctx.app, self).await?);
        Ok(base)
    }

    /// Where the back link of its pages leads.
    fn home(&self) -> &'static str {
        if self.returned() { "/progress" } else { "/apply" }
    }
}

/// Whether the page's script asks rather than the browser itself.
fn wants_json(req: &Request) -> bool {
    req.header(header::ACCEPT)
        .is_some_and(|accept| accept.starts_with("application/json"))
}

/// A JSON answer for the page's script.
fn json(body: serde_json::Value) -> Response {
    poem::web::Json(body)
        .with_header(header::CACHE_CONTROL, "no-store")
        .into_response()
}

#[cfg(test)]
mod tests;
