//! What stands around the decisions, over HTTP, in every state and for every kind of actor: claims, many at once, taking back a
//! pass, 回避; whose door an act is; what the worker and what the system brings about (R-18 …, issue 5). Each walk
//! names the changes of a rule that it would catch. The decisions stand in `pairs`.

use super::pairs::{
    Branch, DECISIONS, Posted, Seat, Standing, branch, brought_about, put, standings, stands,
};
use super::{Desk, path};
use crate::acts::{eventually, number};
use crate::app::TestApp;
use crate::builders::{CSRF, session, submitted, worker};
use crate::on_both_stores;
use yuanmeng::account::Worker;
use yuanmeng::app::App;
use yuanmeng::application::{State, deadlines, recall, submit, withdraw};
use yuanmeng::campaign;
use yuanmeng::error::Error;
use yuanmeng::union::Role;

const TAKE: Posted = ("/claim", &[("act", "take")]);
const RELEASE: Posted = ("/claim", &[("act", "release")]);
const TAKE_BACK: Posted = ("/recall", &[]);
const DECLARE: Posted = ("/relative", &[("relation", "other")]);
/// The steps of the review: 0 … 2.
const LAST: usize = 2;

/// A statement about one row.
async fn run(app: &App, sql: &'static str, key: &str) {
    let mut tx = app.db.write().await.unwrap();
    sqlx::query(sql).bind(key).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_stores! {
    /// claims, many at once, taking back, 回避: in each state and step, by each kind of officer.
    what_stands_around_a_decision
}
async fn what_stands_around_a_decision(test: &TestApp) {
    let branch = branch(test).await;
    let (_, id) = submitted(test, 1, &branch.street).await;
    // Nothing is checked any more after this: what was checked without fault stays so.
    test.settle().await;
    claims(test, &branch, &id).await;
    many_at_once(test, &branch, &id).await;
    taking_back(test, &branch, &id).await;
    relatives(test, &branch, &id).await;
    let expected = [
        "officer approved",
        "officer handed_up",
        "officer pass_recalled",
        "officer passed",
        "worker submitted",
    ];
    assert_eq!(brought_about(&test.app, &id).await, expected);
}

/// Who may decide it may have it, nobody else; it moves nothing. Caught: `take_over` that does not ask `may_decide`.
async fn claims(test: &TestApp, branch: &Branch<'_>, id: &str) {
    const HAS: &str = "SELECT COUNT(*) FROM review_claims WHERE officer_id = $1";
    let app = &test.app;
    for standing in standings() {
        put(app, branch, id, standing).await;
        let before = stands(app, id).await;
        for seat in &branch.seats {
            let tried = format!("{standing:?}, {seat}");
            // Why not is said on the application's page, to whoever sees it.
            let status = if seat.sees(standing) { 303 } else { 404 };
            let taken = seat.does(id, &TAKE, before.version).await;
            assert_eq!(taken.status, status, "{tried}");
            let has = number(app, HAS, &seat.id).await == 1;
            assert_eq!(has, seat.decides(standing), "{tried}");
            if has {
                seat.does(id, &RELEASE, before.version).await;
                assert_eq!(number(app, HAS, &seat.id).await, 0, "{tried}");
            }
        }
        assert_eq!(stands(app, id).await, before, "{standing:?}");
    }
}

/// A bulk pass passes what a single one would, nothing else. Caught: a run that leaves `rule::obstacles`, the branch or the role
/// out, or leads where a single pass does not.
async fn many_at_once(test: &TestApp, branch: &Branch<'_>, id: &str) {
    let app = &test.app;
    let pick = format!("pick-{id}");
    for standing in standings() {
        for seat in &branch.seats {
            let tried = format!("{standing:?}, {seat}");
            put(app, branch, id, standing).await;
            let before = stands(app, id).await;
            let version = before.version.to_string();
            let fields = [("csrf", CSRF), (pick.as_str(), version.as_str())];
            let proposed = seat.desk.post("/office/bulk", &fields).await;
            let status = match (seat.role, seat.sees(standing)) {
                (Role::Reviewer, true) => 303,
                (Role::Reviewer, false) => 404,
                (Role::Finance | Role::Supervisor | Role::Administrator, _) => 403,
            };
            assert_eq!(proposed.status, status, "{tried}");
            if status == 303 {
                confirm(test, seat, proposed.location()).await;
            }
            let after = stands(app, id).await;
            if !seat.decides(standing) {
                assert_eq!(after, before, "{tried}");
            } else if standing.1 == LAST {
                assert_eq!((after.state, after.holder), (State::Approved, None), "{tried}");
            } else {
                let above = standing.1 + 1;
                assert_eq!((after.state, after.step), (State::InReview, above), "{tried}");
                assert_eq!(after.holder.as_ref(), Some(&branch.steps[above]), "{tried}");
            }
        }
    }
}

/// Confirms a run, and waits for its end.
async fn confirm(test: &TestApp, seat: &Seat<'_>, run: &str) {
    const ENDED: &str = "SELECT COUNT(*) FROM bulk_runs WHERE id = $1 AND finished_at IS NOT NULL";
    let answer = seat.desk.post(run, &[("csrf", CSRF)]).await;
    assert_eq!((answer.status, answer.location()), (303, run));
    let id = run.trim_start_matches("/office/bulk/");
    // The answer does not wait for a slow one.
    eventually("the run ends", async || number(&test.app, ENDED, id).await == 1).await;
}

/// How an act is answered: what they do not see is not there, before it is not allowed; a reviewer is told as given.
fn answered(seat: &Seat<'_>, standing: Standing, reviewer: u16) -> u16 {
    match (seat.sees(standing), seat.role) {
        (false, _) => 404,
        (true, Role::Reviewer) => reviewer,
        (true, Role::Finance | Role::Supervisor | Role::Administrator) => 403,
    }
}

/// Only who passed it takes the pass back, while it is in review. Caught: `own_pass` without the officer or the state, `recall`
/// without the role or the branch, an approval that can be taken back.
async fn taking_back(test: &TestApp, branch: &Branch<'_>, id: &str) {
    let app = &test.app;
    for (step, passer) in branch.seats.iter().enumerate().take(LAST) {
        pass(app, branch, id, (step, passer)).await;
        for state in State::ALL {
            let standing = (*state, step + 1);
            put(app, branch, id, standing).await;
            let before = stands(app, id).await;
            for seat in &branch.seats {
                if *state == State::InReview && seat.id == passer.id {
                    continue;
                }
                let tried = format!("passed at {step}, {standing:?}, {seat}");
                let answer = seat.does(id, &TAKE_BACK, before.version).await;
                assert_eq!(answer.status, answered(seat, standing, 409), "{tried}");
                assert_eq!(stands(app, id).await, before, "{tried}");
            }
        }
        put(app, branch, id, (State::InReview, step + 1)).await;
        let version = stands(app, id).await.version;
        let answer = passer.does(id, &TAKE_BACK, version).await;
        assert_eq!(answer.status, 303, "passed at {step}");
        let after = stands(app, id).await;
        assert_eq!((after.state, after.step), (State::InReview, step));
        assert_eq!(after.holder.as_ref(), Some(&branch.steps[step]));
    }
    let last = &branch.seats[LAST];
    pass(app, branch, id, (LAST, last)).await;
    let approved = stands(app, id).await;
    assert_eq!(approved.state, State::Approved);
    let answer = last.does(id, &TAKE_BACK, approved.version).await;
    assert_eq!(answer.status, 409);
    assert_eq!(stands(app, id).await, approved);
}

async fn pass(app: &App, branch: &Branch<'_>, id: &str, (step, seat): (usize, &Seat<'_>)) {
    put(app, branch, id, (State::InReview, step)).await;
    let version = stands(app, id).await.version;
    let [pass, ..] = DECISIONS;
    assert_eq!(
        seat.does(id, &pass, version).await.status,
        303,
        "passed at {step}"
    );
}

