//! The account's part in joining two and in leaving; the applications' part, and the decision, stand in
//! `application::joining` and `application::leaving`.

use super::messages::{self, Message};
use super::{Profile, Worker, sign_ins, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Refusal;
use serde_json::json;

/// Whether two accounts can be one person's: two different ID numbers, both known to be true, cannot.
pub fn may_be_one(one: &Worker, other: &Worker) -> bool {
    let verified = |worker: &Worker| worker.verified_at.and(worker.id_index.clone());
    match (verified(one), verified(other)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Closes `from` and gives `into` what it does not have itself: WeChat, the APP's link, union, password, verified name and
/// ID number. Both get a line of the trail, `from`'s number is told.
///
/// Errors: [`Refusal::ChangedMeanwhile`] when `from` is closed already, or `into` was verified meanwhile.
pub async fn absorb(app: &App, tx: &mut Tx, into: &Worker, from: &Worker) -> Result<()> {
    let links = store::links(tx, &from.id).await?;
    if !store::close(tx, &from.id, Some(&into.id), app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    store::take_links(tx, &into.id, &links).await?;
    store::mini::hand_on(tx, &from.id, &into.id).await?;
    store::watched::hand_on(tx, &from.id, &into.id).await?;
    store::drop_waiting_check(tx, &from.id).await?;
    if !store::set_person(tx, app, into, &joined(into, from)).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    sign_ins::end_within(tx, &from.id, "").await?;
    let actor = Actor::Worker(into.id.clone());
    for (subject, act, other) in [
        (&into.id, "worker.join", &from.id),
        (&from.id, "worker.joined_into", &into.id),
    ] {
        let line = Line {
            actor: &actor,
            act,
            subject: ("worker", subject),
            detail: json!({ "other": other }),
        };
        audit::record(tx, &app.entropy, app.now(), line).await?;
    }
    messages::enqueue(app, tx, &from.phone, Message::Joined).await
}

/// What is known of the person afterwards: what is verified goes before what was typed, `into` before `from`.
fn joined(into: &Worker, from: &Worker) -> Worker {
    let mut worker = into.clone();
    let verified = into.verified_at.is_none() && from.verified_at.is_some();
    if verified {
        worker.name.clone_from(&from.name);
        worker.verified_at = from.verified_at;
    }
    if verified || into.id_index.is_none() {
        worker.id_index.clone_from(&from.id_index);
        worker.profile.id_number.clone_from(&from.profile.id_number);
    }
    let Profile {
        district,
        education,
        skill,
        email,
        ..
    } = &from.profile;
    for (mine, theirs) in [
        (&mut worker.profile.district, district),
        (&mut worker.profile.education, education),
        (&mut worker.profile.skill, skill),
        (&mut worker.profile.email, email),
    ] {
        if mine.is_empty() {
            mine.clone_from(theirs);
        }
    }
    worker
}

/// Closes an account for good: what it holds of the person is erased, every sign-in ends, WeChat's follower is forgotten,
/// the number is told.
///
/// Errors: [`Refusal::ChangedMeanwhile`] when it is closed already.
pub async fn close(app: &App, tx: &mut Tx, worker: &Worker) -> Result<()> {
    if !store::close(tx, &worker.id, None, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    if let Some(openid) = &worker.openid {
        store::delete_follower(tx, openid).await?;
        store::grants::delete(tx, openid).await?;
    }
    store::mini::forget_grants(tx, &worker.id).await?;
    store::mini::release(tx, &worker.id).await?;
    store::watched::forget(tx, &worker.id).await?;
    store::drop_waiting_check(tx, &worker.id).await?;
    sign_ins::end_within(tx, &worker.id, "").await?;
    super::note(app, tx, &worker.id, "worker.leave").await?;
    messages::enqueue(app, tx, &worker.phone, Message::Left).await
}
