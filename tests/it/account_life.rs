//! The account's life: change of phone, joining two, ending sign-ins, leaving (R-6, R-11; docs/privacy.md).

use crate::acts::{bound_submitted, decide_now, number, refused, texts, wrong_field};
use crate::app::TestApp;
use crate::builders::{self, code_of, demo_officers, drag, id_number, phone, ready, street, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use sqlx::Row as _;
use yuanmeng::account::{Worker, change_phone, slider, sms_code, workers};
use yuanmeng::application::{self, FormText, State, drafts, joining, leaving, submit};
use yuanmeng::error::Result;
use yuanmeng::kernel::{Phone, Refusal};
use yuanmeng::review::Verdict;
use yuanmeng::sim::openid_of;

/// A minute later, for the n-th phone.
async fn gap_is_over(test: &TestApp, n: usize) {
    let index = test.app.phone_index(&Phone::stored(phone(n)));
    test.app.cache.delete(&format!("sms-gap:{index}")).await.unwrap();
}

/// A code sent to the n-th phone.
async fn code(test: &TestApp, n: usize) -> String {
    let app = &test.app;
    let to = Phone::stored(phone(n));
    gap_is_over(test, n).await;
    let address = app.entropy.token();
    let challenge = slider::challenge(app).await.unwrap();
    let pass = slider::solve(app, &address, &challenge, &drag()).await.unwrap();
    sms_code::send(app, &to, &address, &pass).await.unwrap();
    code_of(test, &phone(n)).await
}

pub async fn join(test: &TestApp, into: &Worker, n: usize) -> Result<Worker> {
    let code = code(test, n).await;
    joining::join(&test.app, into, &phone(n), &code).await
}

on_both_stores! {
    /// the new phone is proven; the old one is told, no longer signs in, and sign-ins elsewhere end.
    a_phone_is_changed
}
async fn a_phone_is_changed(test: &TestApp) {
    let who = worker(test, 1).await;
    worker(test, 3).await;
    let mut elsewhere = Visitor::signed_in(test, &who.id).await;
    let mut me = Visitor::signed_in(test, &who.id).await;
    assert_eq!(elsewhere.get("/me").await.status, 200);
    me.get("/me").await.shows("退出其他设备");
    me.get("/me/phone").await.leads("/me/prove?next=/me/phone");
    me.post("/me/phone", &[("phone", &phone(2)), ("code", "1")])
        .await
        .leads("/me/prove?next=/me/phone");
    // Proven by the old phone, whose number is not typed.
    me.get("/me/prove?next=/me/phone").await.hides(&phone(1));
    let proof = code(test, 1).await;
    me.post("/me/prove", &[("code", &proof), ("next", "/me/phone")])
        .await
        .leads("/me/phone");
    me.get("/me/phone").await.shows("136****0001");
    for (n, refusal) in [(1, Refusal::PhoneIsYours), (3, Refusal::PhoneOfAnother)] {
        let code = code(test, n).await;
        me.post("/me/phone", &[("phone", &phone(n)), ("code", &code)])
            .await
            .shows(&refusal.text());
    }
    me.post("/me/phone", &[("phone", "17012345678"), ("code", "123456")])
        .await
        .shows("虚拟号段");
    let proof = code(test, 2).await;
    me.post("/me/phone", &[("phone", &phone(2)), ("code", &proof)])
        .await
        .leads("/me");
    me.get("/me").await.shows("136****0002");
    elsewhere.get("/me").await.leads("/sign-in?next=%2Fme");
    let app = &test.app;
    assert!(
        workers::by_phone(app, &Phone::stored(phone(1)))
            .await
            .unwrap()
            .is_none()
    );
    test.settle().await;
    let told = test.sms(&phone(1)).await;
    assert!(told.last().unwrap().contains("已更换手机号"), "{told:?}");
    assert_eq!(
        number(app, "SELECT COUNT(*) FROM account_messages WHERE id <> $1", "").await,
        0
    );
    // What was seen before counts no more.
    let stale = change_phone::change(app, &who, &phone(4), &code(test, 4).await, "").await;
    assert_eq!(refused(stale), Refusal::ChangedMeanwhile);
    let acts = texts(app, "SELECT act FROM audit WHERE subject_id = $1", &who.id).await;
    assert!(acts.iter().any(|act| act == "worker.change_phone"));
}

on_both_stores! {
    /// A sign-in is seen where one is signed in, and the others can be ended; signing out ends one.
    sign_ins_are_listed_and_ended
}
async fn sign_ins_are_listed_and_ended(test: &TestApp) {
    let who = worker(test, 1).await;
    let mut me = Visitor::signed_in(test, &who.id).await;
    let mut other = Visitor::signed_in(test, &who.id).await;
    other.get("/me").await.shows("本机").shows("退出其他设备");
    me.post("/me/sign-ins", &[]).await.leads("/me");
    me.get("/me")
        .await
        .shows("已退出其他 1 处登录")
        .hides("退出其他设备");
    other.get("/me").await.leads("/sign-in?next=%2Fme");
    me.post("/sign-out", &[]).await.leads("/");
    let left = number(
        &test.app,
        "SELECT COUNT(*) FROM sign_ins WHERE worker_id = $1",
        &who.id,
    )
    .await;
    assert_eq!(left, 0);
}

on_both_stores! {
    /// two accounts become one after the other's phone is proven; the application comes along. Where both have
    /// applied people decide.
    two_accounts_become_one
}
async fn two_accounts_become_one(test: &TestApp) {
    let app = &test.app;
    let union = street(app).await;
    let (from, _, application) = bound_submitted(test, 1, &union).await;
    let into = worker(test, 2).await;
    let wrong = joining::join(app, &into, &phone(1), "123456").await;
    assert_eq!(
        wrong_field(wrong).1,
        Refusal::SmsCodeNone,
        "not without the proof"
    );
    let itself = joining::join(app, &into, &phone(2), "123456").await;
    assert_eq!(wrong_field(itself), ("phone", Refusal::JoinItself));
    let nobody = joining::join(app, &into, &phone(9), &code(test, 9).await).await;
    assert_eq!(wrong_field(nobody), ("phone", Refusal::PhoneUnknown));

    let one = join(test, &into, 1).await.unwrap();
    assert_eq!(
        (one.id.as_str(), one.openid.as_ref()),
        (
            into.id.as_str(),
            from.openid.as_ref().or(Some(&openid_of("worker1")))
        )
    );
    assert_eq!(
        application::find(app, &application).await.unwrap().worker_id,
        into.id
    );
    assert!(workers::is_closed(app, &from.id).await.unwrap());
    let acts = texts(app, "SELECT act FROM audit WHERE subject_id = $1", &from.id).await;
    assert!(acts.iter().any(|act| act == "worker.joined_into"), "{acts:?}");
    test.settle().await;
    assert!(
        test.sms(&phone(1))
            .await
            .last()
            .unwrap()
            .contains("已与您的另一个账户合并")
    );

    // Both have applied.
    let third = worker(test, 3).await;
    drafts::begin(app, &third.id, &FormText::default()).await.unwrap();
    assert_eq!(refused(join(test, &one, 3).await), Refusal::JoinBothApplied);
    assert!(
        !workers::is_closed(app, &third.id).await.unwrap(),
        "nothing is half done"
    );
    assert!(Refusal::JoinBothApplied.text().contains("4000123318"));
}

on_both_stores! {
    /// on the pages; and a WeChat bound to one account goes with who signs in to another by it, the first being told.
    a_wechat_moves_and_the_pages_join
}
async fn a_wechat_moves_and_the_pages_join(test: &TestApp) {
    let app = &test.app;
    let (a, b) = (worker(test, 1).await, worker(test, 2).await);
    let openid = openid_of("wang");
    assert!(!workers::bind(app, &a.id, &openid, None).await.unwrap());
    assert!(workers::bind(app, &b.id, &openid, None).await.unwrap());
    test.settle().await;
    assert!(
        test.sms(&phone(1))
            .await
            .last()
            .unwrap()
            .contains("改为绑定另一个")
    );
    assert_eq!(workers::by_openid(app, &openid).await.unwrap().unwrap().id, b.id);

    let mut me = Visitor::signed_in(test, &b.id).await;
    me.get("/me").await;
    let proof = code(test, 2).await;
    me.post("/me/prove", &[("code", &proof), ("next", "/me/join")])
        .await
        .leads("/me/join");
    me.get("/me/join").await.shows("合并后不能再分开");
    let proof = code(test, 1).await;
    me.post("/me/join", &[("phone", &phone(1)), ("code", &proof)])
        .await
        .leads("/me");
    me.get("/me").await.shows("两个账户已合并");
    me.post("/me/wechat", &[]).await.leads("/me");
    assert!(workers::by_openid(app, &openid).await.unwrap().is_none());
}

/// Every text of every table, with what its seals hold.
async fn everything(test: &TestApp) -> Vec<(String, String)> {
    let db = test.app.db.read();
    let tables = if test.app.config.stores.database_url.starts_with("sqlite") {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'"
    } else {
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'"
    };
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(db).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(sql).fetch_all(db).await.unwrap() {
            for column in 0..row.columns().len() {
                let Ok(Some(text)) = row.try_get::<Option<String>, _>(column) else {
                    continue;
                };
                for place in [
                    "workers.phone",
                    "workers.profile",
                    "applications.form",
                    "account_messages.phone",
                    "paper_facts.facts",
                    "form_conflicts.value",
                ] {
                    if let Ok(inside) = test.app.sealer.open_text(place, &text) {
                        found.push((format!("{table} (sealed)"), inside));
                    }
                }
                found.push((table.clone(), text));
            }
        }
    }
    found
}

