//! SQL of the rows that the list shows, and of what stands at a union's step.

use super::super::inbox::Item;
use crate::app::App;
use crate::application::State;
use crate::error::Result;
use crate::kernel::Time;
use crate::union::Officer;
use sqlx::AssertSqlSafe;

#[derive(sqlx::FromRow)]
struct Line {
    id: String,
    version: i64,
    number: String,
    applicant: String,
    union_name: String,
    level: String,
    institution: String,
    state: String,
    holder: Option<String>,
    since: i64,
    submitted_at: i64,
    review_until: i64,
    returns: i64,
    flagged: i64,
    looked_id: Option<String>,
    looked_name: Option<String>,
}

impl Line {
    fn into_item(self) -> Option<Item> {
        Some(Item {
            state: State::parse(&self.state)?,
            id: self.id,
            version: self.version,
            number: self.number,
            applicant: self.applicant,
            union: self.union_name,
            level: self.level,
            institution: self.institution,
            holder: self.holder,
            since: Time(self.since),
            submitted_at: Time(self.submitted_at),
            review_until: Time(self.review_until),
            returns: self.returns,
            flagged: self.flagged == 1,
            looked_by: self.looked_id.zip(self.looked_name),
        })
    }
}

/// The rows of these ids, in their order.
pub async fn items(app: &App, ids: &[&str]) -> Result<Vec<Item>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let marks: Vec<String> = (0..ids.len()).map(|n| format!("${}", n + 2)).collect();
    let text = format!(
        "SELECT a.id, a.version, COALESCE(a.number, '') AS number, a.applicant, u.name AS union_name, a.level, a.institution, \
         a.state, h.name AS holder, a.since, COALESCE(a.submitted_at, 0) AS submitted_at, i.review_until, a.returns, a.flagged, \
         o.id AS looked_id, o.name AS looked_name \
         FROM applications a JOIN intakes i ON i.id = a.intake_id JOIN unions u ON u.id = a.union_id \
         LEFT JOIN unions h ON h.id = a.holder_id AND a.state = 'in_review' \
         LEFT JOIN review_claims c ON c.application_id = a.id AND c.ends_at > $1 LEFT JOIN officers o ON o.id = c.officer_id \
         WHERE a.id IN ({})",
        marks.join(", ")
    );
    // Safe: only marks are put in.
    let query = sqlx::query_as(AssertSqlSafe(text)).bind(app.now().0);
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let rows: Vec<Line> = query.fetch_all(app.db.read()).await?;
    let mut items: Vec<Item> = rows.into_iter().filter_map(Line::into_item).collect();
    items.sort_by_key(|item| ids.iter().position(|id| *id == item.id));
    Ok(items)
}

/// These ids with their versions, in their order.
pub async fn versions(app: &App, ids: &[&str]) -> sqlx::Result<Vec<(String, i64)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let marks: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let text = format!(
        "SELECT id, version FROM applications WHERE id IN ({})",
        marks.join(", ")
    );
    let query = sqlx::query_as(AssertSqlSafe(text));
    let query = ids.iter().fold(query, |query, id| query.bind((*id).to_owned()));
    let rows: Vec<(String, i64)> = query.fetch_all(app.db.read()).await?;
    let version: std::collections::HashMap<String, i64> = rows.into_iter().collect();
    let with = |id: &&str| version.get(*id).map(|version| ((*id).to_owned(), *version));
    Ok(ids.iter().filter_map(with).collect())
}

pub async fn next(app: &App, officer: &Officer, now: Time) -> sqlx::Result<Option<String>> {
    let sql = "SELECT a.id FROM applications a CROSS JOIN workers w \
               WHERE a.holder_id = $1 AND a.state = 'in_review' AND w.id = a.worker_id AND w.phone_index <> $2 \
               AND EXISTS (SELECT 1 FROM intakes i WHERE i.id = a.intake_id AND i.review_from <= $4 AND i.review_until >= $4) \
               AND NOT EXISTS (SELECT 1 FROM claims c JOIN workers o ON o.id_index = c.id_index \
               WHERE c.application_id = a.id AND o.phone_index = $2) \
               AND NOT EXISTS (SELECT 1 FROM claims c JOIN claims x ON x.id_index = c.id_index \
               JOIN applications b ON b.id = x.application_id JOIN workers o ON o.id = b.worker_id \
               WHERE c.application_id = a.id AND o.phone_index = $2) \
               AND NOT EXISTS (SELECT 1 FROM relatives r WHERE r.application_id = a.id AND r.officer_id = $3) \
               AND NOT EXISTS (SELECT 1 FROM review_claims c WHERE c.application_id = a.id AND c.officer_id <> $3 AND c.ends_at > $4) \
               ORDER BY a.since, a.id LIMIT 1";
    sqlx::query_scalar(sql)
        .bind(&officer.union.id)
        .bind(&officer.phone_index)
        .bind(&officer.id)
        .bind(now.0)
        .fetch_optional(app.db.read())
        .await
}

/// The ones before and after a place in a union's own list.
pub async fn neighbours(
    app: &App,
    union_id: &str,
    (since, id): (i64, &str),
) -> sqlx::Result<(Option<String>, Option<String>)> {
    let before = "SELECT a.id FROM applications a WHERE a.holder_id = $1 AND a.state = 'in_review' AND a.since <= $2 \
                  AND (a.since < $2 OR a.id < $3) ORDER BY a.since DESC, a.id DESC LIMIT 1";
    let after = "SELECT a.id FROM applications a WHERE a.holder_id = $1 AND a.state = 'in_review' AND a.since >= $2 \
                 AND (a.since > $2 OR a.id > $3) ORDER BY a.since, a.id LIMIT 1";
    let before = sqlx::query_scalar(before).bind(union_id).bind(since).bind(id);
    let after = sqlx::query_scalar(after).bind(union_id).bind(since).bind(id);
    Ok((
        before.fetch_optional(app.db.read()).await?,
        after.fetch_optional(app.db.read()).await?,
    ))
}

pub async fn waiting_at(app: &App, union_id: &str) -> sqlx::Result<i64> {
    let sql = "SELECT COUNT(*) FROM applications WHERE holder_id = $1 AND state = 'in_review'";
    sqlx::query_scalar(sql)
        .bind(union_id)
        .fetch_one(app.db.read())
        .await
}
