//! What anybody may see of the places, and the chain of daily digests (issue 5, 3, ADR 0020).

use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{submitted, union};
use crate::on_both_stores;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use yuanmeng::app::App;
use yuanmeng::application::{self, withdraw};
use yuanmeng::audit::Actor;
use yuanmeng::campaign::digest::{self, Wrong};
use yuanmeng::campaign::places::{self, Change};
use yuanmeng::campaign::{self, PlaceCause, QuotaCause};
use yuanmeng::kernel::time::DAY;
use yuanmeng::kernel::{Time, code};
use yuanmeng::supervision::invariants::{self, Finding, Rule};

const TEN: &str = "济南市教育工会";
const TWO: &str = "国际医学中心总工会";

async fn get(test: &TestApp, path: &str) -> (u16, String) {
    let answer = test.http.get(format!("{}{path}", test.url)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn campaign_id(test: &TestApp) -> String {
    campaign::current(&test.app).await.unwrap().unwrap().campaign_id
}

on_both_stores! {
    /// without signing in: places, taken, waiting, left; the order by tail and time; no name, no whole number.
    anybody_sees_the_order
}
async fn anybody_sees_the_order(test: &TestApp) {
    let unit = union(&test.app, &[TWO]).await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(submitted(test, n, &unit).await);
    }
    withdraw::withdraw(&test.app, &ids[0].0.id, &ids[0].1)
        .await
        .unwrap();
    let (status, all) = get(test, "/places").await;
    assert_eq!(status, 200);
    assert_eq!(all.matches("data-testid=\"unit\"").count(), 55);
    assert!(all.contains("名额 2，已占用 2，候补 1"), "{all}");
    let (_, found) = get(test, "/places?words=国际医学").await;
    assert_eq!(found.matches("data-testid=\"unit\"").count(), 1);
    let (_, none) = get(test, "/places?words=<script>").await;
    assert!(none.contains("没有找到") && !none.contains("<script>"));
    let (status, line) = get(test, &format!("/places/{}", unit.id)).await;
    assert_eq!(status, 200);
    let mut at = 0;
    for ((_, id), words) in ids.iter().zip(["已退出", "占用名额", "占用名额", "候补第 1 位"]) {
        let number = application::find(&test.app, id).await.unwrap().number.unwrap();
        let here = line.find(&format!("尾号 {}", digest::tail(&number))).unwrap();
        assert!(
            here >= at && line[here..].find(words).is_some_and(|far| far < 200),
            "{words}"
        );
        assert!(!line.contains(&number) && !line.contains("王小梅"));
        at = here;
    }
    assert_eq!(get(test, "/places/nowhere").await.0, 404);
    assert_eq!(get(test, "/places?year=1999").await.0, 404);
    assert_eq!(invariants::check(&test.app).await.unwrap(), []);
}

on_both_stores! {
    /// ADR 0020: a day is published once, however many processes look; its file hashes to the published value, names the
    /// day before; any later change is found, with its day. It takes two days, so it begins well within the window.
    the_chain_tells_what_was_changed, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 9, 0, 0)
}
async fn the_chain_tells_what_was_changed(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    let id = campaign_id(test).await;
    let first_day = app.now().date();
    submitted(test, 1, &unit).await;
    submitted(test, 2, &unit).await;
    let publish = async |head: Option<&'static str>| {
        let mut at_once = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let app = app.clone();
            at_once.spawn(async move { digest::publish(&app, head).await.unwrap() });
        }
        at_once.join_all().await;
    };
    let to_next_morning = |days: i64| {
        let morning = Time::start_of(app.now().date()).0 + days * DAY + 3_600_000;
        app.clock.advance(morning - app.now().0);
    };
    to_next_morning(1);
    publish(Some("audit-head-of-the-day")).await;
    submitted(test, 3, &unit).await;
    to_next_morning(1);
    publish(None).await;
    let days = digest::list(app, &id).await.unwrap();
    assert!(days.len() >= 2, "{days:?}");
    assert_eq!(
        days.iter().map(|(day, _)| day).collect::<BTreeSet<_>>().len(),
        days.len()
    );
    let whole = digest::verify(app, &id).await.unwrap().unwrap();
    assert_eq!((whole.days, &whole.head), (days.len(), &days[0].1));

    let year = whole.year;
    let (status, page) = get(test, &format!("/places/digests?year={year}")).await;
    assert!(status == 200 && page.contains(&days[0].1));
    let (_, file) = get(test, &format!("/places/digests/{year}/{first_day}.txt")).await;
    let published = &days.iter().find(|(day, _)| *day == first_day).unwrap().1;
    assert_eq!(
        &code::sha256_hex(file.as_bytes()),
        published,
        "what anybody can check"
    );
    let (_, next) = get(
        test,
        &format!("/places/digests/{year}/{}.txt", first_day.succ_opt().unwrap()),
    )
    .await;
    assert!(next.contains(&format!("上一日校验值 {published}\n")));
    assert_eq!(file.matches(" 占用 +1 ").count(), 2);
    assert_eq!(
        get(test, &format!("/places/digests/{year}/2001-01-01.txt"))
            .await
            .0,
        404
    );
    assert_eq!(get(test, &format!("/places/digests/{year}/x")).await.0, 404);

    // Somebody writes past the rules: the day is named, and when it is put right the chain holds again.
    for (change, undo, why) in [
        (
            "UPDATE place_entries SET at = at - 1",
            "UPDATE place_entries SET at = at + 1",
            Wrong::Ledger,
        ),
        (
            "UPDATE applications SET seq = 4 - seq WHERE seq IS NOT NULL",
            "UPDATE applications SET seq = 4 - seq WHERE seq IS NOT NULL",
            Wrong::Ledger,
        ),
        (
            "UPDATE place_digests SET body = body || ' '",
            "UPDATE place_digests SET body = SUBSTR(body, 1, LENGTH(body) - 1)",
            Wrong::Body,
        ),
    ] {
        let write = async |sql: &'static str| {
            let mut tx = app.db.write().await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        };
        write(change).await;
        let broken = digest::verify(app, &id).await.unwrap().unwrap_err();
        assert_eq!(broken.why, why, "{change}");
        assert!(broken.day <= first_day, "the first that differs: {broken:?}");
        write(undo).await;
        assert!(digest::verify(app, &id).await.unwrap().is_ok(), "{undo}");
    }
    let mut tx = app.db.write().await.unwrap();
    let drop = "DELETE FROM place_digests WHERE day = $1";
    sqlx::query(drop)
        .bind(first_day.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let broken = digest::verify(app, &id).await.unwrap().unwrap_err();
    assert!(matches!(broken.why, Wrong::Missing | Wrong::Link), "{broken:?}");
}

