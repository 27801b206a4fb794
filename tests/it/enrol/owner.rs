//! Joining accounts and leaving with an enrolment.

use super::*;
use crate::account_life::join;
use yuanmeng::application::leaving;
use yuanmeng::cli::{seed, seed_courses};
use yuanmeng::enrolment::provider;
use yuanmeng::kernel::Phone;
use yuanmeng::union::officers;

on_both_stores! {
    /// Who holds a seat, paid or studies settles that first; once it is settled nothing personal that was typed stays.
    who_is_enrolled_does_not_leave
}
async fn who_is_enrolled_does_not_leave(test: &TestApp) {
    let app = &test.app;
    let program = program(app, "机电一体化").await;
    let worker = verified(test, 1).await;
    let held = enrolled(app, &worker, 1, &program).await.unwrap();
    let wanted = Refusal::LeaveEnrolmentFirst {
        number: held.number.clone(),
    };
    assert_eq!(refused(leaving::leave(app, &worker.id, true).await), wanted);
    scan(test, &order(app, &held).await).await;
    until(app, &held, State::Paid).await;
    assert_eq!(refused(leaving::leave(app, &worker.id, true).await), wanted);
    assert!(leaving::prospect(app, &worker.id).await.unwrap().enrolled);
    assert!(
        !workers::is_closed(app, &worker.id).await.unwrap(),
        "nothing is half done"
    );
    let now = moves::find(app, &held.id).await.unwrap();
    let back = refunds::prospect(app, &now).await.unwrap().back;
    refunds::leave(app, &worker.id, &held.id, back, "家住崮云湖")
        .await
        .unwrap();
    until(app, &held, State::Refunded).await;
    leaving::leave(app, &worker.id, false).await.unwrap();
    let left = moves::find(app, &held.id).await.unwrap().basics(app).unwrap();
    assert_eq!((left.address.as_str(), left.phone.as_str()), ("", ""));
    assert_eq!(left.id_number, builders::id_number(1), "the voucher's");
    let sql = "SELECT COUNT(*) FROM enrolment_basics WHERE worker_id = $1";
    assert_eq!(crate::acts::number(app, sql, &worker.id).await, 0);
    let timeline = moves::timeline(app, &held.id).await.unwrap();
    assert!(timeline.iter().all(|line| !line.note.contains("崮云湖")));
}

on_both_stores! {
    /// An enrolment comes along and is paid on; two of one intake do not become one, and both accounts stay.
    an_enrolment_comes_along
}
async fn an_enrolment_comes_along(test: &TestApp) {
    let app = &test.app;
    let program = program(app, "机电一体化").await;
    let (from, enrolment) = paid(test, 1, &program).await;
    let into = builders::worker(test, 2).await;
    let one = join(test, &into, 1).await.unwrap();
    assert!(matches!(
        moves::own(app, &from.id, &enrolment.id).await,
        Err(Error::NotFound)
    ));
    assert_eq!(
        moves::own(app, &one.id, &enrolment.id).await.unwrap().id,
        enrolment.id
    );
    pay_second(test, &enrolment).await;
    seats_are_exact(app).await;

    let (third, _) = paid(test, 3, &program).await;
    // As the APP may have verified one person in two accounts.
    let mut tx = app.db.write().await.unwrap();
    let same =
        "UPDATE workers SET id_index = (SELECT w.id_index FROM workers w WHERE w.id = $1) WHERE id = $2";
    sqlx::query(same)
        .bind(&one.id)
        .bind(&third.id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refused = refused(join(test, &one, 3).await);
    assert!(matches!(refused, Refusal::JoinBothEnrolled { .. }), "{refused:?}");
    assert!(!workers::is_closed(app, &third.id).await.unwrap());
}

on_both_stores! {
    /// the provider's word that a worker left gives back what the agreed rules say, like the worker's own.
    a_provider_s_word_gives_back_too
}
async fn a_provider_s_word_gives_back_too(test: &TestApp) {
    let app = &test.app;
    let phone = Phone::stored(seed_courses::OFFICER.1.to_owned());
    let officer = officers::check_password(app, &phone, seed::PASSWORD)
        .await
        .unwrap();
    let (_, enrolment) = paid(test, 1, &program(app, "机电一体化").await).await;
    provider::admit(app, &officer, &enrolment.id, enrolment.version)
        .await
        .unwrap();
    let admitted = moves::find(app, &enrolment.id).await.unwrap();
    let owed = refunds::prospect(app, &admitted).await.unwrap().back;
    assert!(owed.0 > 0);
    provider::report(
        app,
        &officer,
        (&enrolment.id, admitted.version),
        ("1", "left", ""),
    )
    .await
    .unwrap();
    until(app, &enrolment, State::Refunded).await;
    let terms = moves::terms(app, &enrolment.id).await.unwrap();
    assert_eq!(terms.iter().map(|term| term.refund.0).sum::<i64>(), owed.0);
    seats_are_exact(app).await;
}

on_both_stores! {
    /// an instalment that is paid when the study ended already goes back whole.
    an_instalment_after_the_end_goes_back
}
async fn an_instalment_after_the_end_goes_back(test: &TestApp) {
    let app = &test.app;
    let phone = Phone::stored(seed_courses::OFFICER.1.to_owned());
    let officer = officers::check_password(app, &phone, seed::PASSWORD)
        .await
        .unwrap();
    let (_, enrolment) = paid(test, 1, &program(app, "机电一体化").await).await;
    provider::admit(app, &officer, &enrolment.id, enrolment.version)
        .await
        .unwrap();
    let second = order(app, &enrolment).await;
    let version = moves::find(app, &enrolment.id).await.unwrap().version;
    provider::report(app, &officer, (&enrolment.id, version), ("1", "graduated", ""))
        .await
        .unwrap();
    scan(test, &second).await;
    eventually("the second instalment is back", async || {
        moves::terms(app, &enrolment.id).await.unwrap()[1]
            .refunded_at
            .is_some()
    })
    .await;
    assert_eq!(state(app, &enrolment).await, State::Completed);
}

on_both_stores! {
    /// of two accounts that wait with one ID number, and are passed in the same moment, one is that person.
    one_number_is_one_person
}
async fn one_number_is_one_person(test: &TestApp) {
    let app = &test.app;
    let by = keeper(app).await.actor();
    for round in 0..3 {
        let (n, number) = (10 + 2 * round, builders::id_number(10 + round));
        let mut checks = Vec::new();
        for n in [n, n + 1] {
            let worker = builders::worker(test, n).await;
            identity::ask(app, &worker, "王小梅", &number).await.unwrap();
            checks.push(identity::of(app, &worker.id).await.unwrap().unwrap());
        }
        let (one, other) = tokio::join!(
            identity::decide(app, &by, &checks[0].id, None),
            identity::decide(app, &by, &checks[1].id, None),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let mut verified = 0;
        for check in &checks {
            let worker = workers::find(app, &check.worker_id).await.unwrap();
            verified += usize::from(worker.verified_at.is_some());
        }
        assert_eq!(verified, 1);
    }
}
