//! SQL of payments.

macro_rules! order_columns {
    () => {
        "id, purpose_kind, purpose_id, description, amount_fen, currency, state, channel, expires_at, transaction_id, \
         out_trade_no, paid_at, refunding_fen, refunded_fen, version, created_at"
    };
}

macro_rules! try_columns {
    () => {
        "out_trade_no, order_id, channel, payer, state, code_url, created_at, check_at, checks"
    };
}

mod bills;
mod desk;
mod refunds;

pub use bills::{
    DayEntry, any_order_before, differences, entries_between, entries_by_reference, reconciliation,
    reconciliations, replace_reconciliation,
};
pub use desk::{
    days, entry_lines, open_differences, order_of_number, settle, settled, sums, tries_of, waiting,
};
pub use refunds::{
    due_refunds, insert_refund, look_now, postpone_refund, refund_by_id, refund_by_number, refund_by_request,
    refund_in, refunds_of, replacement, replacing, set_refund, stuck_refunds, take_refund,
};

use super::{Channel, EntryKind, Order, Outcome, State, TryState};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Fen, Time};

/// One number under which WeChat Pay was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub out_trade_no: String,
    pub order_id: String,
    pub channel: Channel,
    /// Keyed hash of the payer's openid; empty for a QR code.
    pub payer: String,
    pub state: TryState,
    pub code_url: Option<String>,
    pub created_at: Time,
    pub check_at: Time,
    pub checks: i64,
}

/// A fact.
pub struct Entry {
    pub id: String,
    pub order_id: String,
    pub kind: EntryKind,
    pub amount: Fen,
    pub at: Time,
    pub out_trade_no: String,
    pub reference: String,
}

/// A notification that was taken.
pub struct Notified<'a> {
    pub id: &'a str,
    pub event_type: &'a str,
    pub number: &'a str,
    pub outcome: Outcome,
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: String,
    purpose_kind: String,
    purpose_id: String,
    description: String,
    amount_fen: i64,
    currency: String,
    state: String,
    channel: String,
    expires_at: i64,
    transaction_id: Option<String>,
    out_trade_no: Option<String>,
    paid_at: Option<i64>,
    refunding_fen: i64,
    refunded_fen: i64,
    version: i64,
    created_at: i64,
}

pub(super) fn unknown(what: &str) -> Error {
    Error::Internal(anyhow::anyhow!("a stored {what} is not known"))
}

