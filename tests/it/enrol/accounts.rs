//! Providers and their accounts, looked after by the city's administrators.

use super::*;
use crate::visitor::Visitor;
use yuanmeng::cli::{seed, seed_courses};
use yuanmeng::enrolment::catalogue::Typed;
use yuanmeng::enrolment::{ProgramState, close_provider};
use yuanmeng::kernel::Phone;
use yuanmeng::union::{officers, providers, staff};

on_both_stores! {
    /// A provider is added with its first account; accounts are added, renamed, their password taken back, ended; the
    /// provider gets another name and is ended, but not while something of it is under way.
    a_provider_s_accounts_are_the_city_s
}
async fn a_provider_s_accounts_are_the_city_s(test: &TestApp) {
    let app = &test.app;
    let by = keeper(app).await;
    let mut me = Visitor::officer(test, &by.id).await;
    let new = [
        ("name", "济南乙职业培训学校"),
        ("officer_name", "周校长"),
        ("phone", "13700137071"),
    ];
    me.post("/office/catalogue/providers", &new)
        .await
        .leads("/office/catalogue/providers");
    let provider = providers::by_name(app, "济南乙职业培训学校")
        .await
        .unwrap()
        .unwrap();
    let at = format!("/office/catalogue/providers/{}", provider.id);
    me.get("/office/catalogue/providers").await.shows(&at);
    me.get(&at).await.shows("周校长").shows("还没有设置密码");
    me.get(&format!("/office/unions/{}", provider.id))
        .await
        .leads(&at);

    // Another account: only what a provider has.
    let add = format!("/office/unions/{}/officers", provider.id);
    me.get(&add).await.shows("确认录取").hides("role_finance");
    let wrong = [
        ("name", "吴老师"),
        ("phone", "13700137072"),
        ("role_finance", "on"),
    ];
    assert_eq!(me.post(&add, &wrong).await.status, 422);
    let right = [
        ("name", "吴老师"),
        ("phone", "13700137072"),
        ("role_reviewer", "on"),
    ];
    me.post(&add, &right).await.leads(&at);
    test.settle().await;
    assert!(test.sms("13700137072").await[0].contains("/office/reset"));
    let members = staff::list(app, &by, &provider.id).await.unwrap();
    let teacher = members
        .iter()
        .find(|one| one.name == "吴老师")
        .unwrap()
        .id
        .clone();
    let account = format!("/office/officers/{teacher}");
    me.post(&format!("{account}/name"), &[("name", "")])
        .await
        .shows("名称：请填写此项");
    me.post(&format!("{account}/name"), &[("name", "吴小明")])
        .await
        .leads(&account);
    me.get(&at).await.shows("吴小明").hides("吴老师");
    me.post(&format!("{account}/password"), &[]).await.leads(&account);
    test.settle().await;
    let told = test.sms("13700137072").await;
    assert!(told.iter().any(|text| text.contains("重新设置密码")), "{told:?}");
    me.post(&format!("{account}/leave"), &[("confirm", "on")])
        .await
        .leads(&at);
    assert!(officers::find(app, &teacher).await.is_err());

    // Names: another's is taken, its own is not.
    let taken = me.post(&at, &[("name", "示例服务机构（甲）")]).await;
    assert_eq!(taken.status, 422);
    taken.shows(&Refusal::UnionNameTaken.text());
    me.post(&at, &[("name", "济南乙培训学校")]).await.leads(&at);

    // Ended with its accounts; one that has programs is not.
    let busy = providers::by_name(app, "示例服务机构（甲）")
        .await
        .unwrap()
        .unwrap();
    let refused = me
        .post(
            &format!("/office/catalogue/providers/{}/close", busy.id),
            &[("confirm", "on")],
        )
        .await;
    assert_eq!(refused.status, 422);
    refused.shows("没有下架的专业");
    let close = format!("{at}/close");
    assert_eq!(me.post(&close, &[]).await.status, 422, "not ticked");
    me.post(&close, &[("confirm", "on")])
        .await
        .leads("/office/catalogue/providers");
    assert!(providers::by_name(app, "济南乙培训学校").await.unwrap().is_none());
    let sql = "SELECT COUNT(*) FROM officers WHERE union_id = $1 AND active = 1";
    assert_eq!(crate::acts::number(app, sql, &provider.id).await, 0);
    for act in [
        "provider.add",
        "provider.rename",
        "provider.close",
        "officer.rename",
        "officer.void_password",
    ] {
        let sql = "SELECT COUNT(*) FROM audit WHERE act = $1";
        assert!(crate::acts::number(app, sql, act).await >= 1, "{act}");
    }
}

