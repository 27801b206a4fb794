//! Who gets in, and who sees what.

use super::{Answer, Desk, officer, path, state};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, picture, street, submitted, union};
use crate::on_both_stores;
use reqwest::header::SET_COOKIE;
use yuanmeng::application::{DocumentKind, State, documents};
use yuanmeng::cli::seed;
use yuanmeng::kernel::Refusal;
use yuanmeng::union::{Role, officers};

async fn nobody(test: &TestApp) -> (Desk<'_>, String) {
    let desk = Desk {
        test,
        cookie: String::new(),
    };
    let page = desk.get("/office/sign-in?next=%2Foffice%2Fme").await;
    let cookie = page
        .header(SET_COOKIE)
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    (Desk { test, cookie }, page.field("csrf"))
}

async fn sign_in(desk: &Desk<'_>, csrf: &str, phone: &str, password: &str) -> Answer {
    let fields = [
        ("csrf", csrf),
        ("phone", phone),
        ("password", password),
        ("next", "/office/me"),
    ];
    desk.post("/office/sign-in", &fields).await
}

on_both_stores! {
    /// An address with a NUL leads nowhere on either store: 404, no fault.
    a_nul_in_an_address_is_not_found
}
async fn a_nul_in_an_address_is_not_found(test: &TestApp) {
    let [street, ..] = demo_officers(&test.app).await;
    let desk = Desk::of(test, &street.id).await;
    for path in [
        "/office/applications/%00",
        "/office/applications/a%00b/documents/%00",
        "/office/join/%00",
        "/office/unions/%00",
        "/office/registrations/%00",
        "/apply/handoff/%00",
        "/apply/examples/%00",
    ] {
        assert_eq!(desk.get(path).await.status, 404, "{path}");
    }
}

on_both_stores! {
    /// phone and password; wrong phone and wrong password get the same words; then on to where one wanted to.
    officers_sign_in_with_phone_and_password
}
async fn officers_sign_in_with_phone_and_password(test: &TestApp) {
    let (desk, csrf) = nobody(test).await;
    let away = desk.get("/office/me").await;
    assert_eq!(
        (away.status, away.location()),
        (303, "/office/sign-in?next=%2Foffice%2Fme")
    );

    let phone = seed::OFFICERS[0].phone;
    let wrong = sign_in(&desk, &csrf, phone, "not the password").await;
    let unknown = sign_in(&desk, &csrf, "13911112222", seed::PASSWORD).await;
    for answer in [&wrong, &unknown] {
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(&Refusal::PasswordWrong.text()));
    }
    assert_eq!(
        wrong.text.replace(phone, ""),
        unknown.text.replace("13911112222", ""),
        "the two are not told apart"
    );
    assert!(
        sign_in(&desk, &csrf, "139", "")
            .await
            .text
            .contains("11 位手机号码")
    );

    let right = sign_in(&desk, &csrf, phone, seed::PASSWORD).await;
    assert_eq!((right.status, right.location()), (303, "/office/me"));
    let cookie = right
        .header(SET_COOKIE)
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    assert_ne!(cookie, desk.cookie, "the session's id changes at sign-in");
    assert_eq!(
        desk.get("/office/me").await.status,
        303,
        "the old id is worthless"
    );
    let desk = Desk { test, cookie };
    let me = desk.get("/office/me").await;
    assert!(me.text.contains("张敏") && me.text.contains(seed::STREET) && me.text.contains("审核员"));
    assert!(me.text.contains("139****9001") && !me.text.contains(phone));

    let out = desk
        .post("/office/sign-out", &[("csrf", &me.field("csrf"))])
        .await;
    assert_eq!((out.status, out.location()), (303, "/office/sign-in"));
    assert_eq!(desk.get("/office/me").await.status, 303);
}

on_both_stores! {
    /// after five wrong passwords for a phone even the right one waits.
    a_phone_is_tried_five_times
}
async fn a_phone_is_tried_five_times(test: &TestApp) {
    let (desk, csrf) = nobody(test).await;
    let phone = seed::OFFICERS[0].phone;
    for _ in 0..5 {
        assert_eq!(sign_in(&desk, &csrf, phone, "not the password").await.status, 422);
    }
    let sixth = sign_in(&desk, &csrf, phone, seed::PASSWORD).await;
    assert_eq!(sixth.status, 429);
    assert!(sixth.text.contains(&Refusal::SignInTooMany.text()));
    let other = sign_in(&desk, &csrf, seed::OFFICERS[1].phone, seed::PASSWORD).await;
    assert_eq!(other.status, 303, "others at the same address go on");
}