/// Each reviewer declares what they see; it goes up only from the step whose only reviewer that is, to a step that there is.
/// Caught: `declare` without the role or the branch, `hand_up` of what does not stand at the officer's step or is not in review,
/// one that hands up though nobody is above.
async fn relatives(test: &TestApp, branch: &Branch<'_>, id: &str) {
    const FORGET: &str = "DELETE FROM relatives WHERE application_id = $1";
    let app = &test.app;
    for standing in standings() {
        for seat in &branch.seats {
            let tried = format!("{standing:?}, {seat}");
            run(app, FORGET, id).await;
            put(app, branch, id, standing).await;
            let before = stands(app, id).await;
            let answer = seat.does(id, &DECLARE, before.version).await;
            assert_eq!(answer.status, answered(seat, standing, 303), "{tried}");
            let after = stands(app, id).await;
            if seat.decides(standing) && standing.1 < LAST {
                let above = standing.1 + 1;
                assert_eq!((after.state, after.step), (State::InReview, above), "{tried}");
                assert_eq!(after.holder.as_ref(), Some(&branch.steps[above]), "{tried}");
            } else {
                assert_eq!(after, before, "{tried}");
            }
        }
    }
}

type Leads = &'static [(State, State)];

/// What the worker's pages send, and from which state it leads where. What is not written here changes nothing.
const OWN: [(&str, Leads); 4] = [
    (
        "/apply/confirm",
        &[
            (State::Draft, State::InReview),
            (State::Recalled, State::InReview),
            (State::RecalledWaiting, State::Waitlisted),
        ],
    ),
    ("/progress/resubmit", &[(State::Returned, State::InReview)]),
    (
        "/progress/withdraw",
        &[
            (State::Waitlisted, State::Withdrawn),
            (State::InReview, State::Withdrawn),
            (State::Returned, State::Withdrawn),
            (State::Recalled, State::Withdrawn),
            (State::RecalledWaiting, State::Withdrawn),
        ],
    ),
    (
        "/progress/recall",
        &[
            (State::InReview, State::Recalled),
            (State::Waitlisted, State::RecalledWaiting),
        ],
    ),
];