impl OrderRow {
    fn order(self) -> Result<Order> {
        Ok(Order {
            state: State::parse(&self.state).ok_or_else(|| unknown("payment state"))?,
            channel: Channel::parse(&self.channel),
            id: self.id,
            purpose_kind: self.purpose_kind,
            purpose_id: self.purpose_id,
            description: self.description,
            amount: Fen(self.amount_fen),
            currency: self.currency,
            expires_at: Time(self.expires_at),
            transaction_id: self.transaction_id,
            out_trade_no: self.out_trade_no,
            paid_at: self.paid_at.map(Time),
            refunding: Fen(self.refunding_fen),
            refunded: Fen(self.refunded_fen),
            version: self.version,
            created_at: Time(self.created_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct TryRow {
    out_trade_no: String,
    order_id: String,
    channel: String,
    payer: String,
    state: String,
    code_url: Option<String>,
    created_at: i64,
    check_at: i64,
    checks: i64,
}

impl TryRow {
    fn tried(self) -> Result<Try> {
        Ok(Try {
            channel: Channel::parse(&self.channel).ok_or_else(|| unknown("payment channel"))?,
            state: TryState::parse(&self.state).ok_or_else(|| unknown("state of a try"))?,
            out_trade_no: self.out_trade_no,
            order_id: self.order_id,
            payer: self.payer,
            code_url: self.code_url,
            created_at: Time(self.created_at),
            check_at: Time(self.check_at),
            checks: self.checks,
        })
    }
}

fn active_text(kind: &str, id: &str) -> String {
    format!("{kind}:{id}")
}

/// Whether the order was new: false when one stands for its purpose.
pub async fn insert(tx: &mut Tx, order: &Order) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO payment_orders (id, purpose_kind, purpose_id, active, description, amount_fen, currency, state, channel, \
         expires_at, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, $11) ON CONFLICT (active) DO NOTHING",
    )
    .bind(&order.id)
    .bind(&order.purpose_kind)
    .bind(&order.purpose_id)
    .bind(active_text(&order.purpose_kind, &order.purpose_id))
    .bind(&order.description)
    .bind(order.amount.0)
    .bind(&order.currency)
    .bind(order.state.as_str())
    .bind(order.expires_at.0)
    .bind(order.version)
    .bind(order.created_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn by_id(app: &App, id: &str) -> Result<Option<Order>> {
    let sql = concat!("SELECT ", order_columns!(), " FROM payment_orders WHERE id = $1");
    let row: Option<OrderRow> = sqlx::query_as(sql).bind(id).fetch_optional(app.db.read()).await?;
    row.map(OrderRow::order).transpose()
}

const ACTIVE: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM payment_orders WHERE active = $1"
);

pub async fn active(app: &App, kind: &str, id: &str) -> Result<Option<Order>> {
    let row: Option<OrderRow> = sqlx::query_as(ACTIVE)
        .bind(active_text(kind, id))
        .fetch_optional(app.db.read())
        .await?;
    row.map(OrderRow::order).transpose()
}

pub async fn active_in(tx: &mut Tx, kind: &str, id: &str) -> Result<Option<Order>> {
    let row: Option<OrderRow> = sqlx::query_as(ACTIVE)
        .bind(active_text(kind, id))
        .fetch_optional(&mut **tx)
        .await?;
    row.map(OrderRow::order).transpose()
}

pub async fn of_purpose(app: &App, kind: &str, id: &str) -> Result<Vec<Order>> {
    let sql = concat!(
        "SELECT ",
        order_columns!(),
        " FROM payment_orders WHERE purpose_kind = $1 AND purpose_id = $2 ORDER BY created_at DESC, id DESC"
    );
    let rows: Vec<OrderRow> = sqlx::query_as(sql)
        .bind(kind)
        .bind(id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(OrderRow::order).collect()
}

/// Reads an order and keeps it from others until the transaction ends. Whoever changes an order, its tries or its refunds
/// takes this first. Errors: [`Error::NotFound`].
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Order> {
    let sql = concat!(
        "UPDATE payment_orders SET version = version WHERE id = $1 RETURNING ",
        order_columns!()
    );
    let row: Option<OrderRow> = sqlx::query_as(sql).bind(id).fetch_optional(&mut **tx).await?;
    row.ok_or(Error::NotFound)?.order()
}

/// Writes what can change of an order; its version goes up. A closed or wholly refunded one frees its purpose.
pub async fn update(tx: &mut Tx, order: &Order, now: Time) -> Result<()> {
    let active = !matches!(order.state, State::Closed | State::Refunded);
    let active = active.then(|| active_text(&order.purpose_kind, &order.purpose_id));
    let done = sqlx::query(
        "UPDATE payment_orders SET active = $1, state = $2, channel = $3, transaction_id = $4, out_trade_no = $5, \
         paid_at = $6, refunding_fen = $7, refunded_fen = $8, updated_at = $9, version = version + 1 \
         WHERE id = $10 AND version = $11",
    )
    .bind(active)
    .bind(order.state.as_str())
    .bind(order.channel.map_or("", Channel::as_str))
    .bind(order.transaction_id.as_deref())
    .bind(order.out_trade_no.as_deref())
    .bind(order.paid_at.map(|at| at.0))
    .bind(order.refunding.0)
    .bind(order.refunded.0)
    .bind(now.0)
    .bind(&order.id)
    .bind(order.version)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(anyhow::anyhow!("a payment order was changed without its lock").into())
    }
}

/// Orders that can still be paid but whose time is over.
pub async fn expired(app: &App, now: Time, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT id FROM payment_orders WHERE state IN ('created', 'paying') AND expires_at <= $1 ORDER BY expires_at LIMIT $2";
    Ok(sqlx::query_scalar(sql)
        .bind(now.0)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?)
}

pub async fn insert_try(tx: &mut Tx, tried: &Try) -> Result<()> {
    sqlx::query(
        "INSERT INTO payment_tries (out_trade_no, order_id, channel, payer, state, code_url, created_at, check_at, checks) \
         VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, 0)",
    )
    .bind(&tried.out_trade_no)
    .bind(&tried.order_id)
    .bind(tried.channel.as_str())
    .bind(&tried.payer)
    .bind(tried.state.as_str())
    .bind(tried.created_at.0)
    .bind(tried.check_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn tried(app: &App, out_trade_no: &str) -> Result<Option<Try>> {
    let sql = concat!(
        "SELECT ",
        try_columns!(),
        " FROM payment_tries WHERE out_trade_no = $1"
    );
    let row: Option<TryRow> = sqlx::query_as(sql)
        .bind(out_trade_no)
        .fetch_optional(app.db.read())
        .await?;
    row.map(TryRow::tried).transpose()
}

const OPEN_TRIES: &str = concat!(
    "SELECT ",
    try_columns!(),
    " FROM payment_tries WHERE order_id = $1 AND state = 'open' ORDER BY created_at"
);

pub async fn open_tries(app: &App, order: &str) -> Result<Vec<Try>> {
    let rows: Vec<TryRow> = sqlx::query_as(OPEN_TRIES)
        .bind(order)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(TryRow::tried).collect()
}

pub async fn open_tries_in(tx: &mut Tx, order: &str) -> Result<Vec<Try>> {
    let rows: Vec<TryRow> = sqlx::query_as(OPEN_TRIES)
        .bind(order)
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(TryRow::tried).collect()
}

pub async fn set_try(tx: &mut Tx, out_trade_no: &str, state: TryState) -> Result<()> {
    let query = sqlx::query("UPDATE payment_tries SET state = $1 WHERE out_trade_no = $2");
    query
        .bind(state.as_str())
        .bind(out_trade_no)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether it was open.
pub async fn close_try(tx: &mut Tx, out_trade_no: &str) -> Result<bool> {
    let query =
        sqlx::query("UPDATE payment_tries SET state = 'closed' WHERE out_trade_no = $1 AND state = 'open'");
    Ok(query.bind(out_trade_no).execute(&mut **tx).await?.rows_affected() == 1)
}

pub async fn set_code(tx: &mut Tx, out_trade_no: &str, code: &str) -> Result<()> {
    let query = sqlx::query("UPDATE payment_tries SET code_url = $1 WHERE out_trade_no = $2");
    query.bind(code).bind(out_trade_no).execute(&mut **tx).await?;
    Ok(())
}

pub async fn due_tries(app: &App, now: Time, limit: i64) -> Result<Vec<Try>> {
    let sql = concat!(
        "SELECT ",
        try_columns!(),
        " FROM payment_tries WHERE state = 'open' AND check_at <= $1 ORDER BY check_at LIMIT $2"
    );
    let rows: Vec<TryRow> = sqlx::query_as(sql)
        .bind(now.0)
        .bind(limit)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter().map(TryRow::tried).collect()
}

/// Takes a try up until `next`; whether nobody else had.
pub async fn take_try(tx: &mut Tx, tried: &Try, next: Time) -> Result<bool> {
    let query = sqlx::query(
        "UPDATE payment_tries SET check_at = $1, checks = checks + 1 WHERE out_trade_no = $2 AND checks = $3 AND state = 'open'",
    );
    let query = query.bind(next.0).bind(&tried.out_trade_no).bind(tried.checks);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Whether it was new.
pub async fn insert_entry(tx: &mut Tx, entry: &Entry, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO payment_entries (id, order_id, kind, amount_fen, at, out_trade_no, reference, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (kind, reference) DO NOTHING",
    )
    .bind(&entry.id)
    .bind(&entry.order_id)
    .bind(entry.kind.as_str())
    .bind(entry.amount.0)
    .bind(entry.at.0)
    .bind(&entry.out_trade_no)
    .bind(&entry.reference)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What became of a notification before.
pub async fn notification(app: &App, id: &str) -> Result<Option<Outcome>> {
    let query = sqlx::query_scalar("SELECT outcome FROM pay_notifications WHERE id = $1").bind(id);
    let outcome: Option<String> = query.fetch_optional(app.db.read()).await?;
    Ok(outcome.as_deref().and_then(Outcome::parse))
}

/// Whether it was the first of its id.
pub async fn insert_notification(tx: &mut Tx, notified: &Notified<'_>, now: Time) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO pay_notifications (id, event_type, number, outcome, received_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(notified.id)
    .bind(notified.event_type)
    .bind(notified.number)
    .bind(notified.outcome.as_str())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