on_both_stores! {
    /// from one address fifty attempts, whichever phones.
    an_address_is_tried_fifty_times
}
async fn an_address_is_tried_fifty_times(test: &TestApp) {
    let (desk, csrf) = nobody(test).await;
    for n in 0..50 {
        let phone = format!("138000010{n:02}");
        assert_eq!(
            sign_in(&desk, &csrf, &phone, "not the password").await.status,
            422
        );
    }
    let next = sign_in(&desk, &csrf, seed::OFFICERS[0].phone, seed::PASSWORD).await;
    assert_eq!(next.status, 429);
}

on_both_stores! {
    /// R-21, bad input: to an officer of another branch an application is not there, nor are its papers.
    another_branch_is_not_found
}
async fn another_branch_is_not_found(test: &TestApp) {
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    let paper = documents::of(&test.app, &id).await.unwrap().remove(0);
    let file = format!("{}/documents/{}", path(&id), paper.id);
    let elsewhere = union(&test.app, &["历下区总工会", "泉城路街道总工会"]).await;
    let other = Desk::of(
        test,
        &officer(test, &elsewhere, "13900139009", &[Role::Reviewer]).await,
    )
    .await;
    assert_eq!(other.get(&path(&id)).await.status, 404);
    assert_eq!(other.get(&file).await.status, 404);
    assert_eq!(
        other.decide_on(&id, "9", &[("verdict", "pass")]).await.status,
        404
    );
    assert_eq!(other.decide_on(&id, "9", &[]).await.status, 404);
    assert!(!other.get("/office?tab=all").await.text.contains("王小梅"));
    assert_eq!(other.get("/office/applications/none").await.status, 404);
    assert_eq!(state(test, &id).await, State::InReview);
}

on_both_stores! {
    /// a paper comes as what it is, under a name that says nothing of whose, and is kept nowhere.
    papers_come_with_safe_headers
}
async fn papers_come_with_safe_headers(test: &TestApp) {
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    let papers = documents::of(&test.app, &id).await.unwrap();
    let front = papers.iter().find(|d| d.kind == DocumentKind::IdFront).unwrap();
    let url = format!("{}{}/documents/{}", test.url, path(&id), front.id);
    let answer = test
        .http
        .get(&url)
        .header("cookie", &desk.cookie)
        .send()
        .await
        .unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-disposition"), "inline; filename=\"id_front.png\"");
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(answer.bytes().await.unwrap(), picture());
    assert_eq!(
        test.http.get(&url).send().await.unwrap().status(),
        303,
        "not without signing in"
    );
    let (_, other) = submitted(test, 2, &street(&test.app).await).await;
    let crossed = desk
        .get(&format!("{}/documents/{}", path(&other), front.id))
        .await;
    assert_eq!(
        crossed.status, 404,
        "a paper stands under its own application only"
    );
}

on_both_stores! {
    /// a bound WeChat can be given up; the page then offers the code to scan.
    wechat_is_unbound
}
async fn wechat_is_unbound(test: &TestApp) {
    let officers = demo_officers(&test.app).await;
    let desk = Desk::of(test, &officers[0].id).await;
    assert!(
        desk.get("/office/me")
            .await
            .text
            .contains("data-testid=\"bound\"")
    );
    let answer = desk.post("/office/me/unbind", &[("csrf", CSRF)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/office/me"));
    assert!(desk.get("/office/me").await.text.contains("/office/me/wechat-qr"));
    assert_eq!(
        officers::find(&test.app, &officers[0].id).await.unwrap().openid,
        None
    );
}

on_both_stores! {
    /// No form is taken without its token.
    every_form_needs_its_token
}
async fn every_form_needs_its_token(test: &TestApp) {
    let (_, id) = submitted(test, 1, &street(&test.app).await).await;
    let desk = Desk::of(test, &demo_officers(&test.app).await[0].id).await;
    let version = desk.get(&path(&id)).await.field("version");
    for (path, csrf) in [
        (path(&id).as_str(), ""),
        (path(&id).as_str(), "another"),
        ("/office/sign-in", ""),
        ("/office/sign-out", ""),
        ("/office/me/unbind", ""),
    ] {
        let fields = [("csrf", csrf), ("version", &version), ("verdict", "pass")];
        assert_eq!(desk.post(path, &fields).await.status, 403, "{path}");
        assert_eq!(desk.post(path, &fields[1..]).await.status, 403, "{path}");
    }
    assert_eq!(state(test, &id).await, State::InReview);
    assert!(
        desk.get("/office/me")
            .await
            .text
            .contains("data-testid=\"bound\""),
        "still signed in and bound"
    );
}
