//! What is refused of the year's plan, its table of places and transfers, because somebody was quicker, stands on another side
//! or typed it wrong: a plain sentence, nothing changed, one line in the trail (issue 5; ).

use super::campaigns::{TEN, TWO, city, holds, of_unit, refused, this_year, upload};
use super::joining::trail;
use super::refused::{refusals, says};
use super::transfers::{accepted, left};
use super::{Answer, Desk};
use crate::acts::{number, officer, texts};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, submitted, union};
use crate::on_both_stores;
use serde_json::{Value, json};
use yuanmeng::campaign::places::Places;
use yuanmeng::campaign::transfers::{self, State};
use yuanmeng::kernel::{Fen, Refusal};
use yuanmeng::union::{Officer, Role, Union};

/// What a year's page showed, as its form sends it back.
async fn seen(desk: &Desk<'_>, id: &str) -> String {
    let page = desk.get(&format!("/office/campaigns/{id}/edit")).await;
    page.field("seen")
}

/// Sends a year's title and amount, for the page that was seen.
async fn edit(desk: &Desk<'_>, id: &str, seen: &str, (title, grant): (&str, &str)) -> Answer {
    let fields = [("csrf", CSRF), ("seen", seen), ("title", title), ("grant", grant)];
    desk.post(&format!("/office/campaigns/{id}/edit"), &fields).await
}

/// The year's title and the city's amount.
async fn plan(test: &TestApp) -> (String, Fen) {
    let year = this_year(test).await;
    (year.title, year.city_grant)
}

const TITLE: &str = "新的标题和金额";

on_both_stores! {
    /// the city changes a year's title and amount: shown from then on, and in the trail with what was before.
    a_year_is_edited
}
async fn a_year_is_edited(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let shown = seen(&desk, &year.id).await;
    let saved = edit(&desk, &year.id, &shown, (TITLE, "1200.50")).await;
    let page = format!("/office/campaigns/{}", year.id);
    assert_eq!((saved.status, saved.location()), (303, page.as_str()));
    let after = desk.get(&page).await;
    says(&after, 200, TITLE);
    says(&after, 200, "市级补助 1200.50 元");
    let again = desk.get(&format!("{page}/edit")).await;
    says(&again, 200, &format!("value=\"{TITLE}\""));
    says(&again, 200, "value=\"1200.50\"");
    assert_eq!(plan(test).await, (TITLE.to_owned(), Fen(120_050)));
    assert_ne!(seen(&desk, &year.id).await, shown);
    let lines = "SELECT detail FROM audit WHERE act = 'campaign.edit' AND subject_id = $1";
    let lines = texts(&test.app, lines, &year.id).await;
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = json!({ "title": [year.title, TITLE], "city_grant_fen": [year.city_grant.0, 120_050] });
    assert_eq!(lines, [line]);
    assert!(refused(test).await.is_empty());
}

on_both_stores! {
    /// bad input: a wrong amount, a page that a colleague has overtaken, an officer who does not plan the year:
    /// what was typed stays on the page, title and amount stay as they are.
    a_year_is_not_edited
}
async fn a_year_is_not_edited(test: &TestApp) {
    let app = &test.app;
    let desk = city(test).await;
    let id = this_year(test).await.id;
    let old = seen(&desk, &id).await;
    let before = plan(test).await;
    let wrong = edit(&desk, &id, &old, (TITLE, "一千二")).await;
    says(&wrong, 422, &Refusal::AmountMalformed.text());
    says(&wrong, 422, "value=\"一千二\"");
    says(&wrong, 422, &format!("value=\"{TITLE}\""));
    assert_eq!(plan(test).await, before);

    let colleague = edit(&desk, &id, &old, ("同事改过的标题", "1100")).await;
    assert_eq!(colleague.status, 303, "{}", colleague.text);
    let before = plan(test).await;
    let stale = edit(&desk, &id, &old, (TITLE, "1200")).await;
    says(&stale, 422, &Refusal::SeenChanged.text());
    says(&stale, 422, &format!("value=\"{TITLE}\""));
    let now = seen(&desk, &id).await;
    let [street, unit, centre] = demo_officers(app).await;
    let reviewer = officer(app, &centre.union, "吴芳", "13900139090", Role::Reviewer).await;
    let not_allowed = Refusal::NotAllowed.text();
    for (by, status, words) in [
        (&street, 404, "没有找到"),
        (&unit, 404, "没有找到"),
        (&reviewer, 403, &not_allowed),
    ] {
        let desk = Desk::of(test, &by.id).await;
        says(&edit(&desk, &id, &now, (TITLE, "9000")).await, status, words);
    }
    assert_eq!(plan(test).await, before);
    let codes = [
        "amount_malformed",
        "seen_changed",
        "not_found",
        "not_found",
        "not_allowed",
    ];
    assert_eq!(
        refused(test).await,
        codes.map(|code| format!("campaign.edit {code}"))
    );
}

