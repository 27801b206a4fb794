//! Every state, every act, every kind of actor, over HTTP: allowed is what one table says, everything else is refused with
//! nothing changed (R-21, R-22, issue 5). The table of states and events alone stands in `application::states`.

use super::{Desk, officer, path};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted, union};
use crate::on_both_stores;
use yuanmeng::app::App;
use yuanmeng::application::{self, Application, State};
use yuanmeng::cli::seed::UNIT;
use yuanmeng::union::Role;

/// What is posted.
const ACTS: &[(&str, &[(&str, &str)])] = &[
    ("", &[("verdict", "pass")]),
    (
        "",
        &[("verdict", "return"), ("reason", "看不清"), ("fix-receipt", "on")],
    ),
    ("", &[("verdict", "send_back"), ("reason", "请核实")]),
    (
        "",
        &[("verdict", "reject"), ("reason", "不符合"), ("confirm", "on")],
    ),
    ("/recall", &[]),
];

/// Sets where an application stands; everything else of it stays.
async fn put(app: &App, id: &str, state: State, step: i64, holder: Option<&str>) {
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("UPDATE applications SET state = $1, step = $2, holder_id = $3 WHERE id = $4")
        .bind(state.as_str())
        .bind(step)
        .bind(holder)
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn stands(of: &Application) -> (State, usize, Option<String>, i64) {
    (of.state, of.step, of.holder_id.clone(), of.version)
}

on_both_stores! {
    /// at each state and step, by the reviewer below, at and above it, by finance and supervisor at it, by an
    /// officer of another branch.
    every_pair_over_http
}
async fn every_pair_over_http(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let levels = demo_officers(app).await;
    let elsewhere = union(app, &[UNIT, "文昌街道总工会"]).await;
    let mut desks = Vec::new();
    for (level, one) in levels.iter().enumerate() {
        desks.push((Some(level), Desk::of(test, &one.id).await));
    }
    for (union, phone, role) in [
        (&street, "13900139011", Role::Finance),
        (&street, "13900139012", Role::Supervisor),
        (&street, "13900139013", Role::Administrator),
        (&elsewhere, "13900139014", Role::Reviewer),
    ] {
        let id = officer(test, union, phone, &[role]).await;
        desks.push((None, Desk::of(test, &id).await));
    }
    let (_, id) = submitted(test, 1, &street).await;
    let mut allowed = Vec::new();
    for state in State::ALL {
        let steps: &[usize] = if *state == State::InReview {
            &[0, 1, 2]
        } else {
            &[0]
        };
        for step in steps {
            let holder = (*state == State::InReview).then(|| levels[*step].union.id.as_str());
            put(app, &id, *state, *step as i64, holder).await;
            let before = stands(&application::find(app, &id).await.unwrap());
            for (act, (suffix, fields)) in ACTS.iter().enumerate() {
                for (who, (level, desk)) in desks.iter().enumerate() {
                    // The one table: a reviewer at the step where it is in review; nothing to send back to at the first;
                    // nothing to take back where nobody passed.
                    let may =
                        holder.is_some() && *level == Some(*step) && act != 4 && (act != 2 || *step > 0);
                    if may {
                        allowed.push((*step, act, who));
                        continue;
                    }
                    let version = before.3.to_string();
                    let mut all = vec![("csrf", CSRF), ("version", version.as_str())];
                    all.extend_from_slice(fields);
                    let answer = desk.post(&format!("{}{suffix}", path(&id)), &all).await;
                    let refused = matches!(answer.status, 403 | 404 | 409 | 422);
                    assert!(
                        refused,
                        "{state} step {step}, act {act}, actor {who}: {}",
                        answer.status
                    );
                    let after = stands(&application::find(app, &id).await.unwrap());
                    assert_eq!(after, before, "{state} step {step}, act {act}, actor {who}");
                }
            }
        }
    }
    // What the table allows happens, once each.
    assert_eq!(allowed.len(), 3 + 3 + 2 + 3);
    for (n, (step, act, who)) in allowed.into_iter().enumerate() {
        let (_, id) = submitted(test, n + 2, &street).await;
        put(
            app,
            &id,
            State::InReview,
            step as i64,
            Some(&levels[step].union.id),
        )
        .await;
        let (_, fields) = ACTS[act];
        let answer = desks[who].1.decide(&id, fields).await;
        assert_eq!(answer.status, 303, "step {step}, act {act}");
        let there = application::find(app, &id).await.unwrap();
        let expected = match act {
            0 if step == 2 => (State::Approved, 2),
            0 => (State::InReview, step + 1),
            1 => (State::Returned, step),
            2 => (State::InReview, step - 1),
            _ => (State::Rejected, step),
        };
        assert_eq!((there.state, there.step), expected, "step {step}, act {act}");
    }
}
