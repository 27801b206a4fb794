//! The city plans a year and its places: copying, dates, quotas by hand and by table (issue 5, 2; ).

use super::{Answer, Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, ready, submitted, union, worker};
use crate::on_both_stores;
use yuanmeng::application::allot::{self, Applied, Read};
use yuanmeng::application::{self, State, standing, submit};
use yuanmeng::campaign::plan::{self, Campaign};
use yuanmeng::campaign::{self, funders, ledger, places, quotas};
use yuanmeng::kernel::{Fen, Refusal};
use yuanmeng::supervision::invariants;
use yuanmeng::union::Role;

/// A unit of Annex 1 with ten places, and one with two.
pub(super) const TEN: &str = "济南市教育工会";
pub(super) const TWO: &str = "国际医学中心总工会";

/// The centre's officer acts for the city.
pub(super) async fn city(test: &TestApp) -> Desk<'_> {
    Desk::of(test, &demo_officers(&test.app).await[2].id).await
}

pub(super) async fn this_year(test: &TestApp) -> Campaign {
    let current = campaign::current(&test.app).await.unwrap().unwrap();
    plan::find(&test.app, &current.campaign_id).await.unwrap()
}

/// The codes of refused acts in the trail, oldest first.
pub(super) async fn refused(test: &TestApp) -> Vec<String> {
    let sql = "SELECT detail FROM audit WHERE act = 'refused' ORDER BY id";
    let details: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(test.app.db.read())
        .await
        .unwrap();
    let code = |detail: String| {
        let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
        format!(
            "{} {}",
            detail["act"].as_str().unwrap(),
            detail["code"].as_str().unwrap()
        )
    };
    details.into_iter().map(code).collect()
}

pub(super) async fn upload(desk: &Desk<'_>, path: &str, table: impl Into<Vec<u8>>) -> Answer {
    let part = reqwest::multipart::Part::bytes(table.into()).file_name("名额.csv");
    let form = reqwest::multipart::Form::new()
        .text("csrf", CSRF)
        .part("file", part);
    let request = desk.test.http.post(format!("{}{path}", desk.test.url));
    Answer::of(request.header("cookie", &desk.cookie).multipart(form)).await
}

/// Ledgers, counters and states agree, and nobody waits beside a free place.
pub(super) async fn holds(test: &TestApp) {
    assert_eq!(invariants::check(&test.app).await.unwrap(), []);
}

pub(super) async fn of_unit(test: &TestApp, name: &str) -> places::Places {
    let unit = union(&test.app, &[name]).await;
    let year = this_year(test).await;
    places::of_unit(&test.app, &year.id, &unit.id)
        .await
        .unwrap()
        .unwrap()
}

on_both_stores! {
    /// a new year has last year's places, funders and days; a year exists once.
    a_year_is_made_by_copying
}
async fn a_year_is_made_by_copying(test: &TestApp) {
    let app = &test.app;
    let desk = city(test).await;
    let before = this_year(test).await;
    let [_, _, centre] = demo_officers(app).await;
    assert_eq!(funders::match_all(app, &centre, &before.id).await.unwrap(), 55);
    let page = desk.get("/office/campaigns").await;
    let next = before.year + 1;
    assert!(page.text.contains(&format!("value=\"{next}\"")) && page.text.contains("建立新年度"));
    let fields = [
        ("csrf", CSRF),
        ("year", &next.to_string()),
        ("title", "新年度的补助"),
        ("grant", "1200.50"),
    ];
    let made = desk.post("/office/campaigns", &fields).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let after = plan::of_year(app, next).await.unwrap();
    assert_eq!(
        (after.title.as_str(), after.city_grant),
        ("新年度的补助", Fen(120_050))
    );
    for (old, new) in before.intakes.iter().zip(&after.intakes) {
        assert_eq!(plan::shifted(old.apply, 1), new.apply);
        assert_eq!(plan::shifted(old.review, 1), new.review);
    }
    let units = quotas::units(app, &after.id).await.unwrap();
    assert_eq!(units.iter().filter_map(|unit| unit.total).sum::<i64>(), 3245);
    assert_eq!(funders::of_campaign(app, &after.id).await.unwrap().len(), 56);
    assert!(desk.get(made.location()).await.text.contains("3245"));
    holds(test).await;

    let twice = desk.post("/office/campaigns", &fields).await;
    assert_eq!(twice.status, 422);
    assert!(
        twice.text.contains("已经有了") && twice.text.contains("新年度的补助"),
        "what was typed stays"
    );
    let wrong = [("csrf", CSRF), ("year", "明年"), ("title", ""), ("grant", "-1")];
    let wrong = desk.post("/office/campaigns", &wrong).await;
    assert!(
        wrong.text.contains("4 位年份") && wrong.text.contains("最多两位小数"),
        "all at once"
    );
    assert_eq!(plan::all(app).await.unwrap().len(), 2);
    assert_eq!(
        refused(test).await,
        ["campaign.copy campaign_exists", "campaign.copy year_malformed"]
    );
}

