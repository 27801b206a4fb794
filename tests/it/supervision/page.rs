//! `/office/audit`: who may read what, filters, the table, and that every look is a line.

use super::{get, lines, officer, table};
use crate::app::{Pair, TestApp};
use crate::builders::{demo_officers, street, submitted, union};
use crate::on_both_stores;
use yuanmeng::application;
use yuanmeng::cli::seed;
use yuanmeng::supervision::trail::{self, Filter};
use yuanmeng::union::{Role, tree};

on_both_stores! {
    /// a supervisor reads the acts of the subtree in plain words; a reviewer does not; each look is a line.
    a_supervisor_reads_the_trail
}
async fn a_supervisor_reads_the_trail(test: &TestApp) {
    let street = street(&test.app).await;
    let (_, id) = submitted(test, 1, &street).await;
    let [reviewer, ..] = demo_officers(&test.app).await;
    assert_eq!(
        get(test, &reviewer, &format!("/office/applications/{id}"))
            .await
            .0,
        200
    );
    let plain = officer(test, &street, "13900139006", Role::Reviewer).await;
    assert_eq!(get(test, &plain, "/office/audit").await.0, 403);
    assert_eq!(get(test, &reviewer, "/office").await.0, 200);
    assert_eq!(
        lines(test, "application.list").await,
        1,
        "R-31: the list shows names"
    );

    let city = tree::root(&test.app).await.unwrap().unwrap();
    let supervisor = officer(test, &city, "13900139009", Role::Supervisor).await;
    let (status, text) = get(test, &supervisor, "/office/audit").await;
    assert_eq!(status, 200);
    for words in [
        "查看申请",
        "提交申请，占用名额",
        "查看申请列表",
        "张敏",
        seed::STREET,
        "职工",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(
        !text.contains(">application."),
        "no raw acts but in the filter's values"
    );
    let (_, narrowed) = get(
        test,
        &supervisor,
        "/office/audit?act=application.read&officer=%E5%BC%A0",
    )
    .await;
    assert_eq!(narrowed.matches("data-testid=\"entry\"").count(), 1);
    assert!(narrowed.contains("显示完整号码"));
    assert!(
        get(test, &supervisor, "/office/audit?officer=%E6%97%A0%E4%BA%BA")
            .await
            .1
            .contains("没有符合条件的记录")
    );
    assert_eq!(lines(test, "audit.read").await, 3);

    let number = application::find(&test.app, &id).await.unwrap().number.unwrap();
    let rows = table(test, &supervisor, &format!("/office/audit.xlsx?number={number}")).await;
    assert_eq!(rows[0][4], "操作");
    assert!(rows.len() > 5 && rows[1..].iter().all(|row| row[5].contains(&number)));
    assert_eq!(lines(test, "audit.export").await, 1);
}

on_both_stores! {
    /// an administrator reads what the officers below did and what happened to the applications there; nothing of
    /// another branch.
    a_unit_reads_its_own_branch
}
async fn a_unit_reads_its_own_branch(test: &TestApp) {
    let own = street(&test.app).await;
    let (_, id) = submitted(test, 1, &own).await;
    let number = application::find(&test.app, &id).await.unwrap().number.unwrap();
    let [reviewer, ..] = demo_officers(&test.app).await;
    get(test, &reviewer, &format!("/office/applications/{id}")).await;
    let unit = union(&test.app, &[seed::UNIT]).await;
    let units = tree::choices(&test.app, None).await.unwrap();
    let elsewhere = units.iter().find(|other| other.id != unit.id).unwrap();
    let mine = officer(test, &unit, "13900139007", Role::Administrator).await;
    let theirs = officer(test, elsewhere, "13900139008", Role::Administrator).await;
    let by_number = format!("/office/audit?number={number}");
    let (_, text) = get(test, &mine, &by_number).await;
    assert!(
        text.contains("查看申请") && text.contains("职工"),
        "all that happened to it"
    );
    let (_, text) = get(test, &mine, "/office/audit?act=application.read").await;
    assert_eq!(text.matches("data-testid=\"entry\"").count(), 1);
    for path in [by_number.as_str(), "/office/audit?act=application.read"] {
        let (status, text) = get(test, &theirs, path).await;
        assert_eq!(status, 200);
        assert!(!text.contains("data-testid=\"entry\""), "{path}");
    }
}

/// Whatever filters are set, no plan reads the whole table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_filter_scans_the_trail() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let (_, id) = submitted(&test, 1, &street(&test.app).await).await;
    let number = application::find(&test.app, &id).await.unwrap().number.unwrap();
    let city = tree::root(&test.app).await.unwrap().unwrap();
    let unit = union(&test.app, &[seed::UNIT]).await;
    let supervisors = [
        officer(&test, &city, "13900139009", Role::Supervisor).await,
        officer(&test, &unit, "13900139008", Role::Supervisor).await,
    ];
    let day = chrono::NaiveDate::from_ymd_opt(2021, 11, 5);
    for supervisor in &supervisors {
        for bits in 0..16u32 {
            let set = |bit: u32| bits & (1 << bit) != 0;
            let filter = Filter {
                from: day.filter(|_| set(0)),
                until: None,
                officer: if set(1) { "张".to_owned() } else { String::new() },
                act: set(2).then_some("application.read"),
                number: if set(3) { number.clone() } else { String::new() },
                before: String::new(),
            };
            let plan = trail::plan(&test.app, supervisor, &filter).await.unwrap();
            let scan = plan.iter().find(|step| step.contains("SCAN"));
            assert!(!plan.is_empty() && scan.is_none(), "{filter:?}: {plan:#?}");
        }
    }
    test.stop().await;
}
