//! SQL of ready-made sentences.

use super::super::phrases::Phrase;
use super::super::{ReasonCode, Verdict};
use crate::app::App;
use crate::db::Tx;

/// A sentence of a union.
#[derive(sqlx::FromRow)]
pub struct PhraseRow {
    pub id: String,
    pub verdict: String,
    pub code: String,
    pub fix: String,
    pub text: String,
    pub place: i64,
}

impl PhraseRow {
    pub fn into_phrase(self, union: &str, own: bool) -> Option<Phrase> {
        Some(Phrase {
            verdict: Verdict::parse(&self.verdict)?,
            code: ReasonCode::parse(&self.code)?,
            id: self.id,
            union: Some(union.to_owned()),
            own,
            fix: self.fix,
            text: self.text,
            on: true,
            off_here: false,
        })
    }
}

pub async fn phrases(app: &App, union_id: &str) -> sqlx::Result<Vec<PhraseRow>> {
    let sql =
        "SELECT id, verdict, code, fix, text, place FROM phrases WHERE union_id = $1 ORDER BY place, id";
    sqlx::query_as(sql).bind(union_id).fetch_all(app.db.read()).await
}

pub async fn phrases_off(app: &App, union_id: &str) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT phrase_id FROM phrases_off WHERE union_id = $1";
    sqlx::query_scalar(sql)
        .bind(union_id)
        .fetch_all(app.db.read())
        .await
}

pub async fn insert_phrase(tx: &mut Tx, union_id: &str, row: &PhraseRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO phrases (id, union_id, verdict, code, fix, text, place) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(&row.id)
        .bind(union_id)
        .bind(&row.verdict)
        .bind(&row.code)
        .bind(&row.fix)
        .bind(&row.text)
        .bind(row.place)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Changes what it says; whether it still stood as it was seen.
pub async fn update_phrase(
    tx: &mut Tx,
    union_id: &str,
    before: &Phrase,
    after: &Phrase,
) -> sqlx::Result<bool> {
    let sql = "UPDATE phrases SET verdict = $1, code = $2, fix = $3, text = $4 \
               WHERE id = $5 AND union_id = $6 AND verdict = $7 AND code = $8 AND fix = $9 AND text = $10";
    let query = sqlx::query(sql)
        .bind(after.verdict.as_str())
        .bind(after.code.as_str())
        .bind(&after.fix)
        .bind(&after.text)
        .bind(&before.id)
        .bind(union_id)
        .bind(before.verdict.as_str())
        .bind(before.code.as_str())
        .bind(&before.fix)
        .bind(&before.text);
    Ok(query.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What others switched off of it goes too.
pub async fn delete_phrase(tx: &mut Tx, union_id: &str, id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM phrases WHERE id = $1 AND union_id = $2")
        .bind(id)
        .bind(union_id)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM phrases_off WHERE phrase_id = $1")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn order_phrases(tx: &mut Tx, union_id: &str, ids: &[&str]) -> sqlx::Result<()> {
    // In one order, whoever writes: two who sort at once do not wait for each other.
    let mut places: Vec<(usize, &&str)> = ids.iter().enumerate().collect();
    places.sort_by_key(|(_, id)| **id);
    for (place, id) in places {
        sqlx::query("UPDATE phrases SET place = $1 WHERE id = $2 AND union_id = $3")
            .bind(place as i64 + 1)
            .bind(*id)
            .bind(union_id)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub async fn switch_off(tx: &mut Tx, union_id: &str, id: &str) -> sqlx::Result<()> {
    let sql = "INSERT INTO phrases_off (union_id, phrase_id) VALUES ($1, $2) ON CONFLICT (union_id, phrase_id) DO NOTHING";
    sqlx::query(sql)
        .bind(union_id)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn switch_on(tx: &mut Tx, union_id: &str, id: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM phrases_off WHERE union_id = $1 AND phrase_id = $2")
        .bind(union_id)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