/// One thing that is done to two units' places.
#[derive(Debug, Clone)]
enum Op {
    Take(bool),
    Release(bool),
    Total(bool, i64),
    Move(bool, i64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        any::<bool>().prop_map(Op::Take),
        any::<bool>().prop_map(Op::Release),
        (any::<bool>(), 0i64..6).prop_map(|(unit, total)| Op::Total(unit, total)),
        (any::<bool>(), 1i64..4).prop_map(|(unit, places)| Op::Move(unit, places)),
    ]
}

on_both_stores! {
    /// whatever is done in whatever order, total and taken equal their ledgers' sums, and 0 ≤ taken ≤ total.
    both_ledgers_always_add_up
}
async fn both_ledgers_always_add_up(test: &TestApp) {
    let app = &test.app;
    let campaign = campaign_id(test).await;
    let units = [union(app, &[TWO]).await.id, union(app, &[TEN]).await.id];
    let (_, application) = submitted(test, 1, &union(app, &["历下区总工会"]).await).await;
    let both = BTreeSet::from(units.clone());
    let mut runner = TestRunner::deterministic();
    let by = Actor::System;
    let why = Change {
        cause: QuotaCause::Edited,
        reference: "",
        reason: "",
        by: &by,
    };
    for _ in 0..20 {
        let ops = proptest::collection::vec(op(), 1..8)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let mut tx = app.db.write().await.unwrap();
        let mut locked = places::lock_all(app, &mut tx, &campaign, &both).await.unwrap();
        for op in &ops {
            let index = |first: bool, locked: &[places::Locked<'_>]| {
                let id = &units[usize::from(!first)];
                locked.iter().position(|one| one.unit_id() == id).unwrap()
            };
            match *op {
                Op::Take(unit) => {
                    let at = index(unit, &locked);
                    locked[at]
                        .take(&mut tx, &application, PlaceCause::Submitted, &by)
                        .await
                        .unwrap();
                }
                Op::Release(unit) => {
                    let at = index(unit, &locked);
                    if locked[at].places().taken > 0 {
                        locked[at]
                            .release(&mut tx, &application, PlaceCause::Withdrawn, &by)
                            .await
                            .unwrap();
                    }
                }
                Op::Total(unit, total) => {
                    let at = index(unit, &locked);
                    let may = total >= locked[at].places().taken;
                    assert_eq!(locked[at].set_total(&mut tx, total, &why).await.is_ok(), may);
                }
                Op::Move(unit, places) => {
                    let (from, to) = (index(unit, &locked), index(!unit, &locked));
                    if locked[from].places().left() >= places {
                        let total = locked[from].places().total - places;
                        locked[from].set_total(&mut tx, total, &why).await.unwrap();
                        let total = locked[to].places().total + places;
                        locked[to].set_total(&mut tx, total, &why).await.unwrap();
                    }
                }
            }
        }
        tx.commit().await.unwrap();
        assert_eq!(ledgers(app).await, [], "after {ops:?}");
        for unit in &units {
            let places = places::of_unit(app, &campaign, unit).await.unwrap().unwrap();
            assert!(
                (0..=places.total).contains(&places.taken),
                "{places:?} after {ops:?}"
            );
        }
    }
    // And a counter that somebody changed by hand is found.
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("UPDATE quotas SET total = total + 1 WHERE unit_id = $1")
        .bind(&units[1])
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let found = ledgers(app).await;
    let rules: Vec<(Rule, &str)> = found.iter().map(|f| (f.rule, f.subject.1.as_str())).collect();
    assert_eq!(rules, [(Rule::TotalIsLedger, units[1].as_str())]);
    assert!(found[0].words.contains(TEN), "{found:?}");
}