/// A browser in which a worker is signed in.
async fn browser<'a>(test: &'a TestApp, worker: &Worker) -> Desk<'a> {
    let cookie = session(&test.app, "worker", &worker.id).await;
    Desk { test, cookie }
}

on_both_stores! {
    /// no officer's session brings about what is the worker's, no worker's what is an officer's: in every state they are led
    /// to sign in. Caught: a handler that takes its person from the other side's session.
    each_door_is_its_own
}
async fn each_door_is_its_own(test: &TestApp) {
    let (app, branch) = (&test.app, branch(test).await);
    let (owner, id) = submitted(test, 1, &branch.street).await;
    let stranger = worker(test, 2).await;
    let workers = [browser(test, &owner).await, browser(test, &stranger).await];
    let at_desk = DECISIONS.into_iter().chain([TAKE, TAKE_BACK, DECLARE]);
    let at_desk: Vec<Posted> = at_desk.collect();
    let desk_of_it = path(&id);
    let pick = format!("pick-{id}");
    for state in State::ALL {
        put(app, &branch, &id, (*state, 0)).await;
        let before = stands(app, &id).await;
        for (address, _) in OWN {
            for seat in &branch.seats {
                let answer = seat.desk.post(address, &[("csrf", CSRF)]).await;
                let led = answer.status == 303 && answer.location().starts_with("/sign-in?");
                assert!(led, "{state}, {address}, {seat}: {}", answer.status);
            }
        }
        let version = before.version.to_string();
        let always = [("csrf", CSRF), ("version", version.as_str())];
        for desk in &workers {
            for (suffix, fields) in &at_desk {
                let mut all = always.to_vec();
                all.extend_from_slice(fields);
                let answer = desk.post(&format!("{desk_of_it}{suffix}"), &all).await;
                let led = answer.status == 303 && answer.location().starts_with("/office/sign-in?");
                assert!(led, "{state}, {suffix}, {fields:?}: {}", answer.status);
            }
            let picked = [("csrf", CSRF), (pick.as_str(), version.as_str())];
            let answer = desk.post("/office/bulk", &picked).await;
            assert!(answer.location().starts_with("/office/sign-in?"), "{state}");
        }
        assert_eq!(stands(app, &id).await, before, "{state}");
    }
    assert_eq!(brought_about(app, &id).await, ["worker submitted"]);
}

on_both_stores! {
    /// … R-20: in each state what the worker's own pages do, what a place does that becomes free, what time does.
    what_the_worker_and_the_system_bring_about, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 10, 0, 0)
}
async fn what_the_worker_and_the_system_bring_about(test: &TestApp) {
    let (app, branch) = (&test.app, branch(test).await);
    let (owner, id) = submitted(test, 1, &branch.street).await;
    own_acts(test, &branch, &owner, &id).await;
    let ahead = submitted(test, 2, &branch.street).await;
    a_free_place(app, &branch, &id, &ahead).await;
    time(app, &branch, &id).await;
    let expected = [
        "system carried_over",
        "system expired",
        "system promoted",
        "worker recalled",
        "worker resubmitted",
        "worker submitted",
        "worker withdrawn",
    ];
    assert_eq!(brought_about(app, &id).await, expected);
}

/// One place of the unit is taken, whatever was done before.
async fn one_place(app: &App, branch: &Branch<'_>) {
    run(
        app,
        "UPDATE quotas SET taken = 1 WHERE unit_id = $1",
        &branch.steps[1],
    )
    .await;
}

