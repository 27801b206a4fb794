//! `/office/board`: the figures, the way down, the tables, and what they look like.

use super::{get, lines, officer, table};
use crate::app::{Pair, TestApp};
use crate::browser::Browser;
use crate::builders::{demo_officers, ready, street, submitted, union, worker};
use crate::on_both_stores;
use yuanmeng::application;
use yuanmeng::campaign;
use yuanmeng::cli::seed;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::supervision::board;
use yuanmeng::union::{Officer, Role, tree};

/// Ages the figures beyond what the cache keeps.
fn later(test: &TestApp) {
    test.app.clock.advance(11_000);
}

async fn decided(test: &TestApp, officer: &Officer, id: &str, verdict: Verdict) {
    let version_seen = application::find(&test.app, id).await.unwrap().version;
    let corrections = if verdict == Verdict::Return {
        vec!["receipt".to_owned()]
    } else {
        Vec::new()
    };
    let decision = Decision {
        application_id: id,
        version_seen,
        verdict,
        reason: "看不清",
        corrections: &corrections,
    };
    decide(&test.app, officer, &decision).await.unwrap();
}

/// A table's row by its first cell.
fn row<'a>(rows: &'a [Vec<String>], first: &str) -> &'a [String] {
    let found = rows.iter().find(|row| row[0] == first);
    found.unwrap_or_else(|| panic!("no row {first} in {rows:?}"))
}

on_both_stores! {
    /// the city sees each step, state and place as it happens; drafts only as a number; a unit its own branch.
    the_city_sees_everything_as_it_happens
}
async fn the_city_sees_everything_as_it_happens(test: &TestApp) {
    let street = street(&test.app).await;
    let city = tree::root(&test.app).await.unwrap().unwrap();
    let supervisor = officer(test, &city, "13900139009", Role::Supervisor).await;
    let before = table(test, &supervisor, "/office/board.xlsx").await;
    let n = |rows: &[Vec<String>], name: &str| row(rows, name)[1].parse::<i64>().unwrap();
    let (_, passed) = submitted(test, 1, &street).await;
    let (_, returned) = submitted(test, 2, &street).await;
    let drafting = worker(test, 3).await;
    let draft = ready(test, &drafting, 3, &street).await;
    let [first, second, third] = demo_officers(&test.app).await;
    for officer in [&first, &second, &third] {
        decided(test, officer, &passed, Verdict::Pass).await;
    }
    decided(test, &first, &returned, Verdict::Return).await;
    later(test);
    let after = table(test, &supervisor, "/office/board.xlsx").await;
    for (name, more) in [
        ("填写中（未提交）", 1),
        ("已提交", 2),
        ("审核通过", 1),
        ("退回或取回，等职工修改", 1),
        ("市级补助金额（元）", 1000),
        ("候补", 0),
    ] {
        assert_eq!(n(&after, name) - n(&before, name), more, "{name}");
    }
    assert_eq!(lines(test, "board.export").await, 2);

    let list = table(test, &supervisor, "/office/board/applications.xlsx").await;
    let numbers: Vec<&str> = list.iter().map(|row| row[0].as_str()).collect();
    let number = application::find(&test.app, &passed)
        .await
        .unwrap()
        .number
        .unwrap();
    let drafted = application::find(&test.app, &draft)
        .await
        .unwrap()
        .number
        .unwrap();
    assert!(numbers.contains(&number.as_str()) && !numbers.contains(&drafted.as_str()));
    let all: String = list.concat().concat();
    assert!(
        !all.contains("6222") && !all.contains("370102"),
        "neither cards nor ID numbers"
    );
    assert_eq!(lines(test, "application.export").await, 1);

    let (status, page) = get(test, &supervisor, "/office/board").await;
    assert_eq!(status, 200);
    assert!(page.contains("截至") && page.contains("<desc") && page.contains(seed::UNIT));
    let unit = union(&test.app, &[seed::UNIT]).await;
    let (_, below) = get(test, &supervisor, &format!("/office/board?at={}", unit.id)).await;
    assert!(
        below.contains(seed::STREET) && below.contains(&format!("/office?tab=all&#38;union={}", street.id))
    );
    // A unit's officer: their own branch and nothing else.
    let (_, own) = get(test, &second, "/office/board").await;
    assert!(
        own.contains(&format!("督查：{}", seed::UNIT)) && !own.contains("市级补助"),
        "no money without the role"
    );
    assert_eq!(
        get(test, &second, &format!("/office/board?at={}", city.id))
            .await
            .0,
        404
    );
}

on_both_stores! {
    /// R-31, ADR 0024: decisions of days that are over are counted once and kept, today's anew; none is counted twice or lost.
    closed_days_are_kept, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 10, 0, 0)
}
async fn closed_days_are_kept(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let [first, ..] = demo_officers(app).await;
    let current = campaign::current(app).await.unwrap().unwrap().intake;
    let counted = async || {
        let all = board::count(app, &current).await.unwrap();
        let decided: i64 = all.decided.iter().map(|row| row.n).sum();
        (decided, all.reasoned.iter().map(|row| row.n).sum::<i64>())
    };
    let before = counted().await;
    for day in 1..=3 {
        let (_, passed) = submitted(test, 2 * day, &street).await;
        let (_, returned) = submitted(test, 2 * day + 1, &street).await;
        decided(test, &first, &passed, Verdict::Pass).await;
        decided(test, &first, &returned, Verdict::Return).await;
        let n = day as i64;
        let both = (before.0 + 2 * n, before.1 + n);
        assert_eq!(counted().await, both, "today's, on day {day}");
        app.clock.advance(DAY);
        assert_eq!(counted().await, both, "a day later");
        assert_eq!(counted().await, both, "and as it is kept");
    }
}

