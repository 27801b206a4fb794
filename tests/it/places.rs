//! Places: first come, first served, exact whatever happens at once, and one subsidy a person.

use crate::app::TestApp;
use crate::builders::{self, demo_officers, ready, street, submitted, union, worker};
use crate::on_both_stores;
use std::collections::BTreeSet;
use yuanmeng::application::{
    self, Application, DocumentKind, State, documents, drafts, progress, submit, withdraw,
};
use yuanmeng::campaign::{self, places};
use yuanmeng::cli::setup;
use yuanmeng::error::Error;
use yuanmeng::kernel::{Refusal, Time};
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::union::Union;

/// A unit of Annex 1 with ten places.
const TEN: &str = "济南市教育工会";
/// A unit of Annex 1 with two places.
const TWO: &str = "国际医学中心总工会";

async fn taken(test: &TestApp, unit: &Union) -> places::Places {
    let current = campaign::current(&test.app).await.unwrap().unwrap();
    let places = places::of_unit(&test.app, &current.campaign_id, &unit.id)
        .await
        .unwrap()
        .unwrap();
    let ledger = places::ledger_sum(&test.app, &current.campaign_id, &unit.id)
        .await
        .unwrap();
    assert_eq!(places.taken, ledger, "the counter is the ledger's sum");
    places
}

async fn all(test: &TestApp, ids: &[String]) -> Vec<Application> {
    let mut found = Vec::new();
    for id in ids {
        found.push(application::find(&test.app, id).await.unwrap());
    }
    found.sort_by_key(|a| a.seq);
    found
}

on_both_stores! {
    /// 200 submissions at once for 10 places: 10 hold one, 190 wait in the order of submission.
    two_hundred_at_once_for_ten_places
}
async fn two_hundred_at_once_for_ten_places(test: &TestApp) {
    let unit = union(&test.app, &[TEN]).await;
    let mut drafts = Vec::new();
    for n in 0..200 {
        let worker = worker(test, n).await;
        drafts.push((ready(test, &worker, n, &unit).await, worker));
    }
    let mut at_once = tokio::task::JoinSet::new();
    for (id, worker) in drafts.clone() {
        let app = test.app.clone();
        at_once.spawn(async move {
            submit::submit(&app, &worker.id, &id, &worker.phone)
                .await
                .unwrap()
        });
    }
    let results = at_once.join_all().await;
    assert_eq!(results.iter().filter(|s| s.holds_place).count(), 10);
    let numbers: BTreeSet<&str> = results.iter().map(|s| s.number.as_str()).collect();
    assert_eq!(numbers.len(), 200, "every application has a number of its own");

    let ids: Vec<String> = drafts.into_iter().map(|(id, _)| id).collect();
    let in_order = all(test, &ids).await;
    let seqs: Vec<_> = in_order.iter().map(|a| a.seq).collect();
    assert_eq!(seqs, (1..=200).map(Some).collect::<Vec<_>>());
    assert!(
        in_order.is_sorted_by_key(|a| a.submitted_at),
        "numbers follow the time of submission"
    );
    assert!(in_order[..10].iter().all(|a| a.state == State::InReview));
    for (i, waiting) in in_order[10..].iter().enumerate() {
        let progress = progress::of(&test.app, waiting.clone()).await.unwrap();
        assert_eq!(
            (waiting.state, progress.waiting_position),
            (State::Waitlisted, Some(i as i64 + 1))
        );
    }
    assert_eq!(taken(test, &unit).await, places::Places { total: 10, taken: 10 });
}

on_both_stores! {
    /// withdrawals and submissions at the same moment: never more taken than there are, none free while one waits.
    withdrawals_and_submissions_at_once
}
async fn withdrawals_and_submissions_at_once(test: &TestApp) {
    let unit = union(&test.app, &[TEN]).await;
    let mut held = Vec::new();
    for n in 0..14 {
        held.push(submitted(test, n, &unit).await);
    }
    let mut drafts = Vec::new();
    for n in 14..30 {
        let worker = worker(test, n).await;
        drafts.push((ready(test, &worker, n, &unit).await, worker));
    }
    let mut ids: Vec<String> = held.iter().map(|(_, id)| id.clone()).collect();
    ids.extend(drafts.iter().map(|(id, _)| id.clone()));
    let mut at_once = tokio::task::JoinSet::new();
    for (worker, id) in held {
        let app = test.app.clone();
        at_once.spawn(async move {
            // Promoted by another's withdrawal in between: seen again, it goes.
            loop {
                match withdraw::withdraw(&app, &worker.id, &id).await {
                    Err(Error::Refused(Refusal::ChangedMeanwhile)) => {}
                    other => break other.unwrap(),
                }
            }
        });
    }
    for (id, worker) in drafts {
        let app = test.app.clone();
        at_once.spawn(async move {
            submit::submit(&app, &worker.id, &id, &worker.phone)
                .await
                .unwrap();
        });
    }
    at_once.join_all().await;
    let states: Vec<State> = all(test, &ids).await.iter().map(|a| a.state).collect();
    let count = |state: State| states.iter().filter(|s| **s == state).count();
    assert_eq!(
        (
            count(State::Withdrawn),
            count(State::InReview),
            count(State::Waitlisted)
        ),
        (14, 10, 6)
    );
    assert_eq!(taken(test, &unit).await.taken, 10);
}

