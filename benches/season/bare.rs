//! The bare transaction: what a submission writes, with a place or onto the waiting list, and nothing else.

use crate::prepare::Draft;
use anyhow::{Result, ensure};
use sqlx::AssertSqlSafe;
use yuanmeng::app::App;

/// Eleven statements and a commit.
pub async fn submit_one(app: App, draft: Draft) -> Result<()> {
    let Draft {
        id,
        campaign_id,
        unit_id,
        holder_id,
        version,
        now,
        values: v,
        ..
    } = draft;
    let mut tx = app.db.write().await?;
    let lock = "UPDATE quotas SET next_seq = next_seq + 1 WHERE campaign_id = $1 AND unit_id = $2 RETURNING total, taken, next_seq - 1";
    let (total, taken, seq): (i64, i64, i64) = sqlx::query_as(lock)
        .bind(&campaign_id)
        .bind(&unit_id)
        .fetch_one(&mut *tx)
        .await?;
    for (scope, value) in [("year", "2026"), ("level", "大专")] {
        let claim = "INSERT INTO claims (id_index, scope, value, application_id) VALUES ($1, $2, $3, $4) ON CONFLICT (id_index, scope, value) DO NOTHING";
        sqlx::query(claim)
            .bind(&v.id_index)
            .bind(scope)
            .bind(value)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("INSERT INTO application_cards (application_id, card_index) VALUES ($1, $2)")
        .bind(&id)
        .bind(&v.card_index)
        .execute(&mut *tx)
        .await?;
    let holds = taken < total;
    if holds {
        sqlx::query("UPDATE quotas SET taken = taken + 1 WHERE campaign_id = $1 AND unit_id = $2")
            .bind(&campaign_id)
            .bind(&unit_id)
            .execute(&mut *tx)
            .await?;
        let ledger = "INSERT INTO place_entries (id, campaign_id, unit_id, application_id, delta, cause, at, actor) VALUES ($1, $2, $3, $4, 1, 'submitted', $5, $6)";
        sqlx::query(ledger)
            .bind(&v.ids[0])
            .bind(&campaign_id)
            .bind(&unit_id)
            .bind(&id)
            .bind(now)
            .bind(&v.actor)
            .execute(&mut *tx)
            .await?;
    }
    let state = if holds { "in_review" } else { "waitlisted" };
    let row = "UPDATE applications SET state = $1, step = 0, holder_id = $2, since = $3, updated_at = $3, version = version + 1, \
               seq = $4, submitted_at = $3 WHERE id = $5 AND version = $6";
    let query = sqlx::query(row)
        .bind(state)
        .bind(&holder_id)
        .bind(now)
        .bind(seq)
        .bind(&id)
        .bind(version);
    ensure!(
        query.execute(&mut *tx).await?.rows_affected() == 1,
        "the draft changed"
    );
    let keys = format!(
        "INSERT INTO application_keys (application_id, key) VALUES {}",
        yuanmeng::db::rows(1, v.keys.len(), 2)
    );
    let keys = v
        .keys
        .iter()
        .fold(sqlx::query(AssertSqlSafe(keys)), |query, key| {
            query.bind(&id).bind(key)
        });
    keys.execute(&mut *tx).await?;
    let event = "INSERT INTO events (id, application_id, event, state, union_id, note, corrections, at) VALUES ($1, $2, 'submitted', $3, NULL, '', '[]', $4)";
    sqlx::query(event)
        .bind(&v.ids[1])
        .bind(&id)
        .bind(state)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    let audit = "INSERT INTO audit (id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail) \
                 VALUES ($1, $2, 'worker', $3, 'application.submitted', 'application', $4, $5)";
    sqlx::query(audit)
        .bind(&v.ids[2])
        .bind(now)
        .bind(&draft.worker.id)
        .bind(&id)
        .bind(&v.detail)
        .execute(&mut *tx)
        .await?;
    let outbox = "INSERT INTO outbox (id, kind, payload, dedup, state, attempts, due_at, claimed_by, error, created_at) \
                  VALUES ($1, 'application_event', $2, NULL, 'ready', 0, $3, NULL, '', $3) ON CONFLICT (dedup) DO NOTHING";
    sqlx::query(outbox)
        .bind(&v.ids[3])
        .bind(&v.payload)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    if !holds {
        let position = "UPDATE applications SET waited_as = (SELECT COUNT(*) FROM applications w WHERE w.campaign_id = $1 \
                        AND w.unit_id = $2 AND w.state IN ('waitlisted', 'recalled_waiting') AND w.seq <= $3) WHERE id = $4";
        sqlx::query(position)
            .bind(&campaign_id)
            .bind(&unit_id)
            .bind(seq)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}