on_both_stores! {
    /// one application's whole history: timeline, decisions, messages, who looked; the look is a line, and nobody
    /// outside the branch sees it.
    one_application_has_its_whole_history
}
async fn one_application_has_its_whole_history(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let [first, ..] = demo_officers(&test.app).await;
    decided(test, &first, &id, Verdict::Return).await;
    test.settle().await;
    let unit = union(&test.app, &[seed::UNIT]).await;
    let supervisor = officer(test, &unit, "13900139008", Role::Supervisor).await;
    let path = format!("/office/board/applications/{id}");
    let (status, page) = get(test, &supervisor, &path).await;
    assert_eq!(status, 200);
    for words in [
        "提交成功，已占用名额",
        "退回补正",
        "看不清",
        "给职工",
        "操作记录",
        "查看申请的全部记录",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(lines(test, "application.history").await, 1);
    let reviewer = officer(test, &street, "13900139006", Role::Reviewer).await;
    let (_, without) = get(test, &reviewer, &path).await;
    assert!(
        !without.contains("data-testid=\"trail\""),
        "a reviewer reads no trail"
    );
    let units = tree::choices(&test.app, None).await.unwrap();
    let elsewhere = units.iter().find(|other| other.id != unit.id).unwrap();
    let stranger = officer(test, elsewhere, "13900139007", Role::Supervisor).await;
    assert_eq!(get(test, &stranger, &path).await.0, 404);
}

/// The pages as they are seen at 1200 px and on a phone; no part is wider than the screen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_supervision_in_a_browser() {
    // Early in the window: days pass below.
    let now = Time::shanghai(2026, 11, 9, 10, 0, 0);
    let test = TestApp::start_with(Pair::SqliteMemory, now, &[]).await;
    let street = street(&test.app).await;
    let [first, second, third] = demo_officers(&test.app).await;
    let mut ids = Vec::new();
    for n in 1..=6 {
        ids.push(submitted(&test, n, &street).await.1);
        test.app.clock.advance(26 * 3_600_000);
    }
    for officer in [&first, &second, &third] {
        decided(&test, officer, &ids[0], Verdict::Pass).await;
    }
    decided(&test, &first, &ids[1], Verdict::Return).await;
    decided(&test, &first, &ids[2], Verdict::Pass).await;
    test.settle().await;
    let city = tree::root(&test.app).await.unwrap().unwrap();
    officer(&test, &city, "13900139009", Role::Supervisor).await;
    let pc = Browser::pc().await.unwrap();
    pc.goto(&format!("{}/office/board", test.url)).await.unwrap();
    pc.fill("#f-phone", "13900139009").await.unwrap();
    pc.fill("#f-password", "another-password").await.unwrap();
    pc.click("[data-testid=sign-in]").await.unwrap();
    pc.wait_for("[data-testid=funnel]").await.unwrap();
    pc.screenshot("watch-board").await.unwrap();
    let unit = union(&test.app, &[seed::UNIT]).await;
    let history = format!("/office/board/applications/{}", ids[0]);
    let at = format!("/office/board?at={}", unit.id);
    for (name, path) in [
        ("watch-unit", at.as_str()),
        ("watch-history", &history),
        ("watch-audit", "/office/audit"),
    ] {
        pc.goto(&format!("{}{path}", test.url)).await.unwrap();
        pc.wait_for("[data-testid=who]").await.unwrap();
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert!(
            pc.script(wide, vec![]).await.unwrap().as_i64().unwrap() <= 0,
            "{name} is wider than the window"
        );
        pc.screenshot(name).await.unwrap();
    }
    test.stop().await;
}

on_both_stores! {
    /// a union's name among those where work waits leads to just its work.
    where_it_waits_leads_to_what_waits
}
async fn where_it_waits_leads_to_what_waits(test: &TestApp) {
    let street = street(&test.app).await;
    let city = tree::root(&test.app).await.unwrap().unwrap();
    let supervisor = officer(test, &city, "13900139009", Role::Supervisor).await;
    let (_, at_unit) = submitted(test, 1, &street).await;
    let (_, at_street) = submitted(test, 2, &street).await;
    let [first, ..] = demo_officers(&test.app).await;
    decided(test, &first, &at_unit, Verdict::Pass).await;
    later(test);
    let (_, board) = get(test, &supervisor, "/office/board").await;
    let marked = format!("at={}", street.id);
    let link = board
        .split('"')
        .find(|part| part.starts_with("/office?") && part.contains(&marked));
    let link = link
        .unwrap_or_else(|| panic!("no way to {marked}"))
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let (status, list) = get(test, &supervisor, &link).await;
    assert_eq!(status, 200);
    assert!(
        list.contains(&at_street) && !list.contains(&at_unit),
        "only the street's: {link}"
    );
}
