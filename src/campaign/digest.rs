//! The public chain of a campaign's places: for each day a plain text of all that happened, with the SHA-256 of the day
//! before; so whoever kept one day's hash can tell whether anything up to it was changed later (R-19, R-20, ADR 0020).
//!
//! The text is what is hashed and what is downloaded: `sha256sum` of the file is the published value.

use super::{Intake, plan, store};
use crate::app::App;
use crate::error::Result;
use crate::kernel::time::{DAY, MINUTE};
use crate::kernel::{Time, code};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What stands in the first day's text for the hash of a day before.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A day is closed so long after its midnight: what was begun before it has been committed by then.
const CLOSED_AFTER: i64 = 5 * MINUTE;

/// A published day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The day in Shanghai.
    pub day: NaiveDate,
    /// The hash of the day before.
    pub previous: String,
    /// The audit trail's head published with it; empty for none.
    pub audit_head: String,
    /// The text.
    pub body: String,
    /// Its SHA-256 in hex.
    pub hash: String,
}

/// A unit at a day's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitAt {
    /// The unit.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its places by the ledger.
    pub total: i64,
    /// Of these, taken by the ledger.
    pub taken: i64,
}

/// A submission of the day: never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The unit.
    pub unit_id: String,
    /// Its place in the unit's order of submission.
    pub seq: i64,
    /// The number, "7K3M-9PXW".
    pub number: String,
    /// When.
    pub at: Time,
}

/// A line of either ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The unit.
    pub unit_id: String,
    /// "占用", "释放", "递补", or for a change of the total its cause.
    pub what: &'static str,
    /// By how many.
    pub delta: i64,
    /// The application's number; none for a change of the total.
    pub number: Option<String>,
    /// When.
    pub at: Time,
}

/// What happened on a day, each list in its own fixed order.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// Every unit, by id.
    pub units: Vec<UnitAt>,
    /// By unit and order.
    pub submissions: Vec<Submission>,
    /// By unit and the ledger's order.
    pub entries: Vec<Entry>,
}

/// The short name of a unit in the texts: the end of its id.
fn short(unit_id: &str) -> &str {
    unit_id.get(unit_id.len().saturating_sub(8)..).unwrap_or(unit_id)
}

/// The last four of a number, which its owner knows it by and nobody else.
pub fn tail(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or(number)
}

/// The day's text. Lines end with a line feed; nothing depends on where or when it is made.
pub fn text(year: i32, day: NaiveDate, previous: &str, audit_head: &str, of: &Day) -> String {
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = writeln!(out, "济南市职工求学圆梦行动 名额日报 v1");
    let _ = writeln!(out, "年度 {year}");
    let _ = writeln!(out, "日期 {day} 北京时间");
    let _ = writeln!(out, "上一日校验值 {previous}");
    if !audit_head.is_empty() {
        let _ = writeln!(out, "操作记录校验值 {audit_head}");
    }
    let _ = writeln!(out, "[单位] 单位号 名额 已占用 名称，当日结束时");
    for unit in &of.units {
        let _ = writeln!(
            out,
            "{} {} {} {}",
            short(&unit.id),
            unit.total,
            unit.taken,
            unit.name
        );
    }
    let _ = writeln!(out, "[提交] 单位号 顺序 编号尾号 时间");
    for one in &of.submissions {
        let _ = writeln!(
            out,
            "{} {} {} {}",
            short(&one.unit_id),
            one.seq,
            tail(&one.number),
            one.at.iso_text()
        );
    }
    let _ = writeln!(out, "[名额] 单位号 变动 数量 编号尾号 时间");
    for one in &of.entries {
        let number = one.number.as_deref().map_or("-", tail);
        let (unit, at) = (short(&one.unit_id), one.at.iso_text());
        let _ = writeln!(out, "{unit} {} {:+} {number} {at}", one.what, one.delta);
    }
    out
}

/// The units' names as a text has them: a union may be renamed afterwards.
fn names_in(body: &str) -> BTreeMap<&str, &str> {
    let lines = body
        .lines()
        .skip_while(|line| !line.starts_with("[单位]"))
        .skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| {
            let mut parts = line.splitn(4, ' ');
            let unit = parts.next()?;
            parts.nth(2).map(|name| (unit, name))
        })
        .collect()
}

/// Until when a day's lines count: its first millisecond, and the first of the next.
fn bounds(day: NaiveDate) -> (Time, Time) {
    let from = Time::start_of(day);
    (from, from.plus(DAY))
}

/// The last day that is closed at this moment.
fn last_closed(now: Time) -> NaiveDate {
    let closed = now.plus(-CLOSED_AFTER).date();
    closed.pred_opt().unwrap_or(closed)
}

/// The next day to be published: the first after `last` that has lines, or lies in an intake's windows, and is closed.
fn next_day(
    last: Option<NaiveDate>,
    next_line: Option<Time>,
    intakes: &[Intake],
    closed: NaiveDate,
) -> Option<NaiveDate> {
    let after = last.and_then(|last| last.succ_opt());
    let in_window = intakes.iter().filter_map(|intake| {
        let (from, until) = (intake.apply.from.date(), intake.review.until.date());
        let first = after.map_or(from, |after| after.max(from));
        (first <= until).then_some(first)
    });
    let candidates = next_line.map(Time::date).into_iter().chain(in_window);
    candidates.min().filter(|day| *day <= closed)
}