fn files(test: &TestApp) -> usize {
    let dir = test.app.config.stores.data_dir.join("files/documents");
    std::fs::read_dir(dir).map_or(0, |entries| entries.flatten().count())
}

on_both_stores! {
    /// PIPL art. 47 (docs/privacy.md): who leaves is erased, wherever it stands; the place goes to the next; the phone may
    /// sign up anew.
    who_leaves_is_erased
}
async fn who_leaves_is_erased(test: &TestApp) {
    let app = &test.app;
    let union = street(app).await;
    let before = files(test);
    let (who, _, id) = bound_submitted(test, 1, &union).await;
    assert_eq!(
        refused(leaving::leave(app, &who.id, false).await),
        Refusal::LeaveWithdrawFirst
    );
    test.settle().await;
    let secrets = [
        phone(1),
        id_number(1),
        openid_of("worker1"),
        "6222021602001234568".to_owned(),
        "王小梅".to_owned(),
        "济南市长清区崮云湖街道 1 号".to_owned(),
        "济南示范机械有限公司".to_owned(),
    ];
    let there = everything(test).await;
    for secret in &secrets {
        assert!(
            there.iter().any(|(_, text)| text.contains(secret)),
            "{secret} is looked for in vain"
        );
    }
    assert!(files(test) > before);

    let mut elsewhere = Visitor::signed_in(test, &who.id).await;
    let mut me = Visitor::signed_in(test, &who.id).await;
    me.get("/me").await.shows("注销账户");
    me.get("/me/leave").await.leads("/me/prove?next=/me/leave");
    let proof = code(test, 1).await;
    me.post("/me/prove", &[("code", &proof), ("next", "/me/leave")])
        .await
        .leads("/me/leave");
    me.get("/me/leave")
        .await
        .shows("占用的名额立即让给下一位")
        .hides("30 年");
    me.post("/me/leave", &[])
        .await
        .shows(&Refusal::LeaveNotAgreed.text());
    me.post("/me/leave", &[("agree", "yes")])
        .await
        .shows(&Refusal::LeaveWithdrawFirst.text());
    me.post("/me/leave", &[("agree", "yes"), ("withdraw", "yes")])
        .await
        .leads("/");
    me.get("/").await.shows("账户已注销");
    elsewhere.get("/me").await.leads("/sign-in?next=%2Fme");
    test.settle().await;

    let told = test.sms(&phone(1)).await;
    assert!(told.last().unwrap().contains("已注销"), "{told:?}");
    let left = everything(test).await;
    for secret in &secrets {
        let found: Vec<_> = left.iter().filter(|(_, text)| text.contains(secret)).collect();
        assert!(found.is_empty(), "{secret} is left: {found:?}");
    }
    assert_eq!(files(test), before, "the papers' bytes are gone");
    let application = application::find(app, &id).await.unwrap();
    assert_eq!(
        (application.state, application.applicant.as_str()),
        (State::Withdrawn, "")
    );
    assert_eq!(
        number(app, "SELECT COUNT(*) FROM claims WHERE application_id = $1", &id).await,
        0
    );
    let taken = number(
        app,
        "SELECT COUNT(*) FROM quotas WHERE taken > 0 AND unit_id <> $1",
        "",
    )
    .await;
    assert_eq!(taken, 0, "R-20: the place is free");

    gap_is_over(test, 1).await;
    let anew = worker(test, 1).await;
    assert_ne!(anew.id, who.id);
    assert!(application::latest_of(app, &anew.id).await.unwrap().is_none());
}