on_both_stores! {
    /// years, money and quotas are the city's administrators' alone.
    only_the_city_plans
}
async fn only_the_city_plans(test: &TestApp) {
    let year = this_year(test).await;
    let [street, unit, _] = demo_officers(&test.app).await;
    let paths = ["", "/edit", "/import", "/funders", "/rehearsal", "/quotas.xlsx"];
    for officer in [&street, &unit] {
        let desk = Desk::of(test, &officer.id).await;
        for path in paths {
            assert_eq!(
                desk.get(&format!("/office/campaigns/{}{path}", year.id))
                    .await
                    .status,
                404,
                "{path}"
            );
        }
        let fields = [
            ("csrf", CSRF),
            ("seen", "10"),
            ("total", "99"),
            ("reason", "自己加"),
        ];
        let path = format!("/office/campaigns/{}/quotas/{}", year.id, unit.union.id);
        assert_eq!(desk.post(&path, &fields).await.status, 404);
    }
    let centre = demo_officers(&test.app).await[2].union.clone();
    let reviewer = officer(test, &centre, "13900139007", &[Role::Reviewer, Role::Supervisor]).await;
    let desk = Desk::of(test, &reviewer).await;
    assert_eq!(desk.get("/office/campaigns").await.status, 403);
    assert!(!desk.get("/office").await.text.contains("tab-places"));
    assert_eq!(
        refused(test).await,
        ["quota.edit not_found", "quota.edit not_found"]
    );
}

