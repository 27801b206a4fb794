//! SQL of the public chain, and of what a day's text is made from: the ledgers, and the order of submission.

use super::super::digest::{Day, Digest, Entry, Submission, UnitAt};
use super::super::{PlaceCause, QuotaCause};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use chrono::NaiveDate;
use sqlx::{Any, AnyConnection, Executor};

/// One process at a time goes on with a campaign's chain.
pub async fn lock_campaign(tx: &mut Tx, id: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE campaigns SET year = year WHERE id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

type DigestRow = (String, String, String, String, String);

fn read((day, previous, audit_head, body, hash): DigestRow) -> Result<Digest> {
    Ok(Digest {
        day: parse_day(&day)?,
        previous,
        audit_head,
        body,
        hash,
    })
}

fn parse_day(day: &str) -> Result<NaiveDate> {
    Ok(NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(anyhow::Error::from)?)
}

pub async fn last_digest(tx: &mut Tx, campaign_id: &str) -> Result<Option<Digest>> {
    let sql = "SELECT day, previous, audit_head, body, hash FROM place_digests WHERE campaign_id = $1 ORDER BY day DESC LIMIT 1";
    let row: Option<DigestRow> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(read).transpose()
}

pub async fn digest(app: &App, campaign_id: &str, day: NaiveDate) -> Result<Option<Digest>> {
    let sql =
        "SELECT day, previous, audit_head, body, hash FROM place_digests WHERE campaign_id = $1 AND day = $2";
    let row: Option<DigestRow> = sqlx::query_as(sql)
        .bind(campaign_id)
        .bind(day.to_string())
        .fetch_optional(app.db.read())
        .await?;
    row.map(read).transpose()
}

pub async fn digest_list(app: &App, campaign_id: &str) -> Result<Vec<(NaiveDate, String)>> {
    let sql = "SELECT day, hash FROM place_digests WHERE campaign_id = $1 ORDER BY day DESC";
    let rows: Vec<(String, String)> = sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(app.db.read())
        .await?;
    rows.into_iter()
        .map(|(day, hash)| Ok((parse_day(&day)?, hash)))
        .collect()
}

pub async fn insert_digest(tx: &mut Tx, campaign_id: &str, digest: &Digest, now: Time) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO place_digests (campaign_id, day, previous, audit_head, body, hash, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(campaign_id)
    .bind(digest.day.to_string())
    .bind(&digest.previous)
    .bind(&digest.audit_head)
    .bind(&digest.body)
    .bind(&digest.hash)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

const FIRST_LINE: &str = "SELECT MIN(at) FROM (\
    SELECT MIN(at) AS at FROM place_entries WHERE campaign_id = $1 AND at >= $2 AND at < $3 UNION ALL \
    SELECT MIN(at) AS at FROM quota_entries WHERE campaign_id = $1 AND at >= $2 AND at < $3 UNION ALL \
    SELECT MIN(submitted_at) AS at FROM applications WHERE campaign_id = $1 AND seq IS NOT NULL \
    AND submitted_at >= $2 AND submitted_at < $3) firsts";

const SUBMISSIONS: &str = "SELECT unit_id, seq, number, submitted_at FROM applications \
    WHERE campaign_id = $1 AND seq IS NOT NULL AND submitted_at >= $2 AND submitted_at < $3 ORDER BY unit_id, seq";

async fn first_line<'e>(
    db: impl Executor<'e, Database = Any>,
    campaign_id: &str,
    (from, until): (Time, Time),
) -> sqlx::Result<Option<Time>> {
    let query = sqlx::query_scalar(FIRST_LINE)
        .bind(campaign_id)
        .bind(from.0)
        .bind(until.0);
    let first: Option<i64> = query.fetch_one(db).await?;
    Ok(first.map(Time))
}

/// The time of the first line from `from` on.
pub async fn first_line_from(tx: &mut Tx, campaign_id: &str, from: Time) -> sqlx::Result<Option<Time>> {
    first_line(&mut **tx, campaign_id, (from, Time(i64::MAX))).await
}

/// The time of the first line from the first moment on and before the second.
pub async fn first_line_between(
    app: &App,
    campaign_id: &str,
    bounds: (Time, Time),
) -> sqlx::Result<Option<Time>> {
    first_line(app.db.read(), campaign_id, bounds).await
}

/// What happened from the first moment on and before the second.
pub async fn day(app: &App, campaign_id: &str, bounds: (Time, Time)) -> Result<Day> {
    let mut connection = app.db.read().acquire().await?;
    day_on(&mut connection, campaign_id, bounds).await
}

/// [`day`] as the caller's transaction sees it.
pub async fn day_in(tx: &mut Tx, campaign_id: &str, bounds: (Time, Time)) -> Result<Day> {
    day_on(&mut *tx, campaign_id, bounds).await
}

async fn day_on(db: &mut AnyConnection, campaign_id: &str, bounds: (Time, Time)) -> Result<Day> {
    Ok(Day {
        units: units_at(db, campaign_id, bounds.1).await?,
        submissions: submissions(db, campaign_id, bounds).await?,
        entries: entries(db, campaign_id, bounds).await?,
    })
}

async fn units_at(db: &mut AnyConnection, campaign_id: &str, until: Time) -> Result<Vec<UnitAt>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT u.id, u.name, \
         (SELECT CAST(COALESCE(SUM(e.delta), 0) AS BIGINT) FROM quota_entries e \
          WHERE e.campaign_id = q.campaign_id AND e.unit_id = q.unit_id AND e.at < $2), \
         (SELECT CAST(COALESCE(SUM(p.delta), 0) AS BIGINT) FROM place_entries p \
          WHERE p.campaign_id = q.campaign_id AND p.unit_id = q.unit_id AND p.at < $2) \
         FROM quotas q JOIN unions u ON u.id = q.unit_id WHERE q.campaign_id = $1 AND EXISTS ( \
          SELECT 1 FROM quota_entries f WHERE f.campaign_id = q.campaign_id AND f.unit_id = q.unit_id AND f.at < $2) \
         ORDER BY u.id",
    )
    .bind(campaign_id)
    .bind(until.0)
    .fetch_all(db)
    .await?;
    let unit = |(id, name, total, taken)| UnitAt {
        id,
        name,
        total,
        taken,
    };
    Ok(rows.into_iter().map(unit).collect())
}

