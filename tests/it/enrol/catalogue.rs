//! The catalogue: import with every error by row, search, withdrawing, the chat's answer.

use super::*;
use rust_xlsxwriter::Workbook;
use yuanmeng::audit::Actor;
use yuanmeng::campaign::sheet::Effect;
use yuanmeng::chat;
use yuanmeng::enrolment::import;
use yuanmeng::enrolment::{Level, ProgramState};
use yuanmeng::wechat::Reply;

const HEAD: &str = "项目编号,院校,服务机构,学历层次,学习形式,专业,学制（月）,学费（元）,分期（元）,上课地点,是否远程,入学时间,名额,退费规则,说明";

on_both_stores! {
    /// Issue 6: import errors by row, all at once; nothing is brought in while there is one; the same table twice changes
    /// nothing.
    a_table_is_checked_by_row
}
async fn a_table_is_checked_by_row(test: &TestApp) {
    let app = &test.app;
    let bad = [
        HEAD,
        "T-1,济南大学,示例服务机构（甲）,本科,函授,测试甲,30,5000,,济南,否,2031-03-01,10,30:100,",
        "T-2,济南大学,没有的机构,本科,函授,测试乙,30,5000,,济南,否,2031-03-01,10,30:100,",
        "T-3,济南大学,示例服务机构（甲）,高中,函授,测试丙,三年,五千,,济南,也许,明年,十,全退,",
        "T-1,济南大学,示例服务机构（甲）,本科,函授,测试丁,30,5000,2000;2000,济南,否,2031-03-01;2031-09-01,1;2;3,30:100,",
    ];
    let table = import::read(app, bad.join("\n").as_bytes()).await.unwrap();
    let told: Vec<(usize, &str)> = table.errors.iter().map(|e| (e.line, e.column)).collect();
    for expected in [
        (3, "服务机构"),
        (4, "学制（月）"),
        (4, "学费（元）"),
        (4, "学历层次"),
        (4, "是否远程"),
        (4, "入学时间"),
        (4, "名额"),
        (4, "退费规则"),
        (5, "分期（元）"),
        (5, "名额"),
    ] {
        assert!(told.contains(&expected), "{expected:?}: {told:?}");
    }
    assert_eq!(table.rows.len(), 1);
    assert!(import::write(app, &Actor::System, table, false).await.is_err());

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(&bad[..2]) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    let xlsx = book.save_to_buffer().unwrap();
    // Who does not keep the catalogue neither looks nor writes.
    let [street, ..] = builders::demo_officers(app).await;
    assert_eq!(
        refused(import::preview(app, &street, &xlsx).await),
        Refusal::NotAllowed
    );
    assert_eq!(
        refused(import::bring_in(app, &street, &xlsx).await),
        Refusal::NotAllowed
    );
    let table = import::read(app, &xlsx).await.unwrap();
    assert_eq!(table.count(Effect::New), 1, "{:?}", table.errors);
    assert_eq!(
        import::write(app, &Actor::System, table, false).await.unwrap(),
        (1, 0)
    );
    let again = import::read(app, &xlsx).await.unwrap();
    assert_eq!((again.count(Effect::Same), again.rows.len()), (1, 1));
    let dearer = [HEAD, &bad[1].replace("5000", "5100")].join("\n");
    let table = import::read(app, dearer.as_bytes()).await.unwrap();
    assert_eq!(
        import::write(app, &Actor::System, table, false).await.unwrap(),
        (0, 1)
    );
    assert_eq!(program(app, "测试甲").await.fee, Fen::yuan(5100));
    let missing = import::read(app, "项目编号,院校\nT-9,济南大学".as_bytes())
        .await
        .unwrap();
    assert!(
        missing
            .errors
            .iter()
            .any(|e| e.column == "专业" && e.problem.contains("缺少"))
    );
}

