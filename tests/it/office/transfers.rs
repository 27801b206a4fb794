//! Places move from one unit to another: proposed, accepted, approved (issue 5, 3; R-19, R-20 [ours], ADR 0020).

use super::campaigns::{TEN, TWO, city, holds, refused, this_year};
use super::{Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, submitted, union};
use crate::on_both_stores;
use yuanmeng::application::{self, State as Of, transfers as approval};
use yuanmeng::campaign::places;
use yuanmeng::campaign::transfers::{self, State, Step, Typed};
use yuanmeng::error::Error;
use yuanmeng::kernel::Refusal;
use yuanmeng::kernel::time::DAY;
use yuanmeng::union::{Officer, Role, Union, officers};

/// An administrator of a unit.
async fn administrator(test: &TestApp, unit: &Union, phone: &str) -> Officer {
    let id = officer(test, unit, phone, &[Role::Administrator]).await;
    officers::find(&test.app, &id).await.unwrap()
}

pub(super) async fn left(test: &TestApp, unit: &Union) -> i64 {
    let year = this_year(test).await;
    let places = places::of_unit(&test.app, &year.id, &unit.id).await.unwrap();
    places.unwrap().left()
}

async fn state(test: &TestApp, id: &str) -> State {
    transfers::find(&test.app, id).await.unwrap().state
}

/// Proposed and accepted: waits for the city.
pub(super) async fn accepted(test: &TestApp, from: &Officer, to: &Officer, places: i64) -> String {
    let typed = Typed {
        to: &to.union.id,
        places: &places.to_string(),
        reason: "今年报名少",
    };
    let id = transfers::propose(&test.app, from, &typed).await.unwrap();
    transfers::take(&test.app, to, &id, Step::Accept, "")
        .await
        .unwrap();
    id
}

on_both_stores! {
    /// the whole way over the pages; who waits at the receiver gets the places at once; each side is told.
    places_go_to_another_unit
}
async fn places_go_to_another_unit(test: &TestApp) {
    let (ten, two) = (union(&test.app, &[TEN]).await, union(&test.app, &[TWO]).await);
    let giver = administrator(test, &ten, "13900139021").await;
    let receiver = administrator(test, &two, "13900139022").await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(submitted(test, n, &two).await.1);
    }
    let (gives, receives, city) = (
        Desk::of(test, &giver.id).await,
        Desk::of(test, &receiver.id).await,
        city(test).await,
    );
    assert!(gives.get("/office/places").await.text.contains("剩余 <b>10</b>"));
    let fields = [
        ("csrf", CSRF),
        ("to", two.id.as_str()),
        ("places", "3"),
        ("reason", "今年报名少"),
    ];
    let proposed = gives.post("/office/places", &fields).await;
    assert_eq!(proposed.status, 303, "{}", proposed.text);
    let path = proposed.location().to_owned();
    assert_eq!(
        receives
            .post(&path, &[("csrf", CSRF), ("step", "approve")])
            .await
            .status,
        403,
        "not their step"
    );
    assert_eq!(
        receives
            .post(&path, &[("csrf", CSRF), ("step", "accept")])
            .await
            .status,
        303
    );
    assert!(city.get("/office/places").await.text.contains("等您办理"));
    assert_eq!(left(test, &ten).await, 10, "nothing is set aside");
    let approved = city.post(&path, &[("csrf", CSRF), ("step", "approve")]).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    assert!(
        city.get(approved.location())
            .await
            .text
            .contains("2 位候补职工已递补")
    );
    assert_eq!((left(test, &ten).await, left(test, &two).await), (7, 1));
    for id in &ids {
        assert_eq!(
            application::find(&test.app, id).await.unwrap().state,
            Of::InReview
        );
    }
    let again = city.post(&path, &[("csrf", CSRF), ("step", "approve")]).await;
    assert!(again.status == 422 && again.text.contains("这笔调剂现在是“已调剂”"));
    test.settle().await;
    let told = test.sms("13900139022").await;
    assert!(
        told.iter().any(|text| text.contains("名额调剂待确认")),
        "{told:?}"
    );
    for phone in ["13900139021", "13900139022"] {
        let told = test.sms(phone).await;
        assert!(
            told.iter()
                .any(|text| text.contains("名额已调剂") && text.contains("3 个")),
            "{told:?}"
        );
    }
    holds(test).await;
}