on_both_stores! {
    /// R-5 and docs/privacy.md: what was approved stays as a voucher, with what the audit needs and no more, and counts
    /// for the same ID number; a draft goes at once.
    an_approved_one_stays_as_a_voucher
}
async fn an_approved_one_stays_as_a_voucher(test: &TestApp) {
    let app = &test.app;
    let union = street(app).await;
    let (who, id) = builders::submitted(test, 1, &union).await;
    for officer in demo_officers(app).await {
        decide_now(app, &officer, &id, Verdict::Pass, &[]).await.unwrap();
    }
    test.settle().await;
    let kept = files(test);
    assert!(leaving::prospect(app, &who.id).await.unwrap().approved);
    leaving::leave(app, &who.id, false).await.unwrap();
    test.settle().await;
    let application = application::find(app, &id).await.unwrap();
    let form = application.form(app).unwrap();
    assert_eq!(
        (form.get("id_number"), form.get("card")),
        (id_number(1).as_str(), "6222021602001234568")
    );
    for gone in [
        "address",
        "phone",
        "sex",
        "employer_contact",
        "employer_phone",
        "employer_address",
    ] {
        assert_eq!(form.get(gone), "", "{gone} is not needed");
    }
    assert_eq!(
        files(test),
        kept,
        "the papers that were decided on are the voucher's"
    );
    let phones = everything(test).await;
    assert!(!phones.iter().any(|(_, text)| text.contains(&phone(1))));

    // The same person again: R-5 remembers by the ID number.
    gap_is_over(test, 1).await;
    let anew = worker(test, 1).await;
    let again = ready(test, &anew, 1, &union).await;
    let refused = refused(submit::submit(app, &anew.id, &again, &anew.phone).await);
    assert!(matches!(refused, Refusal::AlreadyThisYear { .. }), "{refused:?}");
    // A draft is nobody's voucher.
    leaving::leave(app, &anew.id, false).await.unwrap();
    test.settle().await;
    assert_eq!(files(test), kept);
    let draft = application::find(app, &again).await.unwrap();
    assert!(draft.form(app).unwrap().is_blank());

    // Thirty years after the year's end the voucher goes too.
    assert_eq!(application::erasure::erase_due(app).await.unwrap(), 0);
    app.clock.advance(31 * 366 * 86_400_000);
    assert_eq!(application::erasure::erase_due(app).await.unwrap(), 1);
    assert!(
        application::find(app, &id)
            .await
            .unwrap()
            .form(app)
            .unwrap()
            .is_blank()
    );
}
