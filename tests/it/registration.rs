//! 免费注册 on the PC, and passwords.

use crate::app::TestApp;
use crate::builders::{id_number, phone, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use yuanmeng::account::{throttle, workers};
use yuanmeng::kernel::{Phone, Refusal};

const PASSWORD: &str = "泉城工会 2026";

/// Everything of the PC's page, right.
fn all<'a>(phone: &'a str, code: &'a str, id_number: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("full", "1"),
        ("phone", phone),
        ("code", code),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("district", "长清区"),
        ("education", "高中"),
        ("skill", "中级工（四级）"),
        ("id_number", id_number),
        ("email", "wang@example.cn"),
        ("study_plan", "yes"),
    ]
}

fn but<'a>(fields: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let change = |(n, v): &(&'a str, &'a str)| if *n == name { (*n, value) } else { (*n, *v) };
    fields.iter().map(change).collect()
}

on_both_stores! {
    /// "PC adds password (twice), 所在地, 学历情况, 技能情况, and optional ID number and e-mail". Every wrong field
    /// is told at once and what was typed stays, the passwords excepted.
    the_pc_asks_for_more
}
async fn the_pc_asks_for_more(test: &TestApp) {
    let (phone, id_number) = (phone(1), id_number(1));
    let mut me = Visitor::new(test);
    let page = me.get("/sign-up").await;
    page.shows("注册优势")
        .shows("disabled hidden")
        .shows("设置密码并填写完整资料");
    me.get("/sign-up?full=1")
        .await
        .hides("disabled hidden")
        .shows("济南市以外");

    let wrong = [
        ("full", "1"),
        ("phone", "1701234"),
        ("password", "12345678"),
        ("district", "青岛市"),
        ("id_number", "370102199003070021"),
        ("email", "wang"),
    ];
    let page = me.post("/sign-up", &wrong).await;
    for words in [
        "姓名：请填写此项",
        "请填写 11 位手机号码",
        "短信验证码：请填写此项",
        &Refusal::PasswordWeak.text(),
        "企业/单位：请填写此项",
        "所在地：请从列表中选择一项",
        "学历情况：请从列表中选择一项",
        "技能情况：请从列表中选择一项",
        "身份证号校验不通过",
        "请填写正确的邮箱地址",
    ] {
        page.shows(words);
    }
    page.hides("12345678")
        .shows("value=\"wang\"")
        .hides("disabled hidden");

    let code = me.code(&phone).await;
    let right = all(&phone, &code, &id_number);
    me.post("/sign-up", &but(&right, "password_again", "另一个密码 2026"))
        .await
        .shows(&Refusal::PasswordsDiffer.text());
    me.post("/sign-up", &right).await.leads("/");
    let page = me.get("/me").await;
    page.shows("修改登录密码").hides("已实名").hides(&id_number);
    let known = workers::by_phone(&test.app, &Phone::stored(phone.clone()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            known.profile.district.as_str(),
            known.profile.email.as_str(),
            known.study_plan
        ),
        ("长清区", "wang@example.cn", true)
    );
    assert!(known.verified_at.is_none(), "R-3: what is typed is not verified");

    // What is optional may be left out.
    let other = crate::builders::phone(2);
    let mut me = Visitor::new(test);
    me.get("/sign-up").await;
    let code = me.code(&other).await;
    let right = all(&other, &code, "");
    me.post("/sign-up", &but(&right, "email", "")).await.leads("/");
}