async fn submissions(
    db: &mut AnyConnection,
    campaign_id: &str,
    (from, until): (Time, Time),
) -> Result<Vec<Submission>> {
    let rows: Vec<(String, i64, String, i64)> = sqlx::query_as(SUBMISSIONS)
        .bind(campaign_id)
        .bind(from.0)
        .bind(until.0)
        .fetch_all(db)
        .await?;
    let one = |(unit_id, seq, number, at): (String, i64, String, i64)| Submission {
        unit_id,
        seq,
        number,
        at: Time(at),
    };
    Ok(rows.into_iter().map(one).collect())
}

async fn entries(
    db: &mut AnyConnection,
    campaign_id: &str,
    (from, until): (Time, Time),
) -> Result<Vec<Entry>> {
    let rows: Vec<(String, String, i64, Option<String>, i64)> = sqlx::query_as(
        "SELECT unit_id, cause, delta, number, at FROM ( \
         SELECT q.unit_id AS unit_id, q.id AS id, q.cause AS cause, q.delta AS delta, NULL AS number, q.at AS at \
         FROM quota_entries q WHERE q.campaign_id = $1 AND q.at >= $2 AND q.at < $3 UNION ALL \
         SELECT p.unit_id AS unit_id, p.id AS id, p.cause AS cause, p.delta AS delta, a.number AS number, p.at AS at \
         FROM place_entries p JOIN applications a ON a.id = p.application_id \
         WHERE p.campaign_id = $1 AND p.at >= $2 AND p.at < $3) lines ORDER BY unit_id, at, id",
    )
    .bind(campaign_id)
    .bind(from.0)
    .bind(until.0)
    .fetch_all(db)
    .await?;
    let entry = |(unit_id, cause, delta, number, at): (String, String, i64, Option<String>, i64)| {
        let places = PlaceCause::parse(&cause).map(PlaceCause::label);
        let what = places.or_else(|| QuotaCause::parse(&cause).map(QuotaCause::label));
        Ok(Entry {
            what: what
                .ok_or_else(|| anyhow::anyhow!("a line of the ledger has the unknown cause {cause}"))?,
            unit_id,
            delta,
            number,
            at: Time(at),
        })
    };
    rows.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// of the applications, a day's text costs those submitted on it, not all of the campaign: a writing
    /// transaction waits for it.
    #[tokio::test]
    async fn a_day_is_found_by_its_time() {
        for sql in [FIRST_LINE, SUBMISSIONS] {
            let plan = crate::db::plan_of(sql).await;
            let index = "applications_submitted (campaign_id=? AND submitted_at>? AND submitted_at<?)";
            let by_time = |step: &String| step.contains(index);
            assert!(plan.iter().any(by_time), "{plan:?}");
        }
    }
}
