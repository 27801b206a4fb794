//! The tree changes under open work: renaming, moving, closing (R-21, R-25, ADR 0019).

use super::joining::{joined, trail};
use super::{Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, submitted, union};
use crate::on_both_stores;
use yuanmeng::application::reorganise::{Moved, close_union, move_union};
use yuanmeng::application::withdraw::withdraw;
use yuanmeng::application::{self, Application, State, drafts, progress};
use yuanmeng::campaign::places;
use yuanmeng::error::Error;
use yuanmeng::kernel::Refusal;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::union::{Kind, Officer, Role, Union, changes, officers, tree};

async fn pass(test: &TestApp, officer: &Officer, id: &str, version: i64) -> Result<State, Error> {
    let decision = Decision {
        application_id: id,
        version_seen: version,
        verdict: Verdict::Pass,
        reason: "",
        corrections: &[],
    };
    decide(&test.app, officer, &decision).await
}

async fn find(test: &TestApp, id: &str) -> Application {
    application::find(&test.app, id).await.unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        Err(Error::Invalid(mut fields)) => fields.0.remove(0).1,
        other => panic!("{other:?}"),
    }
}

on_both_stores! {
    /// R-21, ADR 0019: within its unit a union moves with its open work: what stands at the old upper union goes on at the
    /// new one, what was passed stays passed, and who saw the old version is told.
    a_union_moves_with_its_open_work
}
async fn a_union_moves_with_its_open_work(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let (company, boss) = joined(test, &street, Kind::Enterprise, "崮云湖机械厂工会", "13700137051").await;
    let other = union(&test.app, &["长清区总工会", "文昌街道总工会"]).await;
    let reviewer = officer(test, &other, "13900139017", &[Role::Reviewer]).await;
    let reviewer = officers::find(&test.app, &reviewer).await.unwrap();
    let (_, at_company) = submitted(test, 1, &company).await;
    let (_, at_street) = submitted(test, 2, &company).await;
    let (_, at_unit) = submitted(test, 3, &company).await;
    for (id, by) in [(&at_street, vec![&boss]), (&at_unit, vec![&boss, &street])] {
        for officer in by {
            let version = find(test, id).await.version;
            pass(test, officer, id, version).await.unwrap();
        }
    }
    let seen = find(test, &at_street).await;
    assert_eq!((seen.step, seen.holder_id.as_ref()), (1, Some(&street.union.id)));
    let moved = move_union(&test.app, &unit, &company.id, &other.id)
        .await
        .unwrap();
    assert_eq!(
        moved,
        Moved {
            applications: 3,
            handed_over: 1
        }
    );
    for (id, step, holder) in [
        (&at_company, 0, &company.id),
        (&at_street, 1, &other.id),
        (&at_unit, 2, &unit.union.id),
    ] {
        let now = find(test, id).await;
        assert_eq!(
            (now.state, now.step, now.holder_id.as_ref()),
            (State::InReview, step, Some(holder))
        );
        let progress = progress::of(&test.app, now).await.unwrap();
        assert_eq!(progress.steps.len(), 4);
        assert_eq!(progress.steps[1].union, "文昌街道总工会");
    }
    let late = pass(test, &street, &at_street, seen.version).await;
    assert!(
        matches!(late, Err(Error::NotFound)),
        "the old street sees it no more: {late:?}"
    );
    let boss = officers::find(&test.app, &boss.id).await.unwrap();
    let stale = pass(test, &boss, &at_company, 1).await;
    assert_eq!(refusal(stale), Refusal::ChangedMeanwhile);
    let now = find(test, &at_street).await;
    pass(test, &reviewer, &at_street, now.version).await.unwrap();
    assert_eq!(
        find(test, &at_street).await.holder_id,
        Some(unit.union.id.clone())
    );
    assert!(
        trail(test, &at_street)
            .await
            .contains(&"application.follow_tree".to_owned())
    );
    test.settle().await;
    let told = test.sms("13900139017").await;
    assert!(told.iter().any(|text| text.contains("工会组织调整")), "{told:?}");
}