on_both_stores! {
    /// found by any part in Han, pinyin or initials, by level, form, fee and distance; in pages.
    the_search_finds_by_words_and_filters
}
async fn the_search_finds_by_words_and_filters(test: &TestApp) {
    let app = &test.app;
    let find = async |query: search::Query| {
        let (hits, total) = search::search(app, &query, 0).await.unwrap();
        (hits.into_iter().map(|h| h.major).collect::<Vec<_>>(), total)
    };
    let words = |words: &str| search::Query {
        words: words.to_owned(),
        ..search::Query::default()
    };
    for (typed, major) in [
        ("jdyth", "机电一体化技术"),
        ("数控", "数控技术"),
        ("huli", "护理学"),
        ("开放大学 会计学", "会计学"),
        ("济南大学 土木", ""),
    ] {
        let (majors, _) = find(words(typed)).await;
        assert_eq!(
            majors.first().map_or("", String::as_str),
            major,
            "{typed}: {majors:?}"
        );
    }
    let (_, all) = find(search::Query::default()).await;
    assert_eq!(all, 18);
    let (majors, n) = find(search::Query {
        level: Some(Level::Master),
        ..search::Query::default()
    })
    .await;
    assert_eq!((majors, n), (vec!["工商管理".to_owned()], 1));
    let cheap = search::Query {
        fee: (Fen(0), Fen::yuan(5300)),
        distance: true,
        sort: search::Sort::Fee,
        ..search::Query::default()
    };
    let (hits, _) = search::search(app, &cheap, 0).await.unwrap();
    assert!(!hits.is_empty() && hits.iter().all(|h| h.distance && h.fee <= Fen::yuan(5300)));
    assert!(hits.windows(2).all(|two| two[0].fee <= two[1].fee));
    let (none, total) = search::search(app, &search::Query::default(), 9).await.unwrap();
    assert!(none.is_empty() && total == 0);
    // Pages, signed in or not.
    let page = crate::acts::page(test, "/enrol?words=kj&fee=6000", None).await;
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("会计") && page.contains("示例数据"), "{page}");
    let plan = crate::acts::page(
        test,
        "/enrol/plan?education=%E9%AB%98%E4%B8%AD&employer=%E6%B5%8E%E5%8D%97%E6%9C%BA%E6%A2%B0%E5%8E%82",
        None,
    )
    .await;
    let plan = plan.text().await.unwrap();
    assert!(
        plan.contains("机械制造行业对口") && plan.contains("下一步可以读大专"),
        "{plan}"
    );
}

on_both_stores! {
    /// Issue 6: a program with enrolments that are not settled is not withdrawn; settled, it is, and nobody can enrol.
    a_program_with_paid_enrolments_stays
}
async fn a_program_with_paid_enrolments_stays(test: &TestApp) {
    let app = &test.app;
    let by = keeper(app).await;
    let program = program(app, "数控技术").await;
    let (worker, enrolment) = paid(test, 1, &program).await;
    let withdraw = async || {
        let version = books::find(app, &program.id).await.unwrap().version;
        books::set_state(app, &by, &program.id, version, ProgramState::Withdrawn).await
    };
    assert_eq!(
        refused(withdraw().await),
        Refusal::ProgramHasEnrolments { count: 1 }
    );
    let back = refunds::prospect(app, &enrolment).await.unwrap().back;
    refunds::leave(app, &worker.id, &enrolment.id, back, "")
        .await
        .unwrap();
    assert_eq!(
        refused(withdraw().await),
        Refusal::ProgramHasEnrolments { count: 1 },
        "the refund is under way, or just over"
    );
    until(app, &enrolment, State::Refunded).await;
    withdraw().await.unwrap();
    assert!(matches!(
        enrolled(app, &worker, 1, &program).await,
        Err(Error::NotFound)
    ));
    // Only the city's keepers.
    let [street, ..] = builders::demo_officers(app).await;
    assert_eq!(
        refused(books::list(app, &street, "", 0).await),
        Refusal::NotAllowed
    );
    let cookie = builders::session(app, "officer", &street.id).await;
    assert_eq!(
        crate::acts::page(test, "/office/catalogue", Some(&cookie))
            .await
            .status(),
        403
    );
}

on_both_stores! {
    /// Issue 6: "报读 会计" is answered with the three best matches as one card, which WeChat allows in answer to a text.
    the_chat_names_three_matches
}
async fn the_chat_names_three_matches(test: &TestApp) {
    let words = chat::courses_asked("报读 会计").unwrap();
    let Reply::News { articles } = chat::courses_answer(&test.app, &words).await.unwrap() else {
        panic!("no card")
    };
    assert_eq!(articles.len(), 1);
    assert!(
        articles[0].title.contains("会计") && articles[0].description.starts_with("1. 会计"),
        "{articles:?}"
    );
    let Reply::News { articles } = chat::courses_answer(&test.app, "").await.unwrap() else {
        panic!("no card")
    };
    assert!(articles[0].description.contains("3. ") && articles[0].title.contains("18 个专业"));
    assert!(matches!(
        chat::courses_answer(&test.app, "量子").await.unwrap(),
        Reply::Text { .. }
    ));
}