/// Publishes every day that is closed and not published yet, of every campaign; gives how many. In every process, once
/// in all: the campaign's row is locked, a day's row is its primary key.
///
/// `audit_head`: the audit trail's head, to be published with the last of them; none while there is no such chain.
pub async fn publish(app: &App, audit_head: Option<&str>) -> Result<usize> {
    let closed = last_closed(app.now());
    let mut made = 0;
    for campaign in plan::all(app).await? {
        let looked = format!("digests:{}:{closed}", campaign.id);
        if app.cache.get(&looked).await?.is_some() {
            continue;
        }
        while publish_next(app, &campaign, closed, audit_head.unwrap_or_default()).await? {
            made += 1;
        }
        app.cache
            .set(&looked, "", Duration::from_secs(2 * 86_400))
            .await?;
    }
    Ok(made)
}

async fn publish_next(app: &App, campaign: &plan::Campaign, closed: NaiveDate, head: &str) -> Result<bool> {
    let mut tx = app.db.write().await?;
    store::lock_campaign(&mut tx, &campaign.id).await?;
    let last = store::last_digest(&mut tx, &campaign.id).await?;
    let after = last.as_ref().map_or(Time(0), |last| bounds(last.day).1);
    let next_line = store::first_line_from(&mut tx, &campaign.id, after).await?;
    let Some(day) = next_day(
        last.as_ref().map(|last| last.day),
        next_line,
        &campaign.intakes,
        closed,
    ) else {
        return Ok(false);
    };
    let happened = store::day_in(&mut tx, &campaign.id, bounds(day)).await?;
    let previous = last.map_or_else(|| FIRST.to_owned(), |last| last.hash);
    let audit_head = if day == closed { head } else { "" };
    let body = text(campaign.year, day, &previous, audit_head, &happened);
    let digest = Digest {
        day,
        previous,
        audit_head: audit_head.to_owned(),
        hash: code::sha256_hex(body.as_bytes()),
        body,
    };
    store::insert_digest(&mut tx, &campaign.id, &digest, app.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// The published days of a campaign, the newest first; without their texts.
pub async fn list(app: &App, campaign_id: &str) -> Result<Vec<(NaiveDate, String)>> {
    store::digest_list(app, campaign_id).await
}

/// A published day.
pub async fn find(app: &App, campaign_id: &str, day: NaiveDate) -> Result<Option<Digest>> {
    store::digest(app, campaign_id, day).await
}

/// Why a day does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The text is not the one that was hashed.
    Body,
    /// It does not follow from the day before it.
    Link,
    /// The ledgers have lines of this day that no published day has.
    Missing,
    /// The ledgers say something else than the text.
    Ledger,
}

impl Wrong {
    /// For the person who has to find out why.
    pub fn label(&self) -> &'static str {
        match self {
            Wrong::Body => "日报内容与校验值不符",
            Wrong::Link => "与上一日的校验值接不上",
            Wrong::Missing => "这一天有名额变动，却没有日报",
            Wrong::Ledger => "日报与名额流水不符",
        }
    }
}

/// The first day of a campaign's chain that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The campaign's year.
    pub year: i32,
    /// The day.
    pub day: NaiveDate,
    /// Why.
    pub why: Wrong,
}

/// A chain that holds: how many days, and the last one's hash ([`FIRST`] for none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The campaign's year.
    pub year: i32,
    /// Published days.
    pub days: usize,
    /// The newest hash.
    pub head: String,
}

/// Makes every day's text anew from the ledgers and holds it against what was published. The first day that differs, or
/// that the chain holds.
pub async fn verify(app: &App, campaign_id: &str) -> Result<std::result::Result<Whole, Broken>> {
    let campaign = plan::find(app, campaign_id).await?;
    let year = campaign.year;
    let broken = |day, why| Ok(Err(Broken { year, day, why }));
    let mut days: Vec<NaiveDate> = list(app, campaign_id)
        .await?
        .into_iter()
        .map(|(day, _)| day)
        .collect();
    days.reverse();
    let (mut previous, mut after) = (FIRST.to_owned(), Time(0));
    for day in &days {
        let Some(digest) = find(app, campaign_id, *day).await? else {
            return broken(*day, Wrong::Missing);
        };
        let (from, until) = bounds(*day);
        if let Some(left_out) = store::first_line_between(app, campaign_id, (after, from)).await? {
            return broken(left_out.date(), Wrong::Missing);
        }
        if code::sha256_hex(digest.body.as_bytes()) != digest.hash {
            return broken(*day, Wrong::Body);
        }
        if digest.previous != previous {
            return broken(*day, Wrong::Link);
        }
        let mut happened = store::day(app, campaign_id, (from, until)).await?;
        let names = names_in(&digest.body);
        for unit in &mut happened.units {
            if let Some(name) = names.get(short(&unit.id)) {
                unit.name = (*name).to_owned();
            }
        }
        if text(year, *day, &previous, &digest.audit_head, &happened) != digest.body {
            return broken(*day, Wrong::Ledger);
        }
        (previous, after) = (digest.hash, until);
    }
    let not_closed = bounds(last_closed(app.now())).1;
    if let Some(left_out) = store::first_line_between(app, campaign_id, (after, not_closed)).await?
        && !days.is_empty()
        && app.now() > not_closed.plus(DAY / 24)
    {
        return broken(left_out.date(), Wrong::Missing);
    }
    Ok(Ok(Whole {
        year,
        days: days.len(),
        head: previous,
    }))
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