on_both_stores! {
    /// bad input: more was taken since the table was previewed: confirming it changes nothing, not even the lines
    /// that are still right, and names every wrong one with its numbers.
    a_table_that_came_too_late
}
async fn a_table_that_came_too_late(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let (two, ten) = (union(&test.app, &[TWO]).await, union(&test.app, &[TEN]).await);
    let right = "历下区总工会";
    let import = format!("/office/campaigns/{}/import", year.id);
    let table = format!("单位,名额\n{TWO},1\n{right},400\n{TEN},0\n");
    let uploaded = upload(&desk, &import, table).await;
    assert_eq!(uploaded.status, 303, "{}", uploaded.text);
    for (n, unit) in [&two, &two, &ten].into_iter().enumerate() {
        submitted(test, n, unit).await;
    }
    let late = desk.post(uploaded.location(), &[("csrf", CSRF)]).await;
    for words in [
        "有 2 处错误",
        "第 2 行",
        "名额 1 少于已占用的 2 个",
        "第 4 行",
        "名额 0 少于已占用的 1 个",
    ] {
        says(&late, 422, words);
    }
    assert!(!late.text.contains("第 3 行"), "{}", late.text);
    for (unit, total, taken) in [(TWO, 2, 2), (right, 350, 0), (TEN, 10, 1)] {
        assert_eq!(of_unit(test, unit).await, Places { total, taken }, "{unit}");
    }
    assert_eq!(refused(test).await, ["quota.import table_wrong"]);
    holds(test).await;
}

/// Administrators of two units: the one with two places, and the one with ten.
async fn two_sides(test: &TestApp) -> (Officer, Officer) {
    let (two, ten) = (union(&test.app, &[TWO]).await, union(&test.app, &[TEN]).await);
    (
        officer(&test.app, &two, "周平", "13900139091", Role::Administrator).await,
        officer(&test.app, &ten, "郑华", "13900139092", Role::Administrator).await,
    )
}

/// A button on a transfer's page.
async fn press(test: &TestApp, by: &Officer, id: &str, step: &str) -> Answer {
    let desk = Desk::of(test, &by.id).await;
    let path = format!("/office/places/{id}");
    desk.post(&path, &[("csrf", CSRF), ("step", step)]).await
}

/// Where a transfer stands, and what is left at both units.
async fn stands(test: &TestApp, id: &str, (from, to): (&Union, &Union)) -> (State, i64, i64) {
    let transfer = transfers::find(&test.app, id).await.unwrap();
    (transfer.state, left(test, from).await, left(test, to).await)
}

on_both_stores! {
    /// R-20 [ours], R-26, bad input: each step is one side's; the others may not, and to a third unit there is no transfer.
    steps_of_another_side
}
async fn steps_of_another_side(test: &TestApp) {
    let (giver, receiver) = two_sides(test).await;
    let [_, third, city] = demo_officers(&test.app).await;
    let id = accepted(test, &giver, &receiver, 2).await;
    let not_allowed = Refusal::NotAllowed.text();
    for (by, step, status, words) in [
        (&receiver, "approve", 403, not_allowed.as_str()),
        (&receiver, "withdraw", 403, &not_allowed),
        (&giver, "accept", 403, &not_allowed),
        (&giver, "reject", 403, &not_allowed),
        (&city, "withdraw", 403, &not_allowed),
        (&third, "approve", 404, "没有找到"),
        (&third, "accept", 404, "没有找到"),
    ] {
        says(&press(test, by, &id, step).await, status, words);
    }
    let now = stands(test, &id, (&giver.union, &receiver.union)).await;
    assert_eq!(now, (State::Accepted, 2, 10));
    assert_eq!(
        refusals(test, &id).await,
        [
            "transfer.approve not_allowed",
            "transfer.withdraw not_allowed",
            "transfer.accept not_allowed",
            "transfer.reject not_allowed",
            "transfer.withdraw not_allowed",
            "transfer.approve not_found",
            "transfer.accept not_found",
        ]
    );
}