/// What is wrong with the ledgers: the places here are taken by no real application.
async fn ledgers(app: &App) -> Vec<Finding> {
    let found = invariants::check(app).await.unwrap().into_iter();
    found
        .filter(|finding| matches!(finding.rule, Rule::TotalIsLedger | Rule::TakenIsLedger))
        .collect()
}

/// ux.md: the public pages at 375 px, the city's at a PC; nothing runs out of the screen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_are_looked_at() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let unit = union(&test.app, &[TWO]).await;
    for n in 1..=4 {
        submitted(&test, n, &unit).await;
    }
    test.app.clock.advance(DAY);
    digest::publish(&test.app, None).await.unwrap();
    let (phone, pc) = Browser::phone_and_pc().await.unwrap();
    for (path, name) in [
        ("/places".to_owned(), "places-1-all"),
        (format!("/places/{}", unit.id), "places-2-unit"),
        ("/places/digests".to_owned(), "places-3-digests"),
    ] {
        phone.goto(&format!("{}{path}", test.url)).await.unwrap();
        phone.screenshot(name).await.unwrap();
        let wide = "return document.documentElement.scrollWidth > window.innerWidth";
        assert_eq!(phone.script(wide, vec![]).await.unwrap(), false, "{path}");
    }
    pc.goto(&format!("{}/places", test.url)).await.unwrap();
    pc.screenshot("places-4-pc").await.unwrap();
    pc.goto(&format!("{}/office", test.url)).await.unwrap();
    pc.fill("#f-phone", yuanmeng::cli::seed::OFFICERS[2].phone)
        .await
        .unwrap();
    pc.fill("#f-password", yuanmeng::cli::seed::PASSWORD)
        .await
        .unwrap();
    pc.click("[data-testid=sign-in]").await.unwrap();
    pc.click("[data-testid=tab-places]").await.unwrap();
    pc.wait_for("[data-testid=campaign]").await.unwrap();
    pc.screenshot("campaigns-1-all").await.unwrap();
    pc.click("[data-testid=open]").await.unwrap();
    pc.wait_for("[data-testid=unit]").await.unwrap();
    pc.screenshot("campaigns-2-year").await.unwrap();
    let id = campaign_id(&test).await;
    let intake = campaign::current(&test.app).await.unwrap().unwrap().intake.id;
    for (path, name) in [
        (format!("intakes/{intake}"), "campaigns-3-dates"),
        ("rehearsal".to_owned(), "campaigns-4-rehearsal"),
        (format!("quotas/{}", unit.id), "campaigns-5-quota"),
        ("import".to_owned(), "campaigns-6-import"),
        ("funders".to_owned(), "campaigns-7-funders"),
    ] {
        pc.goto(&format!("{}/office/campaigns/{id}/{path}", test.url))
            .await
            .unwrap();
        pc.wait_for("h1").await.unwrap();
        pc.screenshot(name).await.unwrap();
    }
    let table = std::env::temp_dir().join(format!("quotas-{}.csv", std::process::id()));
    std::fs::write(&table, format!("单位,名额\n{TWO},5\n{TEN},8\n")).unwrap();
    pc.goto(&format!("{}/office/campaigns/{id}/import", test.url))
        .await
        .unwrap();
    pc.attach("#f-file", &table).await.unwrap();
    pc.click("[data-testid=upload]").await.unwrap();
    pc.wait_for("[data-testid=sums]").await.unwrap();
    pc.screenshot("campaigns-8-preview").await.unwrap();
    pc.click("[data-testid=apply]").await.unwrap();
    pc.wait_for_text("[data-testid=flash]", "2 位候补职工已递补")
        .await
        .unwrap();
    std::fs::remove_file(table).unwrap();
    pc.goto(&format!("{}/office/places", test.url)).await.unwrap();
    pc.screenshot("campaigns-9-transfers").await.unwrap();
    drop((phone, pc));
    test.stop().await;
}