on_both_stores! {
    /// a password that was taken back opens nothing, its sessions end; others than the city's administrators, and a
    /// provider's of another one, find nothing.
    what_is_taken_back_opens_nothing
}
async fn what_is_taken_back_opens_nothing(test: &TestApp) {
    let app = &test.app;
    let by = keeper(app).await;
    let phone = Phone::stored(seed_courses::OFFICER.1.to_owned());
    let zhao = officers::check_password(app, &phone, seed::PASSWORD)
        .await
        .unwrap();
    let mut theirs = Visitor::officer(test, &zhao.id).await;
    assert_eq!(theirs.get("/office/provider").await.status, 200);
    let [street, unit, _] = builders::demo_officers(app).await;
    let account = format!("/office/officers/{}", zhao.id);
    for stranger in [&street, &unit] {
        let mut visitor = Visitor::officer(test, &stranger.id).await;
        for path in [account.clone(), format!("/office/unions/{}", zhao.union.id)] {
            assert_eq!(visitor.get(&path).await.status, 404, "{path}");
        }
        let page = visitor
            .get(&format!("/office/catalogue/providers/{}", zhao.union.id))
            .await;
        assert_eq!(page.status, 403);
        assert_eq!(
            visitor.post(&format!("{account}/password"), &[]).await.status,
            404
        );
    }
    staff::void_password(app, &by, &zhao.id).await.unwrap();
    assert_eq!(theirs.get("/office/provider").await.status, 303, "to the sign-in");
    assert_eq!(
        refused(officers::check_password(app, &phone, seed::PASSWORD).await),
        Refusal::PasswordWrong
    );
    assert_eq!(
        refused(officers::check_password(app, &phone, "").await),
        Refusal::PasswordWrong
    );
}

on_both_stores! {
    /// no program comes, or comes back, to a provider that has ended, not even from a page that was open before.
    an_ended_provider_gets_no_program
}
async fn an_ended_provider_gets_no_program(test: &TestApp) {
    let app = &test.app;
    let by = keeper(app).await;
    let new = providers::NewProvider {
        name: "济南丙职业培训学校",
        officer: "钱进",
        phone: "13905310077",
    };
    let provider = providers::add(app, &by, &new).await.unwrap();
    let mut typed = Typed::of(&program(app, "机电一体化").await);
    typed.code = "JN-0777".to_owned();
    typed.provider = provider.name.clone();
    let seen_before = providers::list(app).await.unwrap();
    let id = books::save(app, &by, None, &typed, &seen_before)
        .await
        .unwrap()
        .unwrap();
    books::set_state(app, &by, &id, 1, ProgramState::Withdrawn)
        .await
        .unwrap();
    close_provider(app, &by, &provider.id).await.unwrap();

    let version = books::find(app, &id).await.unwrap().version;
    let back = books::set_state(app, &by, &id, version, ProgramState::Open).await;
    assert_eq!(refused(back), Refusal::ProviderEnded);
    assert_eq!(
        books::find(app, &id).await.unwrap().state,
        ProgramState::Withdrawn
    );

    typed.code = "JN-0778".to_owned();
    let late = books::save(app, &by, None, &typed, &seen_before).await.unwrap();
    assert_eq!(late, Err(vec![("provider", Refusal::ProviderEnded.text())]));
    assert!(search_by_code(app, "JN-0778").await.is_none());
}

async fn search_by_code(app: &App, code: &str) -> Option<String> {
    let sql = "SELECT id FROM programs WHERE code = $1";
    crate::acts::texts(app, sql, code).await.pop()
}

on_both_stores! {
    /// a provider's administrator finds the accounts of their own provider from the bar, and comes back there.
    a_provider_s_administrator_keeps_its_accounts
}
async fn a_provider_s_administrator_keeps_its_accounts(test: &TestApp) {
    let app = &test.app;
    let phone = Phone::stored(seed_courses::OFFICER.1.to_owned());
    let zhao = officers::check_password(app, &phone, seed::PASSWORD)
        .await
        .unwrap();
    let mut theirs = Visitor::officer(test, &zhao.id).await;
    let staff_page = "/office/provider/staff";
    theirs
        .get("/office/provider")
        .await
        .shows("data-testid=\"tab-staff\"");
    let add = format!("/office/unions/{}/officers", zhao.union.id);
    theirs.get(staff_page).await.shows(&add);
    theirs.get(&add).await.shows(&format!("href=\"{staff_page}\""));
    let new = [
        ("name", "孙平"),
        ("phone", "13905310078"),
        ("role_reviewer", "on"),
    ];
    theirs.post(&add, &new).await.leads(staff_page);
    theirs.get(staff_page).await.shows("孙平");

    // Who only admits does not keep accounts; a union's administrator has none here.
    let members = staff::list(app, &zhao, &zhao.union.id).await.unwrap();
    let reviewer = members.iter().find(|one| one.name == "孙平").unwrap();
    let mut reviewer = Visitor::officer(test, &reviewer.id).await;
    reviewer.get("/office/provider").await.hides("tab-staff");
    assert_eq!(reviewer.get(staff_page).await.status, 403);
    let mut centre = Visitor::officer(test, &keeper(app).await.id).await;
    assert_eq!(centre.get(staff_page).await.status, 404);
}
