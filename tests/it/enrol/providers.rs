//! A provider sees only its own paid enrolments, confirms, reports, exports.

use super::*;
use yuanmeng::cli::{seed, seed_courses};
use yuanmeng::enrolment::provider::{self, Filter};
use yuanmeng::kernel::Phone;
use yuanmeng::union::officers;

async fn zhao(app: &App) -> Officer {
    let phone = Phone::stored(seed_courses::OFFICER.1.to_owned());
    officers::check_password(app, &phone, seed::PASSWORD)
        .await
        .unwrap()
}

on_both_stores! {
    /// its own and paid, nothing else; admission and each term reach the worker; every look and table is on record.
    a_provider_works_on_its_own
}
async fn a_provider_works_on_its_own(test: &TestApp) {
    let app = &test.app;
    let officer = zhao(app).await;
    let mine = program(app, "机电一体化").await; // 甲
    let others = program(app, "数控技术").await; // 乙
    let (_, enrolment) = paid(test, 1, &mine).await;
    let (_, foreign) = paid(test, 2, &others).await;
    let third = verified(test, 3).await;
    let unpaid = enrolled(app, &third, 3, &mine).await.unwrap();
    let (list, total, _) = provider::list(app, &officer, &Filter::default()).await.unwrap();
    assert_eq!(
        (list.len(), total, list[0].id.as_str()),
        (1, 1, enrolment.id.as_str())
    );
    for other in [&foreign.id, &unpaid.id] {
        assert!(matches!(
            provider::find(app, &officer, other).await,
            Err(Error::NotFound)
        ));
    }
    // A union's officer finds nothing here, a provider's nothing of the unions.
    let [street, ..] = builders::demo_officers(app).await;
    assert!(matches!(
        provider::list(app, &street, &Filter::default()).await,
        Err(Error::NotFound)
    ));
    let cookie = builders::session(app, "officer", &officer.id).await;
    let home = crate::acts::page(test, "/office", Some(&cookie)).await;
    assert_eq!(home.headers()["location"], "/office/provider");
    let page = crate::acts::page(
        test,
        &format!("/office/provider/enrolments/{}", enrolment.id),
        Some(&cookie),
    )
    .await;
    assert!(page.text().await.unwrap().contains(&builders::id_number(1)));

    provider::admit(app, &officer, &enrolment.id, enrolment.version)
        .await
        .unwrap();
    assert_eq!(
        refused(provider::admit(app, &officer, &enrolment.id, enrolment.version).await),
        Refusal::EnrolmentNotThere
    );
    for (term, status) in [("1", "studying"), ("2", "behind")] {
        let version = moves::find(app, &enrolment.id).await.unwrap().version;
        provider::report(app, &officer, (&enrolment.id, version), (term, status, ""))
            .await
            .unwrap();
    }
    let reports = provider::reports(app, &enrolment.id).await.unwrap();
    assert_eq!((reports.len(), reports[0].term), (2, 2));
    let bytes = provider::export(app, &officer, &Filter::default()).await.unwrap();
    let rows = yuanmeng::campaign::sheet::rows(&bytes).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[1].1[2].contains("****") && !rows[1].1[2].contains(&builders::id_number(1)),
        "{:?}",
        rows[1]
    );
    let sql =
        "SELECT COUNT(*) FROM audit WHERE actor_id = $1 AND act IN ('enrolment.read', 'enrolment.export')";
    assert!(crate::acts::number(app, sql, &officer.id).await >= 2);
    test.settle().await;
    let told = test.sms(&builders::phone(1)).await;
    assert!(told.iter().any(|t| t.contains("已录取")), "{told:?}");
    let provider_told = test.sms(seed_courses::OFFICER.1).await;
    assert!(
        provider_told.iter().any(|t| t.contains("有新的报读学员")),
        "{provider_told:?}"
    );
}

on_both_stores! {
    /// not admitted, everything paid goes back and the seat is free.
    who_is_not_admitted_gets_everything_back
}
async fn who_is_not_admitted_gets_everything_back(test: &TestApp) {
    let app = &test.app;
    let officer = zhao(app).await;
    let (_, enrolment) = paid(test, 1, &program(app, "机电一体化").await).await;
    provider::decline(
        app,
        &officer,
        &enrolment.id,
        enrolment.version,
        "学历层次不符合报读条件",
    )
    .await
    .unwrap();
    until(app, &enrolment, State::Refunded).await;
    let terms = moves::terms(app, &enrolment.id).await.unwrap();
    assert_eq!(
        (terms[0].refund, terms[0].fen),
        (Fen::yuan(2000), Fen::yuan(2000))
    );
    seats_are_exact(app).await;
}