on_both_stores! {
    /// contradictory dates are refused at their fields; a window that has begun says what follows and asks; a
    /// form of yesterday changes nothing.
    dates_are_edited_with_care
}
async fn dates_are_edited_with_care(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let now = test.app.now();
    let running = year
        .intakes
        .iter()
        .find(|intake| intake.apply.contains(now))
        .unwrap();
    let path = format!("/office/campaigns/{}/intakes/{}", year.id, running.id);
    let seen: Vec<(String, String)> = ["apply_from", "apply_until", "review_from", "review_until"]
        .into_iter()
        .zip([
            running.apply.from,
            running.apply.until,
            running.review.from,
            running.review.until,
        ])
        .map(|(name, time)| (name.to_owned(), time.date().to_string()))
        .collect();
    let post = async |changes: &[(&str, &str)]| {
        let mut fields = vec![("csrf".to_owned(), CSRF.to_owned())];
        for (name, day) in &seen {
            fields.push((format!("seen_{name}"), day.clone()));
            let changed = changes.iter().find(|(changed, _)| changed == name);
            fields.push((
                name.clone(),
                changed.map_or(day.clone(), |(_, day)| (*day).to_owned()),
            ));
        }
        if changes.iter().any(|(name, _)| *name == "confirm") {
            fields.push(("confirm".to_owned(), "on".to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        desk.post(&path, &fields).await
    };
    let page = desk.get(&path).await;
    assert!(page.text.contains("已经开始") && page.text.contains(&format!("value=\"{}\"", seen[1].1)));
    let backwards = post(&[("apply_until", "2001-01-01"), ("confirm", "on")]).await;
    assert!(backwards.status == 422 && backwards.text.contains("结束日期不能早于开始日期"));
    let yesterday = yuanmeng::kernel::Time(now.0 - yuanmeng::kernel::time::DAY)
        .date()
        .to_string();
    let unasked = post(&[("apply_until", &yesterday)]).await;
    assert_eq!(unasked.status, 422);
    assert!(unasked.text.contains("职工马上不能提交申请") && unasked.text.contains("name=\"confirm\""));
    let unchanged = campaign::intake(&test.app, &running.id).await.unwrap();
    assert_eq!(&unchanged, running, "nothing changed yet");
    let saved = post(&[("apply_until", &yesterday), ("confirm", "on")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let closed = campaign::intake(&test.app, &running.id).await.unwrap();
    assert!(closed.may_apply(now).is_err() && closed.apply.until.date().to_string() == yesterday);
    let stale = post(&[("apply_until", &seen[1].1), ("confirm", "on")]).await;
    assert!(stale.status == 422 && stale.text.contains(&Refusal::SeenChanged.text()));
    let codes = [
        "intake.dates window_backwards",
        "intake.dates window_running",
        "intake.dates seen_changed",
    ];
    assert_eq!(refused(test).await, codes);
    let rehearsal = format!("/office/campaigns/{}/rehearsal?at={yesterday}T23:59", year.id);
    let shown = desk.get(&rehearsal).await.text;
    assert!(
        shown.contains("职工页面显示这一批次") && shown.contains("申请截止：不能再提交"),
        "{shown}"
    );
    // officers' reminders, too: two days before the review window's end, on any day of the week.
    let near = closed.review.until.plus(-2 * yuanmeng::kernel::time::DAY).date();
    let rehearsal = format!("/office/campaigns/{}/rehearsal?at={near}T10:00", year.id);
    let shown = desk.get(&rehearsal).await.text;
    assert!(shown.contains("提醒有待办的审核人员，审核还剩 2 天"), "{shown}");
}

on_both_stores! {
    /// a total below what is taken is refused with the numbers; raised, the waiting list moves up in the same
    /// moment; every change stands in the ledger with its reason.
    a_quota_is_edited
}
async fn a_quota_is_edited(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let unit = union(&test.app, &[TWO]).await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(submitted(test, n, &unit).await.1);
    }
    let path = format!("/office/campaigns/{}/quotas/{}", year.id, unit.id);
    let post = async |seen: &str, total: &str, reason: &str| {
        desk.post(
            &path,
            &[
                ("csrf", CSRF),
                ("seen", seen),
                ("total", total),
                ("reason", reason),
            ],
        )
        .await
    };
    let below = post("2", "1", "写多了").await;
    assert_eq!(below.status, 422);
    assert!(below.text.contains("名额不能改为 1 个：已经占用了 2 个") && below.text.contains("写多了"));
    let wrong = post("2", "3.5", "").await;
    assert!(wrong.text.contains("0 至 100000 的整数") && wrong.text.contains("理由：请填写此项"));
    assert!(
        post("7", "9", "市总追加")
            .await
            .text
            .contains(&Refusal::SeenChanged.text())
    );
    assert_eq!(of_unit(test, TWO).await, places::Places { total: 2, taken: 2 });
    let raised = post("2", "3", "市总追加").await;
    assert_eq!(raised.status, 303);
    assert!(
        desk.get(raised.location())
            .await
            .text
            .contains("1 位候补职工已递补")
    );
    let states = [
        State::InReview,
        State::InReview,
        State::InReview,
        State::Waitlisted,
    ];
    for (id, state) in ids.iter().zip(states) {
        assert_eq!(application::find(&test.app, id).await.unwrap().state, state);
    }
    let lines = ledger::changes(&test.app, &year.id, &unit.id, 10).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.delta, line.total, line.reason.as_str(), line.by.as_str()))
        .collect();
    assert_eq!(told, [(1, 3, "市总追加", "陈静"), (2, 2, "", "系统")]);
    assert!(desk.get(&path).await.text.contains("市总追加"));
    let codes = [
        "quota.edit below_taken",
        "quota.edit places_malformed",
        "quota.edit seen_changed",
    ];
    assert_eq!(refused(test).await, codes);
    holds(test).await;
}

on_both_stores! {
    /// a table is previewed, confirmed once, and changes exactly what was shown; the waiting move up.
    a_table_is_imported
}
async fn a_table_is_imported(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let unit = union(&test.app, &[TWO]).await;
    for n in 1..=3 {
        submitted(test, n, &unit).await;
    }
    let import = format!("/office/campaigns/{}/import", year.id);
    let uploaded = upload(&desk, &import, format!("单位,名额\n{TWO},5\n{TEN},10\n")).await;
    assert_eq!(uploaded.status, 303, "{}", uploaded.text);
    let shown = desk.get(uploaded.location()).await.text;
    assert!(
        shown.contains("<b>3245</b> → <b>3248</b>（+3）") && shown.contains("不变 1 个"),
        "{shown}"
    );
    assert_eq!(
        of_unit(test, TWO).await.total,
        2,
        "nothing is changed before it is confirmed"
    );
    let other = officer(
        test,
        &demo_officers(&test.app).await[2].union,
        "13900139006",
        &[Role::Administrator],
    )
    .await;
    let other = Desk::of(test, &other).await;
    assert_eq!(
        other.get(uploaded.location()).await.status,
        422,
        "a preview is its officer's"
    );
    let applied = desk.post(uploaded.location(), &[("csrf", CSRF)]).await;
    assert_eq!(applied.status, 303, "{}", applied.text);
    assert!(
        desk.get(applied.location())
            .await
            .text
            .contains("1 个单位的名额有变化，1 位候补职工已递补")
    );
    assert_eq!(of_unit(test, TWO).await, places::Places { total: 5, taken: 3 });
    let again = desk.post(uploaded.location(), &[("csrf", CSRF)]).await;
    assert!(again.status == 422 && again.text.contains(&Refusal::PreviewGone.text()));
    holds(test).await;

    // Changed meanwhile: shown again, then imported.
    let uploaded = upload(&desk, &import, format!("单位,名额\n{TWO},6\n")).await;
    let path = format!("/office/campaigns/{}/quotas/{}", year.id, unit.id);
    let fields = [
        ("csrf", CSRF),
        ("seen", "5"),
        ("total", "8"),
        ("reason", "市总追加"),
    ];
    assert_eq!(desk.post(&path, &fields).await.status, 303);
    let changed = desk.post(uploaded.location(), &[("csrf", CSRF)]).await;
    assert_eq!(changed.status, 409);
    assert!(changed.text.contains("您核对之后有人改过名额") && changed.text.contains("-2"));
    assert_eq!(of_unit(test, TWO).await.total, 8);
    assert_eq!(
        desk.post(uploaded.location(), &[("csrf", CSRF)]).await.status,
        303
    );
    assert_eq!(of_unit(test, TWO).await.total, 6);
    // What is downloaded can be imported as it is.
    let book = test
        .http
        .get(format!("{}/office/campaigns/{}/quotas.xlsx", test.url, year.id));
    let book = book
        .header("cookie", &desk.cookie)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let uploaded = upload(&desk, &import, book.to_vec()).await;
    assert!(desk.get(uploaded.location()).await.text.contains("名额没有变化"));
    holds(test).await;
}

on_both_stores! {
    /// Issue 5, bad input: every wrong row at once with its number, nothing half-imported, one line in the trail.
    wrong_tables_change_nothing
}
async fn wrong_tables_change_nothing(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let unit = union(&test.app, &[TWO]).await;
    submitted(test, 1, &unit).await;
    submitted(test, 2, &unit).await;
    let import = format!("/office/campaigns/{}/import", year.id);
    let wrong = upload(
        &desk,
        &import,
        format!("单位,名额\n{TEN},11\n{TEN},12\n{TEN},-1\n没有这个工会,3\n"),
    )
    .await;
    assert_eq!(wrong.status, 422);
    for words in [
        "有 4 处错误",
        "第 3 行",
        "重复出现",
        "第 4 行",
        "不能是负数",
        "第 5 行",
        "没有名称为",
    ] {
        assert!(wrong.text.contains(words), "{words}: {}", wrong.text);
    }
    let wrong = upload(
        &desk,
        &import,
        format!("单位,名额\n{TEN},11\n没有这个工会,3\n{TWO},1\n"),
    )
    .await;
    for words in [
        "第 3 行",
        "没有名称为“没有这个工会”",
        "第 4 行",
        "名额 1 少于已占用的 2 个",
    ] {
        assert!(wrong.text.contains(words), "{words}: {}", wrong.text);
    }
    for (table, refusal) in [
        (Vec::new(), Refusal::TableEmpty),
        (b"\xd0\xcf\x11\xe0 an old xls".to_vec(), Refusal::TableWrongType),
        (vec![b'1'; 1024 * 1024 + 1], Refusal::TableTooLarge),
    ] {
        let wrong = upload(&desk, &import, table).await;
        assert!(
            wrong.status == 422 && wrong.text.contains(&refusal.text()),
            "{}",
            wrong.text
        );
    }
    assert_eq!(of_unit(test, TEN).await.total, 10);
    let codes = [
        "table_wrong",
        "table_wrong",
        "table_empty",
        "table_wrong_type",
        "table_too_large",
    ];
    assert_eq!(
        refused(test).await,
        codes.map(|code| format!("quota.import {code}"))
    );
    holds(test).await;
}

on_both_stores! {
    /// a table that raises a unit's places while thirty submit: whoever comes when, the places go in order.
    an_import_against_submissions
}
async fn an_import_against_submissions(test: &TestApp) {
    let app = &test.app;
    let [_, _, city] = demo_officers(app).await;
    let year = this_year(test).await;
    let (unit, ten) = (union(app, &[TWO]).await, union(app, &[TEN]).await);
    let mut drafts = Vec::new();
    for n in 0..30 {
        let worker = worker(test, n).await;
        let at = if n % 3 == 0 { &ten } else { &unit };
        drafts.push((ready(test, &worker, n, at).await, worker));
    }
    let table = format!("单位,名额\n{TWO},12\n{TEN},11\n");
    let Read::Waits(token) = allot::read(app, &city, &year.id, table.into_bytes())
        .await
        .unwrap()
    else {
        panic!("the table is right");
    };
    let mut at_once = tokio::task::JoinSet::new();
    for (id, worker) in drafts.clone() {
        let app = app.clone();
        at_once.spawn(async move {
            submit::submit(&app, &worker.id, &id, &worker.phone)
                .await
                .unwrap();
        });
    }
    let applied = allot::apply(app, &city, &year.id, &token).await.unwrap();
    assert!(matches!(applied, Applied::Done { changed: 2, .. }), "{applied:?}");
    at_once.join_all().await;
    assert_eq!(of_unit(test, TWO).await, places::Places { total: 12, taken: 12 });
    assert_eq!(of_unit(test, TEN).await, places::Places { total: 11, taken: 10 });
    let line = standing::line(app, &year.id, &unit.id, 0).await.unwrap();
    let held = line
        .iter()
        .take_while(|one| one.standing == standing::Standing::Holds)
        .count();
    assert_eq!(
        (line.len(), held),
        (20, 12),
        "the first twelve of the order hold a place"
    );
    holds(test).await;
}

on_both_stores! {
    /// funders are added, changed, taken out; wrong ones told at their fields.
    funders_are_kept
}
async fn funders_are_kept(test: &TestApp) {
    let desk = city(test).await;
    let year = this_year(test).await;
    let unit = union(&test.app, &[yuanmeng::cli::seed::UNIT]).await;
    let street = crate::builders::street(&test.app).await;
    let path = format!("/office/campaigns/{}/funders", year.id);
    let add = async |kind: &str, unit: &str, name: &str, amount: &str| {
        let fields = [
            ("csrf", CSRF),
            ("kind", kind),
            ("unit", unit),
            ("name", name),
            ("amount", amount),
        ];
        desk.post(&path, &fields).await
    };
    assert_eq!(add("upper", "", "山东省总工会", "300").await.status, 303);
    assert_eq!(add("unit", &unit.id, "", "1000").await.status, 303);
    assert_eq!(add("lower", &unit.id, &street.name, "200.5").await.status, 303);
    assert_eq!(
        add("employer", &unit.id, "济南示范机械有限公司", "500")
            .await
            .status,
        303
    );
    assert!(
        add("upper", "", "山东省总工会", "1")
            .await
            .text
            .contains(&Refusal::FunderTwice.text())
    );
    assert!(
        add("lower", &unit.id, "没有这个街道", "1")
            .await
            .text
            .contains(&Refusal::UnionUnknown.text())
    );
    let wrong = add("", "", "", "many").await;
    assert!(wrong.status == 422 && wrong.text.contains("请从列表中选择一项"));
    let to = funders::for_worker(&test.app, &year.id, &street.path, "济南示范机械有限公司")
        .await
        .unwrap();
    let amounts: Vec<i64> = to.iter().map(|funder| funder.amount.0).collect();
    assert_eq!(amounts, [100_000, 30_000, 100_000, 20_050, 50_000]);
    let upper = to[1].id.clone();
    let one = format!("{path}/{upper}");
    assert_eq!(
        desk.post(&one, &[("csrf", CSRF), ("amount", "350")]).await.status,
        303
    );
    assert_eq!(
        desk.post(&one, &[("csrf", CSRF), ("amount", "x")]).await.status,
        422
    );
    let elsewhere = union(&test.app, &[TEN]).await;
    let others = funders::for_worker(&test.app, &year.id, &elsewhere.path, "别的公司")
        .await
        .unwrap();
    assert_eq!(
        others.iter().map(|funder| funder.amount.0).collect::<Vec<_>>(),
        [100_000, 35_000]
    );
    assert_eq!(
        desk.post(&one, &[("csrf", CSRF), ("remove", "on")]).await.status,
        303
    );
    assert_eq!(
        desk.post(&one, &[("csrf", CSRF), ("remove", "on")]).await.status,
        404
    );
    assert_eq!(funders::of_campaign(&test.app, &year.id).await.unwrap().len(), 4);
}