on_both_stores! {
    /// two transfers of the same last place, approved at the same moment: one moves it, the other is told what is
    /// left; whatever the order of the units, nobody waits for ever.
    two_transfers_of_the_last_place
}
async fn two_transfers_of_the_last_place(test: &TestApp) {
    let (ten, two) = (union(&test.app, &[TEN]).await, union(&test.app, &[TWO]).await);
    let [_, third, city] = demo_officers(&test.app).await;
    let giver = administrator(test, &two, "13900139021").await;
    let one = administrator(test, &ten, "13900139022").await;
    submitted(test, 1, &two).await;
    assert_eq!(left(test, &two).await, 1);
    let first = accepted(test, &giver, &one, 1).await;
    let second = accepted(test, &giver, &third, 1).await;
    // And one the other way round, which locks the same two units.
    let back = accepted(test, &one, &giver, 1).await;
    let mut at_once = tokio::task::JoinSet::new();
    for id in [first.clone(), second.clone()] {
        let (app, city) = (test.app.clone(), city.clone());
        at_once.spawn(async move { approval::approve(&app, &city, &id).await });
    }
    let results = at_once.join_all().await;
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        1,
        "{results:?}"
    );
    let refused = results.into_iter().find_map(Result::err).unwrap();
    assert!(
        matches!(refused, Error::Refused(Refusal::TransferNotFree { left: 0 })),
        "{refused:?}"
    );
    assert_eq!(left(test, &two).await, 0);
    let mut states = [state(test, &first).await, state(test, &second).await];
    states.sort();
    assert_eq!(
        states,
        [State::Accepted, State::Approved],
        "the other one still waits"
    );
    let (a, b) = (
        approval::approve(&test.app, &city, &back),
        approval::approve(&test.app, &city, &back),
    );
    let (a, b) = tokio::join!(a, b);
    assert_eq!(
        [a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(),
        1,
        "approved once"
    );
    assert_eq!(left(test, &two).await, 1);
    holds(test).await;
}

on_both_stores! {
    /// Bad input and the other ends: refused, rejected, taken back, run out; each a sentence, nothing moved, one line.
    transfers_that_move_nothing
}
async fn transfers_that_move_nothing(test: &TestApp) {
    let app = &test.app;
    let (ten, two) = (union(app, &[TEN]).await, union(app, &[TWO]).await);
    let giver = administrator(test, &ten, "13900139021").await;
    let receiver = administrator(test, &two, "13900139022").await;
    let [street, stranger, city] = demo_officers(app).await;
    let desk = Desk::of(test, &giver.id).await;
    for (to, places, words) in [
        (ten.id.as_str(), "1", Refusal::TransferItself.text()),
        (
            two.id.as_str(),
            "11",
            Refusal::TransferNotFree { left: 10 }.text(),
        ),
        (two.id.as_str(), "0", Refusal::PlacesMalformed.text()),
        ("nowhere", "1", Refusal::NotAChoice.text()),
    ] {
        let fields = [
            ("csrf", CSRF),
            ("to", to),
            ("places", places),
            ("reason", "今年报名少"),
        ];
        let wrong = desk.post("/office/places", &fields).await;
        assert!(
            wrong.status == 422 && wrong.text.contains(&words),
            "{words}: {}",
            wrong.text
        );
    }
    let codes = [
        "transfer_itself",
        "transfer_not_free",
        "places_malformed",
        "not_a_choice",
    ];
    assert_eq!(
        refused(test).await,
        codes.map(|code| format!("transfer.propose {code}"))
    );
    let not_theirs = transfers::list(app, &street).await;
    assert!(matches!(not_theirs, Err(Error::NotFound)));

    let id = accepted(test, &giver, &receiver, 2).await;
    let seen = Desk::of(test, &stranger.id)
        .await
        .get(&format!("/office/places/{id}"))
        .await;
    assert_eq!(seen.status, 404, "a third unit has nothing to do with it");
    let silent = transfers::take(app, &city, &id, Step::Reject, " ").await;
    assert!(matches!(silent, Err(Error::Invalid(_))));
    transfers::take(app, &city, &id, Step::Reject, "名额另有安排")
        .await
        .unwrap();
    assert_eq!(transfers::find(app, &id).await.unwrap().answer, "名额另有安排");
    let typed = Typed {
        to: &two.id,
        places: "1",
        reason: "今年报名少",
    };
    let id = transfers::propose(app, &giver, &typed).await.unwrap();
    transfers::take(app, &receiver, &id, Step::Refuse, "我们够用")
        .await
        .unwrap();
    let id = accepted(test, &giver, &receiver, 1).await;
    transfers::take(app, &giver, &id, Step::Withdraw, "")
        .await
        .unwrap();
    let late = approval::approve(app, &city, &id).await;
    assert!(
        matches!(
            late,
            Err(Error::Refused(Refusal::TransferMoved { state: "已撤回" }))
        ),
        "{late:?}"
    );

    let id = accepted(test, &giver, &receiver, 1).await;
    let until = transfers::find(app, &id).await.unwrap().until;
    app.clock.advance(until.0 - app.now().0 + 1000);
    let late = approval::approve(app, &city, &id).await;
    // The loop may have ended it already.
    assert!(
        matches!(
            late,
            Err(Error::Refused(
                Refusal::TransferTooLate | Refusal::TransferMoved { .. }
            ))
        ),
        "{late:?}"
    );
    transfers::expire_due(app).await.unwrap();
    assert_eq!(state(test, &id).await, State::Expired);
    app.clock.advance(DAY);
    assert_eq!((left(test, &ten).await, left(test, &two).await), (10, 2));
    holds(test).await;
}
