//! The officers' side: sign in, the queue, the desk with form and papers side by side, the decision
//! (R-21, R-22, R-24, R-26; ux.md "Officer pages").
//!
//! # Ids that tests and other pages may rely on
//! Inputs have `id="f-<name>"`; their error stands in `id="e-<name>"`, the summary in `id="errors"`.
//! - `/office/sign-in`: `f-phone`, `f-password`; `data-testid="sign-in"`. `?next=` is kept.
//! - every page: `data-testid="who"` (name, union, roles), `sign-out`, `flash`, `tab-mine`, `tab-all`, `me`.
//! - `/office?tab=&state=&union=&at=&level=&intake=2026-autumn&from=&until=&late=on&waits=<days>&returned=on&flagged=on`
//!   `&looked=mine|free&words=&page=&after=`: `f-<name>` each, `search`, `clear`; one `row` a line with `open` and the box
//!   `f-pick-<id>` in it; `bulk`, `bulk-all`; `state-<state>` for each state's link; `total`, `first`, `prev`, `next`;
//!   `empty` when there is nothing; `late-unions`.
//! - `/office/bulk/:run`: `total`, `confirm-bulk`; `working`; `stopped`; `result`, one `row` each. `/office/late`: `late-union`, `open`.
//! - `/office/phrases`: `f-verdict`, `f-why`, `f-fix`, `f-text`, `add-phrase`; `own-phrase` with `remove`;
//!   `inherited-phrase` with `off-<id>` or `on-<id>`.
//! - `/office/applications/:id`: `number`, `state`, `papers`; one `paper-<kind>` a document, `show-<kind>` its tab;
//!   `f-verdict-pass`, `f-verdict-return`, `f-verdict-send_back`, `f-verdict-reject`, `f-code`, `f-reason`, `f-fix-<field or document>`, `f-confirm`
//!   (with 不予通过), `decide`; `obstacle` in place of the form when this officer cannot decide.
//!   It posts `version`, `verdict`, `code`, `reason`, `fix-<name>=on`, `confirm=on` to the same address.
//!   `colleague` with `take-over`, `release`; `take-back`; `f-relation`, `declare`; `previous`, `following`; `just-passed`.
//! - what could not be done (409 and others): `refused`, `typed-reason`, `current`.
//! - `/office/me`: `bound` or `not-bound`, `wechat-qr`, `unbind`; `factor-on`, `factor-off`; `f-old`, `f-password`,
//!   `f-again`, `change-password`; one `session` a line, `end-session`, `end-others`.
//! - `/office/sign-in/wechat`: `scan-qr`, `scanned`. `/office/reset`: `f-phone`, `slider`, `f-code`, `f-password`,
//!   `f-again`, `submit`.
//! - every page of an officer: `tab-unions`; of an administrator there: `tab-invitations`, `tab-registrations`.
//! - `/office/unions?at=&words=`: `f-words`, `search`, one `union` a line with `open` and `below`; `crumb`, `empty`.
//! - `/office/unions/:id`: `union-name`, `rename`, `move`, `close`, `add-officer`, one `officer` a line with `open-officer`.
//!   `/rename`: `f-name`; `/move`: `f-to`, `f-confirm`; `/close`: `f-confirm`; `/officers`: `f-name`, `f-phone`,
//!   `f-role_<role>`; each with `submit`.
//! - `/office/officers/:id`: `f-role_<role>`, `save-roles`, `f-confirm`, `leave`, `unbind-officer`.
//! - `/office/invitations`: `f-kind`, `f-uses`, `f-days`, `invite`; one `invitation` a line with `open`, `empty`.
//!   `/office/invitations/:id`: `link`, `copy`, `invitation-qr`, `revoke`, `invitation-state`.
//! - `/office/registrations?state=`: one `registration` a line with `open`, `empty`; `/office/registrations/:id`: `approve`,
//!   `f-reason`, `reject`, `registration-state`.
//! - every page of a city's or a unit's administrator: `tab-places`. `/office/campaigns`: one `campaign` a line with `open`;
//!   `f-year`, `f-title`, `f-grant`, `copy`. `/office/campaigns/:id`: `edit`, `import`, `funders`, `rehearsal`, `download`; one
//!   `intake` a line with `edit-dates`, one `unit` a line with `edit-quota`; `sum-total`. `/intakes/:intake`: `f-apply_from`,
//!   `f-apply_until`, `f-review_from`, `f-review_until`, `f-confirm`, `effects`, `submit`. `/quotas/:unit`: `f-total`,
//!   `f-reason`, `submit`; one `change` a line. `/import`: `f-file`, `upload`, `wrong` with one line each; `/import/:token`:
//!   `preview`, one `changed` a line, `sums`, `apply`. `/funders`: `f-kind`, `f-unit`, `f-name`, `f-amount`, `add`, `match`;
//!   one `funder` a line with `save`, `remove`. `/rehearsal?at=`: `f-at`, `show`, one `at-<season>` a card, `fires`.
//! - `/office/places`: `f-to`, `f-places`, `f-reason`, `propose`; one `transfer` a line with `open`. `/office/places/:id`:
//!   `transfer-state`, `accept`, `approve`, `withdraw`, `f-answer`, `refuse`, `reject`.
//! - `/office/join/:token` (a phone's page): `f-name`, `f-contact`, `f-address`, `f-office_phone`, `f-officer_name`,
//!   `f-phone`, `slider`, `f-code`, `f-password`, `f-again`, `submit`; then `filed`; `closed` when it holds no more.
//! - `/office/board`, `/office/audit`: the pages' ids stand in [`board`] and [`audit`].
//! - of the city centre: `tab-catalogue`; `/office/catalogue`: `add`, one `row` a program with `open`, `tab-import`, `tab-checks`,
//!   `tab-providers`; a program's page: `f-<field>`, `submit`, `state-<state>`; `/import`: `f-file`, `upload`, then `wrong` or
//!   `preview` with `apply`; `/checks`: one `check` each with `pass`, `f-reason`, `refuse`. A provider's pages:
//!   [`catalogue_provider`].
//! - of the city: `tab-payments`, `tab-content`; the pages' ids stand in [`payments`] and [`articles`].
//! - of a provider: `tab-provider`, `tab-staff`; the pages' ids stand in [`provider`] and [`provider_staff`].
//! - `/office/me`, how one is told: `f-way-<way>`, `f-from`, `f-until`, `save-notices`. An application's page: `told` with one
//!   `told-line` a message, `call` when nothing reached the worker.
//! - `/office/messages`: one `message` a kind, in it one `sample` a case; `tab-messages`, `tab-lost`. `/failed`: `lost`, `again`, `empty`.
//!
//! Keys on the desk (never deciding by themselves): `1`…`9` a paper, `[` `]` previous and next paper, `t` turn, `+` `-` `0`
//! zoom; `j`/`k` next and previous application, `p` pass, `r` return, `b` send back, `x` reject (each only chooses: the
//! button or Enter on it decides), `d` to the decision, `?` help. In the queue: `j`/`k` move, Enter opens, `/` searches.

