//! Officers: roles inside the subtree, the last administrator, leaving, sessions, passwords.

use super::joining::{PASSWORD, door, invite, joined, prove, trail};
use super::{Answer, Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers};
use crate::on_both_stores;
use crate::visitor::Visitor;
use yuanmeng::cli::seed;
use yuanmeng::kernel::{Phone, Refusal};
use yuanmeng::union::sign_in::PER_PHONE_FROM_STRANGERS;
use yuanmeng::union::{Kind, Role, officers};

/// A desk behind the officers' door.
async fn enter<'a>(test: &'a TestApp, phone: &str, password: &str) -> Desk<'a> {
    let entered = door(test, phone, password).await;
    assert_eq!(entered.status, 303, "{}", entered.text);
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    Desk { test, cookie }
}

async fn post(desk: &Desk<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = desk.get("/office/me").await.field("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    desk.post(path, &all).await
}

on_both_stores! {
    /// an officer is added by phone, told by SMS, sets a password by SMS code, and may do what the roles say.
    an_officer_is_added_by_phone
}
async fn an_officer_is_added_by_phone(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let desk = Desk::of(test, &unit.id).await;
    let path = format!("/office/unions/{}/officers", unit.union.id);
    let phone = "13700137081";
    let nothing = desk
        .post(&path, &[("csrf", CSRF), ("name", ""), ("phone", "1")])
        .await;
    assert_eq!(nothing.status, 422);
    for words in ["名称：请填写此项", "11 位手机号码", &Refusal::RolesMissing.text()] {
        assert!(nothing.text.contains(words), "{words}");
    }
    let taken = [
        ("csrf", CSRF),
        ("name", "钱进"),
        ("phone", seed::OFFICERS[0].phone),
        ("role_finance", "on"),
    ];
    assert!(
        desk.post(&path, &taken)
            .await
            .text
            .contains(&Refusal::OfficerPhoneTaken.text())
    );
    let fields = [
        ("csrf", CSRF),
        ("name", "钱进"),
        ("phone", phone),
        ("role_finance", "on"),
        ("role_supervisor", "on"),
    ];
    assert_eq!(desk.post(&path, &fields).await.status, 303);
    test.settle().await;
    assert!(test.sms(phone).await[0].contains("/office/reset"));
    assert!(
        desk.get(&format!("/office/unions/{}", unit.union.id))
            .await
            .text
            .contains("还没有设置密码")
    );
    assert_eq!(
        door(test, phone, "").await.status,
        422,
        "no password is not an empty one"
    );

    let mut visitor = Visitor::new(test);
    visitor.get("/office/reset").await;
    let code = visitor.code(phone).await;
    let weak = visitor
        .post(
            "/office/reset",
            &[
                ("phone", phone),
                ("code", &code),
                ("password", "12345678"),
                ("again", "12345678"),
            ],
        )
        .await;
    weak.shows(&Refusal::PasswordSimple.text()).hides("12345678");
    visitor
        .post(
            "/office/reset",
            &[
                ("phone", phone),
                ("code", &code),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ],
        )
        .await
        .leads("/office/sign-in");
    let unknown = prove(test, "13700137082").await;
    visitor
        .post(
            "/office/reset",
            &[
                ("phone", "13700137082"),
                ("code", &unknown),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ],
        )
        .await
        .shows(&Refusal::OfficerPhoneUnknown.text());
    let me = enter(test, phone, PASSWORD).await.get("/office/me").await;
    assert!(me.text.contains("财务、监督") && me.text.contains("长清区总工会"));
}

on_both_stores! {
    /// other roles end an officer's sessions; the last administrator stays unless the union above takes them away;
    /// who left is out, and their phone may be an officer's elsewhere.
    the_last_administrator_stays
}
async fn the_last_administrator_stays(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let own = Desk::of(test, &street.id).await;
    let path = format!("/office/officers/{}", street.id);
    let last = own.post(&path, &[("csrf", CSRF), ("role_reviewer", "on")]).await;
    assert!(last.status == 422 && last.text.contains(&Refusal::LastAdministrator.text()));
    let last = own
        .post(&format!("{path}/leave"), &[("csrf", CSRF), ("confirm", "on")])
        .await;
    assert!(last.status == 422 && last.text.contains(&Refusal::LastAdministrator.text()));
    assert_eq!(own.get("/office/me").await.status, 200, "nothing changed");
    assert_eq!(
        trail(test, &street.id)
            .await
            .iter()
            .filter(|l| l.ends_with("last_administrator"))
            .count(),
        2
    );

    officer(test, &street.union, "13900139021", &[Role::Administrator]).await;
    assert_eq!(
        own.post(&path, &[("csrf", CSRF), ("role_reviewer", "on")])
            .await
            .status,
        303
    );
    assert_eq!(own.get("/office/me").await.status, 303, "signed out");
    let again = officers::find(&test.app, &street.id).await.unwrap();
    assert_eq!(again.roles, [Role::Reviewer]);

    let (_, boss) = joined(test, &unit, Kind::Enterprise, "长清机械公司工会", "13700137091").await;
    let session = Desk::of(test, &boss.id).await;
    let above = Desk::of(test, &unit.id).await;
    let path = format!("/office/officers/{}/leave", boss.id);
    assert_eq!(
        above.post(&path, &[("csrf", CSRF)]).await.status,
        422,
        "not without the tick"
    );
    assert_eq!(
        above
            .post(&path, &[("csrf", CSRF), ("confirm", "on")])
            .await
            .status,
        303
    );
    assert_eq!(session.get("/office").await.status, 303, "out at once");
    assert!(
        door(test, "13700137091", PASSWORD)
            .await
            .text
            .contains(&Refusal::PasswordWrong.text())
    );
    let guest = invite(test, &unit, Kind::Street, "1").await;
    test.app
        .cache
        .delete(&format!(
            "sms-gap:{}",
            test.app.phone_index(&Phone::stored("13700137091".to_owned()))
        ))
        .await
        .unwrap();
    super::joining::register(test, &guest, "双泉街道总工会", "13700137091").await;
}

on_both_stores! {
    /// two administrators who take each other away at the same moment: one stays.
    one_administrator_is_left
}
async fn one_administrator_is_left(test: &TestApp) {
    let [street, ..] = demo_officers(&test.app).await;
    let other = officer(test, &street.union, "13900139022", &[Role::Administrator]).await;
    let other = officers::find(&test.app, &other).await.unwrap();
    let (a, b) = tokio::join!(
        yuanmeng::union::staff::deactivate(&test.app, &street, &other.id),
        yuanmeng::union::staff::deactivate(&test.app, &other, &street.id)
    );
    let left = officers::of_union(&test.app, &street.union.id, Role::Administrator)
        .await
        .unwrap();
    assert_eq!(left.len(), 1, "{a:?} {b:?}");
}

on_both_stores! {
    /// sessions are listed and ended; a new password ends the others.
    sessions_are_listed_and_ended
}
async fn sessions_are_listed_and_ended(test: &TestApp) {
    let phone = seed::OFFICERS[0].phone;
    let one = enter(test, phone, seed::PASSWORD).await;
    let two = enter(test, phone, seed::PASSWORD).await;
    let me = one.get("/office/me").await;
    assert_eq!(me.text.matches("data-testid=\"session\"").count(), 2);
    assert_eq!(
        me.text.matches("data-testid=\"end-session\"").count(),
        1,
        "not one's own"
    );
    let id = me.field("session");
    assert_eq!(
        post(&one, "/office/me/sessions", &[("session", &id)])
            .await
            .status,
        303
    );
    assert_eq!(two.get("/office/me").await.status, 303, "ended");
    assert_eq!(
        post(&one, "/office/me/sessions", &[("session", "another")])
            .await
            .status,
        303,
        "nobody else's"
    );

    let three = enter(test, phone, seed::PASSWORD).await;
    let change = |old, new, again| [("old", old), ("password", new), ("again", again)];
    for (fields, words) in [
        (change("wrong-1", PASSWORD, PASSWORD), Refusal::PasswordNotOld),
        (
            change(seed::PASSWORD, "short1", "short1"),
            Refusal::TooShort { min: 8 },
        ),
        (
            change(seed::PASSWORD, PASSWORD, "another-1"),
            Refusal::PasswordsDiffer,
        ),
    ] {
        let answer = post(&one, "/office/me/password", &fields).await;
        assert!(
            answer.status == 422 && answer.text.contains(&words.text()),
            "{words:?}"
        );
        assert!(!answer.text.contains(PASSWORD));
    }
    let done = post(
        &one,
        "/office/me/password",
        &change(seed::PASSWORD, PASSWORD, PASSWORD),
    )
    .await;
    assert_eq!(done.status, 303);
    assert_eq!(one.get("/office/me").await.status, 200);
    assert_eq!(three.get("/office/me").await.status, 303, "the others end");
    assert_eq!(door(test, phone, seed::PASSWORD).await.status, 422);
    let out = post(&one, "/office/sign-out", &[]).await;
    assert_eq!(out.status, 303);
    enter(test, phone, PASSWORD).await;
}

on_both_stores! {
    /// strangers' attempts from many addresses end, and do not lock out who is known at theirs.
    strangers_do_not_lock_an_officer_out
}
async fn strangers_do_not_lock_an_officer_out(test: &TestApp) {
    use yuanmeng::union::sign_in::{SignIn, sign_in};
    let phone = seed::OFFICERS[0].phone;
    let attempt = async |password: &str, address: String| {
        sign_in(&test.app, &SignIn { phone, password }, &address).await
    };
    attempt(seed::PASSWORD, "10.0.0.1".to_owned()).await.unwrap();
    let mut refused = 0;
    for n in 0..PER_PHONE_FROM_STRANGERS.most + 2 {
        let answer = format!("{:?}", attempt("guess-no-1", format!("10.1.{n}.1")).await);
        refused += usize::from(answer.contains("SignInTooMany"));
    }
    assert!(refused >= 2, "strangers are stopped together");
    attempt(seed::PASSWORD, "10.0.0.1".to_owned())
        .await
        .expect("the officer goes on at the usual address");
}
