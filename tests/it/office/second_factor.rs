//! A scan with the bound WeChat after the password.

use super::joining::door;
use super::{Answer, Desk};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers};
use crate::on_both_stores;
use serde_json::json;
use yuanmeng::cli::seed;
use yuanmeng::error::{Door, Error};
use yuanmeng::kernel::Refusal;
use yuanmeng::sim::openid_of;
use yuanmeng::union::{binding, officers, sessions, staff};

/// Signs in up to the scan; the scene that the page's code shows is the last one that WeChat was asked for.
async fn pending(test: &TestApp) -> (Desk<'_>, String) {
    let desk = Desk {
        test,
        cookie: String::new(),
    };
    let page = desk.get("/office/sign-in").await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = page.field("csrf");
    let desk = Desk { test, cookie };
    let fields = [
        ("csrf", csrf.as_str()),
        ("phone", seed::OFFICERS[0].phone),
        ("password", seed::PASSWORD),
    ];
    let answer: Answer = desk.post("/office/sign-in", &fields).await;
    assert_eq!(answer.location(), "/office/sign-in/wechat?next=%2Foffice");
    let shown = desk.get("/office/sign-in/wechat-qr").await;
    assert!(shown.text.contains("<svg"));
    let phone = test.sim_get("/phone/zhang/state").await;
    let scene = phone["codes"][0]["scene"].as_str().unwrap().to_owned();
    assert!(scene.starts_with("enter-"), "{scene}");
    (desk, scene)
}

on_both_stores! {
    /// with the setting on, the password alone opens nothing; the bound WeChat's scan does, another's does not.
    a_scan_completes_the_sign_in
}
async fn a_scan_completes_the_sign_in(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let me = Desk::of(test, &street.id).await;
    officers::bind(&test.app, &unit.id, None).await.unwrap();
    let other = Desk::of(test, &unit.id).await;
    let refused = other
        .post("/office/me/second-factor", &[("csrf", CSRF), ("factor", "on")])
        .await;
    assert!(refused.status == 422 && refused.text.contains(&Refusal::WechatNotBound.text()));
    assert_eq!(
        me.post("/office/me/second-factor", &[("csrf", CSRF), ("factor", "on")])
            .await
            .status,
        303
    );
    let kept = me.post("/office/me/unbind", &[("csrf", CSRF)]).await;
    assert!(kept.text.contains(&Refusal::SecondFactorOn.text()));
    assert!(
        !officers::bind(&test.app, &unit.id, Some(&openid_of("zhang")))
            .await
            .unwrap(),
        "nor taken by another"
    );

    let (desk, scene) = pending(test).await;
    assert_eq!(desk.get("/office/me").await.status, 303, "not in yet");
    let wrong = test
        .sim_post("/sim/scan", json!({ "user": "li", "scene": scene }))
        .await;
    assert!(wrong.to_string().contains("不是该账号绑定的微信"), "{wrong}");
    assert!(
        desk.get("/office/sign-in/wechat.json")
            .await
            .text
            .contains("waiting")
    );
    assert_eq!(desk.get("/office/sign-in/wechat").await.status, 200);
    let right = test
        .sim_post("/sim/scan", json!({ "user": "zhang", "scene": scene }))
        .await;
    assert!(right.to_string().contains("验证通过"), "{right}");
    assert!(
        desk.get("/office/sign-in/wechat.json")
            .await
            .text
            .contains("scanned")
    );
    let entered = desk.get("/office/sign-in/wechat").await;
    assert_eq!((entered.status, entered.location()), (303, "/office"));
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(Desk { test, cookie }.get("/office/me").await.status, 200);
    let again = binding::scanned(&test.app, &scene, &openid_of("zhang"))
        .await
        .unwrap();
    assert!(matches!(again, binding::Scanned::Stale), "used once");

    let above = Desk::of(test, &unit.id).await;
    let path = format!("/office/officers/{}/unbind", street.id);
    assert_eq!(
        above.post(&path, &[("csrf", CSRF)]).await.status,
        303,
        "who lost the phone is helped from above"
    );
    assert_eq!(
        door(test, seed::OFFICERS[0].phone, seed::PASSWORD)
            .await
            .location(),
        "/office"
    );
}

on_both_stores! {
    /// a password that is taken back while somebody signs in with it lets nobody in, neither at once nor by a scan that
    /// was asked for before.
    what_is_taken_back_meanwhile_opens_nothing
}
async fn what_is_taken_back_meanwhile_opens_nothing(test: &TestApp) {
    let app = &test.app;
    let [street, unit, _] = demo_officers(app).await;
    let me = Desk::of(test, &street.id).await;
    me.post("/office/me/second-factor", &[("csrf", CSRF), ("factor", "on")])
        .await;
    // The password was right a moment ago, in both.
    let checked = officers::find(app, &street.id).await.unwrap();
    let (desk, scene) = pending(test).await;
    staff::void_password(app, &unit, &street.id).await.unwrap();

    let late = sessions::begin(app, &checked, "Chrome · Windows").await;
    assert!(matches!(late, Err(Error::SignIn(Door::Officer))), "{late:?}");
    assert!(sessions::list(app, &checked).await.unwrap().is_empty());
    let scanned = binding::scanned(app, &scene, &openid_of("zhang")).await.unwrap();
    assert!(matches!(scanned, binding::Scanned::Stale));
    assert_eq!(
        desk.get("/office/sign-in/wechat").await.location(),
        "/office/sign-in",
        "the scan is over"
    );
    assert_eq!(desk.get("/office/me").await.status, 303, "nobody is in");
}