mod articles;
mod audit;
mod board;
mod board_history;
mod bulk;
mod campaign_dates;
mod campaign_funders;
mod campaign_quotas;
mod campaigns;
mod catalogue;
mod catalogue_import;
mod catalogue_provider;
mod catalogue_providers;
mod chart;
mod courses;
mod courses_lesson;
mod courses_upload;
mod desk;
mod desk_acts;
mod desk_view;
mod imported;
mod join;
mod join_invitations;
mod join_registrations;
mod late;
mod me;
mod messages;
mod messages_lost;
mod papers;
mod payments;
mod payments_day;
mod phrases;
mod places;
mod provider;
mod provider_staff;
mod queue;
mod queue_asked;
mod queue_form;
#[cfg(test)]
mod review_tests;
mod sign_in;
mod sign_in_reset;
mod sign_in_wechat;
mod stations;
mod stations_import;
#[cfg(test)]
mod supervision_tests;
#[cfg(test)]
mod tests;
mod told;
mod union_change;
mod union_list;
mod union_officers;
mod union_page;
#[cfg(test)]
mod union_tests;
mod view;
mod who;

pub use courses_lesson::serve as courses_media;
pub use who::Who;

use super::ctx::Ctx;
use super::page::{ErrorLine, Errors};
use crate::error::{Door, Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use crate::union::{Officer, sessions};
use poem::{Route, get, post};

/// Everything under `/office`.
pub fn routes() -> Route {
    let routes = catalogue_routes(planning(supervision(being_told(reviewing(joining(pages()))))));
    articles::routes(stations::routes(courses::routes(routes)))
}

/// 选学报读: the catalogue (city centre) and the providers' pages.
fn catalogue_routes(routes: Route) -> Route {
    routes
        .at("/catalogue", get(catalogue::list))
        .at(
            "/catalogue/programs/new",
            get(catalogue::new).post(catalogue::add),
        )
        .at(
            "/catalogue/programs/:id",
            get(catalogue::show).post(catalogue::change),
        )
        .at("/catalogue/programs/:id/state", post(catalogue::set_state))
        .at(
            "/catalogue/import",
            get(catalogue_import::ask).post(catalogue_import::look),
        )
        .at("/catalogue/import.csv", get(catalogue_import::template))
        .at("/catalogue/import/apply", post(catalogue_import::apply))
        .at("/catalogue/institutions", get(catalogue_providers::institutions))
        .at("/catalogue/institutions/:id", post(catalogue_providers::describe))
        .at(
            "/catalogue/providers",
            get(catalogue_providers::list).post(catalogue_providers::add),
        )
        .at(
            "/catalogue/providers/:id",
            get(catalogue_provider::show).post(catalogue_provider::rename),
        )
        .at("/catalogue/providers/:id/close", post(catalogue_provider::close))
        .at("/catalogue/checks", get(catalogue_providers::checks))
        .at("/catalogue/checks/:id", post(catalogue_providers::decide))
        .at("/payments", get(payments::show))
        .at("/payments/orders", get(payments::search))
        .at("/payments/orders/:id", get(payments::show_order))
        .at("/payments/orders/:id/ask", post(payments::ask_order))
        .at("/payments/refunds/:id/again", post(payments::refund_again))
        .at("/payments/:day", get(payments_day::show))
        .at("/payments/:day/settle", post(payments_day::settle))
        .at("/payments/:day/compare", post(payments_day::compare))
        .at("/payments/:day/export.xlsx", get(payments_day::export))
        .at("/provider", get(provider::list))
        .at("/provider/export.xlsx", get(provider::export))
        .at("/provider/staff", get(provider_staff::show))
        .at(
            "/provider/enrolments/:id",
            get(provider::show).post(provider::act),
        )
}

/// The city's years with their dates, money and quotas, and transfers of places between units.
fn planning(routes: Route) -> Route {
    routes
        .at("/campaigns", get(campaigns::list).post(campaigns::copy))
        .at("/campaigns/:id", get(campaigns::show))
        .at("/campaigns/:id/edit", get(campaigns::ask).post(campaigns::edit))
        .at(
            "/campaigns/:id/intakes/:intake",
            get(campaign_dates::ask).post(campaign_dates::save),
        )
        .at("/campaigns/:id/rehearsal", get(campaign_dates::rehearse))
        .at("/campaigns/:id/quotas.xlsx", get(campaign_quotas::download))
        .at(
            "/campaigns/:id/quotas/:unit",
            get(campaign_quotas::ask).post(campaign_quotas::save),
        )
        .at(
            "/campaigns/:id/import",
            get(campaign_quotas::ask_table).post(campaign_quotas::upload),
        )
        .at(
            "/campaigns/:id/import/:token",
            get(campaign_quotas::check).post(campaign_quotas::apply),
        )
        .at(
            "/campaigns/:id/funders",
            get(campaign_funders::list).post(campaign_funders::add),
        )
        .at("/campaigns/:id/funders/match", post(campaign_funders::match_all))
        .at("/campaigns/:id/funders/:funder", post(campaign_funders::set))
        .at("/places", get(places::list).post(places::propose))
        .at("/places/:id", get(places::show).post(places::act))
}

/// Figures and the audit trail.
fn supervision(routes: Route) -> Route {
    routes
        .at("/board", get(board::show))
        .at("/board.xlsx", get(board::table))
        .at("/board/applications.xlsx", get(board::export_list))
        .at("/board/applications/:id", get(board_history::show))
        .at("/audit", get(audit::show))
        .at("/audit.xlsx", get(audit::table))
}

/// Around the decision: claims, 回避, taking back, many at once, what is late, ready-made sentences (R-22 … R-24).
fn reviewing(routes: Route) -> Route {
    routes
        .at("/applications/:id/claim", post(desk_acts::claim))
        .at("/applications/:id/recall", post(desk_acts::take_back))
        .at("/applications/:id/relative", post(desk_acts::relative))
        .at("/bulk", post(bulk::propose))
        .at("/bulk/:run", get(bulk::show).post(bulk::go))
        .at("/late", get(late::show))
        .at("/phrases", get(phrases::show).post(phrases::change))
}

/// Work, doors and the officer's own account.
fn pages() -> Route {
    Route::new()
        .at("/", get(queue::show))
        .at("/sign-in", get(sign_in::show).post(sign_in::enter))
        .at("/sign-out", post(sign_in::leave))
        .at("/applications/:id", get(desk::show).post(desk::submit))
        .at("/applications/:id/form.pdf", get(papers::form))
        .at("/applications/:id/documents/:document", get(papers::show))
        .at("/me", get(me::show))
        .at("/me/wechat-qr", get(me::wechat_qr))
        .at("/me/unbind", post(me::unbind))
        .at("/sign-in/wechat", get(sign_in_wechat::show))
        .at("/sign-in/wechat.json", get(sign_in_wechat::state))
        .at("/sign-in/wechat-qr", get(sign_in_wechat::qr))
        .at("/reset", get(sign_in_reset::show).post(sign_in_reset::enter))
        .at("/me/second-factor", post(me::second_factor))
        .at("/me/password", post(me::password))
        .at("/me/sessions", post(me::end_session))
}

/// Messages: the catalogue, what was lost, how an officer wishes to be told.
fn being_told(routes: Route) -> Route {
    routes
        .at("/messages", get(messages::show))
        .at("/messages/failed", get(messages_lost::show))
        .at("/messages/failed/again", post(messages_lost::again))
        .at("/me/notices", post(me::notices))
}

/// Unions: joining, the tree, officers.
fn joining(routes: Route) -> Route {
    routes
        .at("/join/:token", get(join::show).post(join::file))
        .at(
            "/invitations",
            get(join_invitations::list).post(join_invitations::create),
        )
        .at("/invitations/:id", get(join_invitations::show))
        .at("/invitations/:id/qr", get(join_invitations::qr))
        .at("/invitations/:id/revoke", post(join_invitations::revoke))
        .at("/registrations", get(join_registrations::list))
        .at(
            "/registrations/:id",
            get(join_registrations::show).post(join_registrations::decide),
        )
        .at("/unions", get(union_list::show))
        .at("/unions/:id", get(union_page::show))
        .at(
            "/unions/:id/rename",
            get(union_change::ask_rename).post(union_change::rename),
        )
        .at(
            "/unions/:id/move",
            get(union_change::ask_move).post(union_change::go),
        )
        .at(
            "/unions/:id/close",
            get(union_change::ask_close).post(union_change::close),
        )
        .at(
            "/unions/:id/officers",
            get(union_officers::ask).post(union_officers::add),
        )
        .at(
            "/officers/:id",
            get(union_officers::show).post(union_officers::set_roles),
        )
        .at("/officers/:id/name", post(union_officers::rename))
        .at("/officers/:id/password", post(union_officers::void_password))
        .at("/officers/:id/leave", post(union_officers::deactivate))
        .at("/officers/:id/unbind", post(union_officers::unbind))
}

/// The signed-in officer; whose session was ended, or who is no longer active, has to sign in again.
async fn signed_in(ctx: &Ctx) -> Result<Officer> {
    match sessions::officer(&ctx.app, &ctx.officer_session()?).await {
        Err(Error::NotFound) => Err(Error::SignIn(Door::Officer)),
        other => other,
    }
}

/// Begins the officer's session and signs this browser in.
async fn let_in(ctx: &Ctx, officer: &Officer) -> Result<()> {
    let session = sessions::begin(&ctx.app, officer, &view::device(ctx.user_agent())).await?;
    ctx.sign_in_officer(&officer.id, &session);
    Ok(())
}

/// What a form shows again: the fields' errors, each naming its field, or a rule's "no" above them (`#f-form`). Who may
/// not do it at all gets the page that says so.
fn wrong(error: Error) -> Result<Errors> {
    match error {
        Error::Invalid(fields) => Ok(named(&fields)),
        Error::Refused(Refusal::NotAllowed | Refusal::ByUpperUnionOnly) => Err(error),
        Error::Refused(refusal) => Ok(Errors(vec![ErrorLine {
            field: "form",
            text: refusal.text(),
        }])),
        other => Err(other),
    }
}

fn named(fields: &FieldErrors) -> Errors {
    let line = |(field, refusal): &(&'static str, Refusal)| ErrorLine {
        field,
        text: match (label(field), refusal) {
            (
                Some(name),
                Refusal::Empty
                | Refusal::TooShort { .. }
                | Refusal::TooLong { .. }
                | Refusal::NotAChoice
                | Refusal::DateMalformed
                | Refusal::PlacesMalformed
                | Refusal::AmountMalformed,
            ) => format!("{name}：{}", refusal.text()),
            _ => refusal.text(),
        },
    };
    Errors(fields.0.iter().map(line).collect())
}

/// What the pages call the field.
fn label(field: &str) -> Option<&'static str> {
    Some(match field {
        "name" => "名称",
        "contact" => "联系人",
        "address" => "地址",
        "office_phone" => "联系电话",
        "officer_name" => "管理员姓名",
        "phone" => "手机号",
        "code" => "短信验证码",
        "password" => "新密码",
        "again" => "再次输入密码",
        "old" => "现在的密码",
        "reason" => "理由",
        "kind" => "工会类型",
        "uses" => "可注册的工会数（1 至 200）",
        "days" => "有效天数（1 至 30）",
        "to" => "新的上级工会",
        "roles" => "权限",
        "term" => "学期",
        "status" => "学习情况",
        "title" => "标题",
        "section" => "栏目",
        "issuer" => "发布单位",
        "summary" => "摘要",
        "body" => "正文",
        "publish_at" => "发布时间",
        "grant" => "市级补助标准",
        "year" => "年度",
        "total" => "名额",
        "unit" => "单位",
        "amount" => "每人金额",
        "places" => "数量",
        "note" => "处理说明",
        "answer" => "原因",
        "way" => "接收方式",
        "verdict" => "用于",
        "why" => "原因分类",
        "fix" => "同时勾选",
        "text" => "这句话",
        _ => return None,
    })
}