on_both_stores! {
    /// R-20, ADR 0019: a place is the unit's. To another unit a union goes only when nothing holds or waits for one.
    a_place_does_not_change_its_unit
}
async fn a_place_does_not_change_its_unit(test: &TestApp) {
    let [street, unit, city] = demo_officers(&test.app).await;
    let (worker, id) = submitted(test, 1, &street.union).await;
    let there = union(&test.app, &["历下区总工会"]).await;
    let campaign = find(test, &id).await.campaign_id;
    let refused = move_union(&test.app, &city, &street.union.id, &there.id).await;
    assert_eq!(refusal(refused), Refusal::UnionHasOpenWork { count: 1 });
    assert_eq!(
        tree::find(&test.app, &street.union.id).await.unwrap(),
        street.union,
        "nothing changed"
    );
    let outside = move_union(&test.app, &unit, &street.union.id, &there.id).await;
    assert_eq!(
        refusal(outside),
        Refusal::NotAChoice,
        "another unit is not the unit's to give to"
    );

    withdraw(&test.app, &worker.id, &id).await.unwrap();
    let draft = drafts::begin(&test.app, &worker.id, &Default::default())
        .await
        .unwrap();
    let moved = move_union(&test.app, &city, &street.union.id, &there.id)
        .await
        .unwrap();
    assert_eq!(
        moved,
        Moved {
            applications: 1,
            handed_over: 0
        }
    );
    assert_eq!(
        find(test, &draft.id).await.unit_id,
        Some(there.id.clone()),
        "a draft follows"
    );
    assert_eq!(
        find(test, &id).await.unit_id,
        Some(unit.union.id.clone()),
        "what ended stays where its place was"
    );
    for union in [&unit.union, &there] {
        let places = places::of_unit(&test.app, &campaign, &union.id)
            .await
            .unwrap()
            .unwrap();
        let sum = places::ledger_sum(&test.app, &campaign, &union.id).await.unwrap();
        assert_eq!((places.taken, sum), (0, 0));
    }
    let officer = officers::find(&test.app, &street.id).await.unwrap();
    assert_eq!(officer.union.path, format!("{}{}/", there.path, street.union.id));
}

on_both_stores! {
    /// R-25, ADR 0019: a closed union's work and history go to the union above; its officers are out; its name is free.
    a_closed_unions_work_goes_up
}
async fn a_closed_unions_work_goes_up(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let (company, _) = joined(test, &street, Kind::Enterprise, "崮云湖机械厂工会", "13700137061").await;
    let refused = close_union(&test.app, &unit, &street.union.id).await;
    assert_eq!(refusal(refused), Refusal::UnionHasChildren { count: 1 });
    let own = close_union(&test.app, &street, &street.union.id).await;
    assert_eq!(refusal(own), Refusal::ByUpperUnionOnly);
    let refused = close_union(&test.app, &unit, &unit.union.id).await;
    assert_eq!(refusal(refused), Refusal::UnitStays);

    let (_, open) = submitted(test, 1, &company).await;
    let (worker, ended) = submitted(test, 2, &company).await;
    withdraw(&test.app, &worker.id, &ended).await.unwrap();
    let desk = Desk::of(test, &street.id).await;
    let page = desk.get(&format!("/office/unions/{}/close", company.id)).await;
    assert!(page.text.contains("现有待审核 1 份") && page.text.contains("1 位管理员"));
    let path = format!("/office/unions/{}/close", company.id);
    let unsure = desk.post(&path, &[("csrf", CSRF)]).await;
    assert!(unsure.status == 422 && unsure.text.contains(&Refusal::NotConfirmed.text()));
    let done = desk.post(&path, &[("csrf", CSRF), ("confirm", "on")]).await;
    assert_eq!((done.status, done.location()), (303, "/office/unions"));

    let now = find(test, &open).await;
    assert_eq!(
        (now.step, now.holder_id.as_ref(), now.union_id.as_ref()),
        (0, Some(&street.union.id), Some(&street.union.id))
    );
    pass(test, &street, &open, now.version).await.unwrap();
    let history = desk.get(&format!("/office/applications/{ended}")).await;
    assert_eq!(history.status, 200, "what ended is still to be seen");
    let left = super::joining::door(test, "13700137061", super::joining::PASSWORD).await;
    assert!(left.text.contains(&Refusal::PasswordWrong.text()));
    assert_eq!(
        desk.get(&format!("/office/unions/{}", company.id)).await.status,
        404
    );
    joined(test, &street, Kind::Enterprise, "崮云湖机械厂工会", "13700137062").await;
}

