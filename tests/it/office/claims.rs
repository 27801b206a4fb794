//! Claims while looking (R-22, ADR 0021): seen by colleagues, taken over, ended by themselves, never in the way.

use super::{Desk, officer, path};
use crate::acts::texts;
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted};
use crate::on_both_stores;
use yuanmeng::kernel::time::MINUTE;
use yuanmeng::review::claims::{self, Claim};
use yuanmeng::review::{desk, inbox};
use yuanmeng::union::{Role, officers};

on_both_stores! {
    /// The first who opens it has it; a colleague sees who, is led to another one, may take over, and the first is told.
    a_claim_is_seen_and_taken_over
}
async fn a_claim_is_seen_and_taken_over(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let (_, other) = submitted(test, 2, &street).await;
    let [first, ..] = demo_officers(app).await;
    let second = officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let second = officers::find(app, &second).await.unwrap();
    let (one, two) = (Desk::of(test, &first.id).await, Desk::of(test, &second.id).await);

    let opened = one.get(&path(&id)).await;
    assert!(opened.text.contains("data-claim=") && opened.text.contains("data-testid=\"release\""));
    let seen = two.get(&path(&id)).await;
    assert!(
        seen.text.contains("张敏 从")
            && seen.text.contains("正在看这份申请")
            && !seen.text.contains("data-claim=")
    );
    assert!(two.get("/office").await.text.contains("张敏 正在看"));
    assert_eq!(
        inbox::next(app, &second).await.unwrap().as_ref(),
        Some(&other),
        "passed over"
    );

    let claim = format!("{}/claim", path(&id));
    let renewed = two.post(&claim, &[("csrf", CSRF), ("act", "renew")]).await;
    assert!(renewed.text.contains("taken"), "{}", renewed.text);
    let taken = two.post(&claim, &[("csrf", CSRF), ("act", "take")]).await;
    assert_eq!((taken.status, taken.location()), (303, path(&id).as_str()));
    let told = one.post(&claim, &[("csrf", CSRF), ("act", "renew")]).await;
    assert!(
        told.text.contains("\"taken\"") && told.text.contains("周平 已于"),
        "{}",
        told.text
    );
    assert!(one.get(&path(&id)).await.text.contains("周平 已于"));
    let sql = "SELECT detail FROM audit WHERE act = 'application.take_over' AND subject_id = $1";
    let line = texts(app, sql, &id).await;
    assert!(line.len() == 1 && line[0].contains(&first.id), "{line:?}");

    // It blocks nothing: the first decides, and nobody has it any more.
    assert_eq!(one.decide(&id, &[("verdict", "pass")]).await.status, 303);
    let after = one.get("/office").await;
    assert!(after.text.contains("周平 已于"), "told with what they do next");
    assert_eq!(claims::state(app, &second, &id).await.unwrap(), Claim::Nobody);
    assert!(
        texts(
            app,
            "SELECT officer_id FROM review_claims WHERE application_id = $1",
            &id
        )
        .await
        .is_empty()
    );
}

on_both_stores! {
    /// It ends by itself after fifteen minutes, holds while it is renewed, and can be put back.
    a_claim_ends_by_itself
}
async fn a_claim_ends_by_itself(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let [first, above, _] = demo_officers(app).await;
    let second = officer(test, &street, "13900139009", &[Role::Reviewer]).await;
    let second = officers::find(app, &second).await.unwrap();
    // Who cannot decide it claims nothing.
    desk::open(app, &above, &id).await.unwrap();
    assert_eq!(claims::state(app, &above, &id).await.unwrap(), Claim::Nobody);
    desk::open(app, &first, &id).await.unwrap();
    for _ in 0..3 {
        app.clock.advance(10 * MINUTE);
        assert_eq!(claims::renew(app, &first, &id).await.unwrap(), Claim::Mine);
    }
    assert!(matches!(
        claims::renew(app, &second, &id).await.unwrap(),
        Claim::Colleague(..)
    ));
    app.clock.advance(15 * MINUTE + 1);
    assert_eq!(claims::state(app, &second, &id).await.unwrap(), Claim::Nobody);
    assert_eq!(claims::renew(app, &second, &id).await.unwrap(), Claim::Mine);
    claims::release(app, &first, &id).await.unwrap();
    assert_eq!(
        claims::state(app, &second, &id).await.unwrap(),
        Claim::Mine,
        "another's is not put back"
    );
    claims::release(app, &second, &id).await.unwrap();
    assert_eq!(claims::state(app, &second, &id).await.unwrap(), Claim::Nobody);
}