on_both_stores! {
    /// "phone + password or SMS (PC)". An unknown phone, an account without a password and a wrong password are
    /// answered alike; after five tries even the right one has to wait.
    the_password_signs_in_and_is_throttled
}
async fn the_password_signs_in_and_is_throttled(test: &TestApp) {
    let (phone, without) = (phone(1), phone(2));
    worker(test, 2).await;
    let mut me = Visitor::new(test);
    me.get("/sign-up").await;
    let code = me.code(&phone).await;
    me.post("/sign-up", &all(&phone, &code, "")).await.leads("/");

    let mut pc = Visitor::new(test);
    pc.get("/sign-in/password?next=/me").await.shows("密码登录");
    let mut answers = Vec::new();
    for (who, password) in [
        (phone.as_str(), "something else"),
        (&without, "something else"),
        ("13612345678", "something else"),
    ] {
        let page = pc
            .post("/sign-in/password", &[("phone", who), ("password", password)])
            .await;
        assert_eq!(page.status, 422);
        page.shows(&Refusal::PasswordWrong.text()).hides("something else");
        answers.push(page.html.replace(who, "").len());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    let right = [("phone", phone.as_str()), ("password", PASSWORD), ("next", "/me")];
    pc.post("/sign-in/password", &right).await.leads("/me");
    pc.get("/me").await.shows("密码登录").shows("136****0001");

    let mut thief = Visitor::new(test);
    thief.get("/sign-in/password").await;
    for _ in 0..throttle::WORKER_PASSWORDS_PER_PHONE.most {
        thief
            .post(
                "/sign-in/password",
                &[("phone", &phone), ("password", "a guess again")],
            )
            .await
            .shows(&Refusal::PasswordWrong.text());
    }
    thief
        .post("/sign-in/password", &right)
        .await
        .shows(&Refusal::SignInTooMany.text());
    // The code is another way in.
    let mut me = Visitor::new(test);
    me.get("/sign-in").await;
    forget_gap(test, &phone).await;
    let code = me.code(&phone).await;
    me.post("/sign-in", &[("phone", &phone), ("code", &code)])
        .await
        .leads("/");
}

async fn forget_gap(test: &TestApp, phone: &str) {
    let index = test.app.phone_index(&Phone::stored(phone.to_owned()));
    test.app.cache.delete(&format!("sms-gap:{index}")).await.unwrap();
}

on_both_stores! {
    /// a forgotten password is set anew by the code, and every other sign-in ends; the account's page sets one after a
    /// proof, and the phone is told.
    a_password_is_reset_by_the_code
}
async fn a_password_is_reset_by_the_code(test: &TestApp) {
    let phone = phone(1);
    let who = worker(test, 1).await;
    let mut elsewhere = Visitor::signed_in(test, &who.id).await;
    assert_eq!(elsewhere.get("/me").await.status, 200);
    let mut me = Visitor::new(test);
    me.get("/sign-in/forgot").await.shows("设置新密码");
    forget_gap(test, &phone).await;
    let code = me.code(&phone).await;
    let typed = [
        ("phone", phone.as_str()),
        ("code", &code),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("next", "/me"),
    ];
    me.post("/sign-in/forgot", &typed).await.leads("/me");
    me.get("/me").await.shows("修改登录密码");
    elsewhere.get("/me").await.leads("/sign-in?next=%2Fme");

    // Changed where one is signed in: proven a moment ago by the code, so nothing is asked.
    me.get("/me/password").await.shows("修改登录密码");
    let new = [
        ("password", "another 密码 99"),
        ("password_again", "another 密码 99"),
    ];
    me.post("/me/password", &new).await.leads("/me");
    test.settle().await;
    let told = test.sms(&phone).await;
    assert!(told.last().unwrap().contains("密码已修改"), "{told:?}");
    // Later it is.
    test.app.clock.advance(11 * 60_000);
    me.get("/me/password").await.leads("/me/prove?next=/me/password");
    me.post("/me/password", &new)
        .await
        .leads("/me/prove?next=/me/password");
    me.get("/me/prove?next=/me/password").await.shows("136****0001");
    me.post("/me/prove", &[("password", PASSWORD)])
        .await
        .shows(&Refusal::PasswordWrong.text());
    me.post(
        "/me/prove",
        &[("password", "another 密码 99"), ("next", "/me/password")],
    )
    .await
    .leads("/me/password");
    assert_eq!(me.get("/me/password").await.status, 200);
}