on_both_stores! {
    /// R-19, R-20 [ours], bad input: a transfer whose places were taken meanwhile, and one that was taken back meanwhile, move
    /// nothing; who comes too late is told how it stands.
    transfers_that_were_overtaken
}
async fn transfers_that_were_overtaken(test: &TestApp) {
    let (giver, receiver) = two_sides(test).await;
    let [_, _, city] = demo_officers(&test.app).await;
    let units = (&giver.union, &receiver.union);
    let id = accepted(test, &giver, &receiver, 2).await;
    submitted(test, 1, &giver.union).await;
    let short = press(test, &city, &id, "approve").await;
    says(&short, 422, &Refusal::TransferNotFree { left: 1 }.text());
    assert_eq!(stands(test, &id, units).await, (State::Accepted, 1, 10));

    let taken_back = press(test, &giver, &id, "withdraw").await;
    assert_eq!(taken_back.status, 303, "{}", taken_back.text);
    let moved = Refusal::TransferMoved { state: "已撤回" }.text();
    for (by, step) in [(&city, "approve"), (&receiver, "accept")] {
        says(&press(test, by, &id, step).await, 422, &moved);
    }
    assert_eq!(stands(test, &id, units).await, (State::Withdrawn, 1, 10));
    assert_eq!(
        trail(test, &id).await,
        [
            "transfer.proposed",
            "transfer.accepted",
            "refused transfer.approve transfer_not_free",
            "transfer.withdrawn",
            "refused transfer.approve transfer_moved",
            "refused transfer.accept transfer_moved",
        ]
    );
    holds(test).await;
}

on_both_stores! {
    /// R-9, R-20 [ours], bad input: when the year's last application window is over, nothing is approved or proposed any more.
    transfers_after_the_window, at yuanmeng::kernel::Time::shanghai(2026, 11, 10, 9, 0, 0)
}
async fn transfers_after_the_window(test: &TestApp) {
    let app = &test.app;
    let (giver, receiver) = two_sides(test).await;
    let [_, _, city] = demo_officers(app).await;
    let id = accepted(test, &giver, &receiver, 1).await;
    let until = transfers::find(app, &id).await.unwrap().until;
    app.clock.advance(until.0 - app.now().0 + 1000);

    let late = press(test, &city, &id, "approve").await;
    // The loop may have ended it already.
    let ended = Refusal::TransferMoved {
        state: State::Expired.label(),
    };
    let refusal = if late.text.contains(&ended.text()) {
        ended
    } else {
        Refusal::TransferTooLate
    };
    says(&late, 422, &refusal.text());
    assert_eq!(
        refusals(test, &id).await,
        [format!("transfer.approve {}", refusal.code())]
    );
    let desk = Desk::of(test, &giver.id).await;
    let to = receiver.union.id.as_str();
    let fields = [
        ("csrf", CSRF),
        ("to", to),
        ("places", "1"),
        ("reason", "今年报名少"),
    ];
    let proposed = desk.post("/office/places", &fields).await;
    says(&proposed, 422, &Refusal::TransferTooLate.text());
    let from = &giver.union;
    assert_eq!(
        refusals(test, &from.id).await,
        ["transfer.propose transfer_too_late"]
    );
    let transfers = "SELECT COUNT(*) FROM transfers WHERE from_id = $1";
    assert_eq!(number(app, transfers, &from.id).await, 1);
    assert_eq!(
        (left(test, from).await, left(test, &receiver.union).await),
        (2, 10)
    );
    holds(test).await;
}