on_both_stores! {
    /// rejection frees the place for the first in the list; a return keeps it until the deadline. R-24: with the year's
    /// last review window the waiting is over, and who waits is told so (ADR 0028).
    a_freed_place_goes_to_the_first_who_waits
}
async fn a_freed_place_goes_to_the_first_who_waits(test: &TestApp) {
    let street = street(&test.app).await;
    let unit = union(&test.app, &[yuanmeng::cli::seed::UNIT]).await;
    let places = taken(test, &unit).await;
    // All but one place of the unit go to nobody in particular: the last one and the waiting list are what matters.
    let current = campaign::current(&test.app).await.unwrap().unwrap();
    let (first, first_id) = submitted(test, 1, &street).await;
    let mut tx = test.app.db.write().await.unwrap();
    let mut locked = places::lock(&test.app, &mut tx, &current.campaign_id, &unit.id)
        .await
        .unwrap();
    for _ in 0..places.total - 1 {
        let by = yuanmeng::audit::Actor::System;
        assert!(
            locked
                .take(&mut tx, &first_id, campaign::PlaceCause::Submitted, &by)
                .await
                .unwrap()
        );
    }
    tx.commit().await.unwrap();
    let (_, second_id) = submitted(test, 2, &street).await;
    let (_, third_id) = submitted(test, 3, &street).await;
    let state = async |id: &str| application::find(&test.app, id).await.unwrap().state;
    assert_eq!(
        (state(&second_id).await, state(&third_id).await),
        (State::Waitlisted, State::Waitlisted)
    );

    let [officer, ..] = demo_officers(&test.app).await;
    let version = application::find(&test.app, &first_id).await.unwrap().version;
    let corrections = ["receipt".to_owned()];
    let back = Decision {
        application_id: &first_id,
        version_seen: version,
        verdict: Verdict::Return,
        reason: "缴费凭证看不清",
        corrections: &corrections,
    };
    decide(&test.app, &officer, &back).await.unwrap();
    assert_eq!(
        state(&second_id).await,
        State::Waitlisted,
        "a returned application keeps its place"
    );

    documents::upload(
        &test.app,
        &first.id,
        &first_id,
        DocumentKind::Receipt,
        builders::picture(),
    )
    .await
    .unwrap();
    submit::resubmit(&test.app, &first.id, &first_id, &first.phone)
        .await
        .unwrap();
    let version = application::find(&test.app, &first_id).await.unwrap().version;
    let no = Decision {
        application_id: &first_id,
        version_seen: version,
        verdict: Verdict::Reject,
        reason: "不符合报读条件",
        corrections: &[],
    };
    decide(&test.app, &officer, &no).await.unwrap();
    assert_eq!(
        (state(&first_id).await, state(&second_id).await),
        (State::Rejected, State::InReview)
    );

    let version = application::find(&test.app, &second_id).await.unwrap().version;
    let back = Decision {
        application_id: &second_id,
        version_seen: version,
        ..back
    };
    decide(&test.app, &officer, &back).await.unwrap();
    let review_until = current.intake.review.until;
    test.app.clock.advance(review_until.0 - test.app.now().0 + 1000);
    assert_eq!(
        application::deadlines::expire_overdue(&test.app).await.unwrap(),
        2
    );
    assert_eq!(
        (state(&second_id).await, state(&third_id).await),
        (State::Expired, State::Expired)
    );
    assert_eq!(
        taken(test, &unit).await.left(),
        1,
        "nobody may decide it any more"
    );
    test.settle().await;
    for (n, words) in [
        (2, "候补转正，"),
        (2, "已失效，超过补正期限，名额已释放"),
        (3, "已失效，候补结束，未轮到"),
    ] {
        let told = test.sms(&builders::phone(n)).await;
        assert!(told.iter().any(|text| text.contains(words)), "{words}: {told:?}");
    }
}