/// The worker's four acts lead where [`OWN`] says; to another worker the application is not there. Caught: a use case of the
/// worker that does not ask `states::next`, or a changed line of it; `application::own` without the worker.
async fn own_acts(test: &TestApp, branch: &Branch<'_>, owner: &Worker, id: &str) {
    let app = &test.app;
    let (me, other) = (browser(test, owner).await, worker(test, 3).await);
    for state in State::ALL {
        put(app, branch, id, (*state, 0)).await;
        let before = stands(app, id).await;
        let tries = [
            submit::submit(app, &other.id, id, &other.phone).await.map(drop),
            submit::resubmit(app, &other.id, id, &other.phone).await,
            withdraw::withdraw(app, &other.id, id).await,
            recall::recall(app, &other.id, id).await,
        ];
        let none = tries.iter().all(|tried| matches!(tried, Err(Error::NotFound)));
        assert!(none, "{state}: {tries:?}");
        assert_eq!(stands(app, id).await, before, "{state}, another's");
        for (address, leads) in OWN {
            let tried = format!("{state}, {address}");
            one_place(app, branch).await;
            put(app, branch, id, (*state, 0)).await;
            let before = stands(app, id).await;
            let answer = me.post(address, &[("csrf", CSRF)]).await;
            assert!(answer.status < 500, "{tried}: {}", answer.status);
            let after = stands(app, id).await;
            match leads.iter().find(|(from, _)| from == state) {
                Some((_, to)) => assert_eq!(after.state, *to, "{tried}"),
                None => assert_eq!(after, before, "{tried}"),
            }
        }
    }
}

/// What a free place makes of who stands in this state.
fn promoted(state: State) -> Option<State> {
    match state {
        State::Waitlisted => Some(State::InReview),
        State::RecalledWaiting => Some(State::Recalled),
        State::Draft | State::InReview | State::Returned | State::Recalled => None,
        State::Approved | State::Rejected | State::Withdrawn | State::Expired => None,
    }
}

/// The one ahead gives their place up. Caught: `first_waiting` that takes another state, or leaves one of the two out.
async fn a_free_place(app: &App, branch: &Branch<'_>, id: &str, (first, ahead): &(Worker, String)) {
    const OF_SPRING: &str =
        "UPDATE applications SET intake_id = (SELECT id FROM intakes WHERE season = 'spring') WHERE id = $1";
    for state in State::ALL {
        one_place(app, branch).await;
        put(app, branch, ahead, (State::InReview, 0)).await;
        put(app, branch, id, (*state, 0)).await;
        let before = stands(app, id).await;
        withdraw::withdraw(app, &first.id, ahead).await.unwrap();
        let after = stands(app, id).await;
        match promoted(*state) {
            Some(to) => assert_eq!(after.state, to, "{state}"),
            None => assert_eq!(after, before, "{state}"),
        }
    }
    // After its own review window: carried over into the next.
    one_place(app, branch).await;
    put(app, branch, ahead, (State::InReview, 0)).await;
    put(app, branch, id, (State::Waitlisted, 0)).await;
    run(app, OF_SPRING, id).await;
    withdraw::withdraw(app, &first.id, ahead).await.unwrap();
    assert_eq!(stands(app, id).await.state, State::InReview);
}

/// Whether time ends who stands in this state, once the year's windows are over.
fn overdue(state: State) -> bool {
    match state {
        State::Waitlisted | State::Returned | State::Recalled | State::RecalledWaiting => true,
        State::Draft | State::InReview => false,
        State::Approved | State::Rejected | State::Withdrawn | State::Expired => false,
    }
}

/// All windows close. Caught: `overdue` that leaves one of the four out, or ends what is under review.
async fn time(app: &App, branch: &Branch<'_>, id: &str) {
    // Not overdue: the loop beside the requests looks at once when the clock moves.
    put(app, branch, id, (State::Withdrawn, 0)).await;
    let intakes = campaign::intakes(app).await.unwrap();
    let ends = intakes.iter().map(|intake| intake.review.until).max().unwrap();
    app.clock.advance(ends.0 - app.now().0 + 1000);
    for state in State::ALL {
        one_place(app, branch).await;
        put(app, branch, id, (*state, 0)).await;
        let before = stands(app, id).await;
        deadlines::expire_overdue(app).await.unwrap();
        if overdue(*state) {
            // The loop may be quicker, or at it.
            eventually("it ended", async || stands(app, id).await.state == State::Expired).await;
        } else {
            assert_eq!(stands(app, id).await, before, "{state}");
        }
    }
}