on_both_stores! {
    /// a union gets another name, once under one parent.
    a_union_is_renamed
}
async fn a_union_is_renamed(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let taken = changes::rename(&test.app, &unit, &street.union.id, "文昌街道总工会").await;
    assert_eq!(refusal(taken), Refusal::UnionNameTaken);
    let short = changes::rename(&test.app, &unit, &street.union.id, "会").await;
    assert_eq!(refusal(short), Refusal::TooShort { min: 4 });
    changes::rename(&test.app, &unit, &street.union.id, "崮云湖街道联合工会")
        .await
        .unwrap();
    let name = tree::find(&test.app, &street.union.id).await.unwrap().name;
    assert_eq!(name, "崮云湖街道联合工会");
    let lines = trail(test, &street.union.id).await;
    let refused = [
        "refused union.rename union_name_taken",
        "refused union.rename too_short",
        "union.rename",
    ];
    assert_eq!(lines[lines.len() - 3..], refused);
}

/// A generator of our own: the test is the same each time.
struct Dice(u64);

impl Dice {
    fn of(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

async fn all(test: &TestApp) -> Vec<Union> {
    let (mut found, mut next) = (Vec::new(), vec![tree::root(&test.app).await.unwrap().unwrap()]);
    while let Some(at) = next.pop() {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT id FROM unions WHERE parent_id = $1 AND active = 1")
                .bind(&at.id)
                .fetch_all(test.app.db.read())
                .await
                .unwrap();
        for (id,) in rows {
            next.push(tree::find(&test.app, &id).await.unwrap());
        }
        found.push(at);
    }
    found
}

/// Every path is the parent's and the own id, and everything hangs on the root.
async fn the_tree_is_whole(test: &TestApp, count: usize) {
    let all = all(test).await;
    assert_eq!(all.len(), count, "nobody fell off the tree");
    for union in &all {
        let above = all
            .iter()
            .find(|above| Some(&above.id) == union.parent_id.as_ref());
        let above = above.map_or("/", |above| above.path.as_str());
        assert_eq!(union.path, format!("{above}{}/", union.id), "{}", union.name);
    }
}

on_both_stores! {
    /// whatever is moved where, in whatever order, paths stay those of the tree and no work is lost.
    moving_at_random_keeps_the_tree
}
async fn moving_at_random_keeps_the_tree(test: &TestApp) {
    let [street, unit, city] = demo_officers(&test.app).await;
    let mut tx = test.app.db.write().await.unwrap();
    let mut made = vec![street.union.clone()];
    for no in 0..9 {
        let parent = made[no / 2].clone();
        let name = format!("第 {no} 企业工会");
        let new = tree::NewUnion {
            parent: Some(&parent),
            kind: Kind::Enterprise,
            name: &name,
            no: no as i64,
        };
        made.push(
            tree::add(&mut tx, test.app.id(), test.app.now(), new)
                .await
                .unwrap(),
        );
    }
    tx.commit().await.unwrap();
    let (_, work) = submitted(test, 1, &made[9]).await;
    let count = all(test).await.len();
    let (mut dice, mut moved, mut refused) = (Dice(7), 0, 0);
    for _ in 0..60 {
        let union = &made[dice.of(made.len())];
        let to = match dice.of(4) {
            0 => &unit.union,
            _ => &made[dice.of(made.len())],
        };
        match move_union(&test.app, &city, &union.id, &to.id).await {
            Ok(_) => moved += 1,
            Err(Error::Refused(_) | Error::Invalid(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        the_tree_is_whole(test, count).await;
        let now = find(test, &work).await;
        let chain = tree::review_chain(&test.app, now.union_id.as_ref().unwrap())
            .await
            .unwrap();
        assert_eq!(
            Some(&chain[now.step].id),
            now.holder_id.as_ref(),
            "the step is the holder's"
        );
        assert_eq!(now.state, State::InReview);
    }
    assert!(moved > 10 && refused > 10, "{moved} moved, {refused} refused");
}

on_both_stores! {
    /// of two moves that would make a ring, at the same moment, one is refused.
    two_moves_make_no_ring
}
async fn two_moves_make_no_ring(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let (one, _) = joined(test, &street, Kind::Enterprise, "甲企业集团工会", "13700137071").await;
    let (two, _) = joined(test, &street, Kind::Enterprise, "乙企业集团工会", "13700137072").await;
    let count = all(test).await.len();
    let (a, b) = tokio::join!(
        move_union(&test.app, &unit, &one.id, &two.id),
        move_union(&test.app, &unit, &two.id, &one.id)
    );
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    the_tree_is_whole(test, count).await;
}