on_both_stores! {
    /// two accounts with one ID number submit at once: one stands, the other is told which.
    one_person_gets_one_subsidy_a_year
}
async fn one_person_gets_one_subsidy_a_year(test: &TestApp) {
    let unit = union(&test.app, &[TEN]).await;
    let mut drafts = Vec::new();
    for n in [1, 2, 3] {
        let worker = worker(test, n).await;
        let id = ready(test, &worker, n, &unit).await;
        let mut same = builders::form(&test.app, n);
        same.set("id_number", &builders::id_number(77));
        let saved = drafts::save(&test.app, &worker.id, &id, &same).await.unwrap();
        assert!(saved.print_again, "R-17");
        documents::upload(
            &test.app,
            &worker.id,
            &id,
            DocumentKind::StampedForm,
            builders::picture(),
        )
        .await
        .unwrap();
        drafts.push((worker, id));
    }
    let mut at_once = tokio::task::JoinSet::new();
    for (worker, id) in drafts.clone() {
        let app = test.app.clone();
        at_once.spawn(async move { submit::submit(&app, &worker.id, &id, &worker.phone).await });
    }
    let results = at_once.join_all().await;
    let numbers: Vec<String> = results.iter().flatten().map(|s| s.number.clone()).collect();
    assert_eq!(numbers.len(), 1);
    for refused in results.into_iter().filter_map(Result::err) {
        match refused {
            Error::Refused(Refusal::AlreadyThisYear { number }) => assert_eq!(number, numbers[0]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(taken(test, &unit).await.taken, 1);

    // Withdrawn, it no longer stands in the way.
    let mut standing = None;
    for (worker, id) in &drafts {
        if application::find(&test.app, id).await.unwrap().state == State::InReview {
            withdraw::withdraw(&test.app, &worker.id, id).await.unwrap();
        } else {
            standing = Some((worker, id));
        }
    }
    let (worker, id) = standing.unwrap();
    assert!(
        submit::submit(&test.app, &worker.id, id, &worker.phone)
            .await
            .unwrap()
            .holds_place
    );
}

on_both_stores! {
    /// a second tap on 提交 gets the first one's answer and takes no second place.
    a_double_tap_submits_once
}
async fn a_double_tap_submits_once(test: &TestApp) {
    let unit = union(&test.app, &[TWO]).await;
    let worker = worker(test, 1).await;
    let id = ready(test, &worker, 1, &unit).await;
    let tap = || submit::submit(&test.app, &worker.id, &id, &worker.phone);
    let (a, b) = tokio::join!(tap(), tap());
    let again = tap().await.unwrap();
    for result in [a, b] {
        match result {
            Ok(submitted) => assert_eq!(submitted, again),
            Err(Error::Refused(Refusal::ChangedMeanwhile)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(taken(test, &unit).await.taken, 1);
}

on_both_stores! {
    /// outside the window submitting is refused with the dates, and the draft stays.
    outside_the_window_the_draft_stays
}
async fn outside_the_window_the_draft_stays(test: &TestApp) {
    let unit = union(&test.app, &[TWO]).await;
    let worker = worker(test, 1).await;
    let id = ready(test, &worker, 1, &unit).await;
    let intake = campaign::current(&test.app).await.unwrap().unwrap().intake;
    test.app
        .clock
        .advance(intake.apply.until.0 - test.app.now().0 + 1000);
    match submit::submit(&test.app, &worker.id, &id, &worker.phone).await {
        Err(Error::Refused(Refusal::ApplyWindowClosed { from, until })) => {
            assert_eq!((from, until), (intake.apply.from, intake.apply.until));
        }
        other => panic!("{other:?}"),
    }
    let draft = application::find(&test.app, &id).await.unwrap();
    assert_eq!(
        (draft.state, draft.form(&test.app).unwrap().get("name")),
        (State::Draft, "王小梅")
    );
    // It can still be worked on.
    let mut more = builders::form(&test.app, 1);
    more.set("major", "会计学");
    drafts::save(&test.app, &worker.id, &id, &more).await.unwrap();
}

on_both_stores! {
    /// one subsidy per level for life: next year the same level is refused with the number that stands, another level
    /// is not.
    the_same_level_is_refused_in_another_year
}
async fn the_same_level_is_refused_in_another_year(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TEN]).await;
    let (before, first) = submitted(test, 1, &unit).await;
    let number = application::find(app, &first).await.unwrap().number.unwrap();

    let next_year = app.now().year() + 1;
    let table = [campaign::quotas::Quota {
        no: 1,
        union: TEN.to_owned(),
        total: 5,
    }];
    let mut tx = app.db.write().await.unwrap();
    setup::season(app, &mut tx, next_year, &setup::windows_of(next_year), &table)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.clock
        .advance(Time::shanghai(next_year, 11, 10, 9, 0, 0).0 - app.now().0);

    let again = ready(test, &before, 1, &unit).await;
    match submit::submit(app, &before.id, &again, &before.phone).await {
        Err(Error::Refused(Refusal::AlreadyThisLevel {
            level,
            number: standing,
        })) => {
            assert_eq!((level, standing), ("大专", number));
        }
        other => panic!("{other:?}"),
    }
    let mut higher = builders::form(app, 1);
    higher.set("level", "本科");
    drafts::save(app, &before.id, &again, &higher).await.unwrap();
    documents::upload(
        app,
        &before.id,
        &again,
        DocumentKind::StampedForm,
        builders::picture(),
    )
    .await
    .unwrap();
    assert!(
        submit::submit(app, &before.id, &again, &before.phone)
            .await
            .unwrap()
            .holds_place
    );
}
