//! Coming in through WeChat over HTTP (R-11; "OAuth state or code" of issue 2's bad input; facts rows 8, 9 and OAuth).

use crate::acts::person;
use crate::app::TestApp;
use crate::builders;
use crate::on_both_stores;
use crate::visitor::{Page, Visitor};
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::json;
use yuanmeng::account::workers;
use yuanmeng::kernel::Refusal;
use yuanmeng::sim::openid_of;

/// WeChat's side of a login: gives the path that it sends the browser back to.
async fn consented(test: &TestApp, authorize: &Page, user: &str) -> String {
    assert_eq!(authorize.status, StatusCode::SEE_OTHER);
    assert!(
        authorize
            .to
            .starts_with(&format!("{}/connect/oauth2/", test.sim_url)),
        "{}",
        authorize.to
    );
    let request = test
        .http
        .get(&authorize.to)
        .header("cookie", format!("sim_user={user}"));
    let answer = request.send().await.unwrap();
    let back = answer
        .headers()
        .get(LOCATION)
        .expect("a way back")
        .to_str()
        .unwrap();
    let path = back.strip_prefix(&test.url).expect("to the account's own page");
    assert!(path.starts_with("/wechat/oauth/callback?"), "{path}");
    path.to_owned()
}

/// A login from beginning to end.
async fn come_in(test: &TestApp, browser: &mut Visitor<'_>, user: &str, next: &str) -> Page {
    let start = browser.get(&format!("/wechat/oauth/start?next={next}")).await;
    let back = consented(test, &start, user).await;
    browser.get(&back).await
}

fn is_refused(page: &Page, refusal: &Refusal) {
    page.shows(&refusal.text());
    assert!(page.status.is_client_error(), "{}", page.status);
}

fn parameter(path: &str, name: &str) -> String {
    let url = url::Url::parse(&format!("http://x{path}")).unwrap();
    let found = url.query_pairs().find(|(n, _)| n == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

on_both_stores! {
    /// unbound, WeChat leads to the phone; the phone's proof binds it; from then on it signs in by itself.
    wechat_signs_in_once_it_is_bound
}
async fn wechat_signs_in_once_it_is_bound(test: &TestApp) {
    let user = person(test, 1).await;
    let mut me = Visitor::new(test);
    come_in(test, &mut me, &user, "/me").await.leads("/me");
    me.get("/me").await.leads("/sign-in?next=%2Fme");
    assert!(
        workers::by_openid(&test.app, &openid_of(&user))
            .await
            .unwrap()
            .is_none()
    );

    me.get("/sign-up?next=/me").await;
    let phone = builders::phone(1);
    let code = me.code(&phone).await;
    let typed = [
        ("phone", phone.as_str()),
        ("code", &code),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("next", "/me"),
    ];
    me.post("/sign-up", &typed).await.leads("/me");
    let bound = workers::by_openid(&test.app, &openid_of(&user)).await.unwrap();
    assert_eq!(bound.map(|worker| worker.phone.digits().to_owned()), Some(phone));

    let mut later = Visitor::new(test);
    come_in(test, &mut later, &user, "/me").await.leads("/me");
    later.get("/me").await.shows("王小梅");
    // Another person's WeChat in this browser: the worker before is signed out, not taken over.
    come_in(test, &mut me, "wang", "/me").await.leads("/me");
    me.get("/me").await.leads("/sign-in?next=%2Fme");
    assert!(
        workers::by_openid(&test.app, &openid_of("wang"))
            .await
            .unwrap()
            .is_none()
    );
}

on_both_stores! {
    /// Facts row 9: the end of somebody else's login does nothing here: whoever was sent it begins a login of their own,
    /// so nobody's WeChat is bound to another one's account.
    a_login_begun_elsewhere_is_begun_anew
}
async fn a_login_begun_elsewhere_is_begun_anew(test: &TestApp) {
    let user = person(test, 1).await;
    let begun = Visitor::new(test).get("/wechat/oauth/start?next=/me").await;
    let planted = consented(test, &begun, &user).await;
    let mut victim = Visitor::new(test);
    victim.get("/sign-in").await;
    let anew = victim.get(&planted).await;
    let back = consented(test, &anew, "wang").await;
    victim.get(&back).await.leads("/me");
    victim.get("/sign-up?next=/me").await;
    let phone = builders::phone(1);
    let code = victim.code(&phone).await;
    let typed = [
        ("phone", phone.as_str()),
        ("code", &code),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("next", "/me"),
    ];
    victim.post("/sign-up", &typed).await.leads("/me");
    assert!(
        workers::by_openid(&test.app, &openid_of(&user))
            .await
            .unwrap()
            .is_none(),
        "the attacker's"
    );
    assert!(
        workers::by_openid(&test.app, &openid_of("wang"))
            .await
            .unwrap()
            .is_some(),
        "the victim's own"
    );
}

on_both_stores! {
    /// Architecture: "the id must be renewed at sign-in": a session planted before is worthless afterwards.
    signing_in_renews_the_session
}
async fn signing_in_renews_the_session(test: &TestApp) {
    let worker = builders::worker(test, 1).await;
    let user = person(test, 1).await;
    workers::bind(&test.app, &worker.id, &openid_of(&user), None)
        .await
        .unwrap();
    let planted = builders::session(&test.app, "nothing", "").await;
    // The login begins in the session that was planted.
    let request = async |path: &str, cookie: &str| {
        let request = test
            .http
            .get(format!("{}{path}", test.url))
            .header("cookie", cookie);
        request.send().await.unwrap()
    };
    let begun = request("/wechat/oauth/start?next=/me", &planted).await;
    let start = Visitor::new(test).take(begun).await;
    let back = consented(test, &start, &user).await;
    let answer = request(&back, &planted).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    assert_ne!(cookie, planted);
    assert_eq!(request("/me", cookie).await.status(), 200);
    assert_eq!(
        request("/me", &planted).await.status(),
        303,
        "the planted one is nobody"
    );
}

on_both_stores! {
    /// "Expired / wrong / reused … OAuth state or code → a page that says so and starts the step again"; facts row 9:
    /// the state is one-time and never optional.
    a_state_holds_once
}
async fn a_state_holds_once(test: &TestApp) {
    let user = person(test, 1).await;
    let mut me = Visitor::new(test);
    let start = me.get("/wechat/oauth/start?next=/me").await;
    let back = consented(test, &start, &user).await;
    me.get(&back).await.leads("/me");
    me.get(&back).await.leads("/"); // the back key of the same browser does no harm
    let code = parameter(&back, "code");
    for path in [
        back,
        "/wechat/oauth/callback".to_owned(),
        format!("/wechat/oauth/callback?code={code}"),
        format!("/wechat/oauth/callback?code={code}&state="),
        format!("/wechat/oauth/callback?code={code}&state=0123456789abcdef"),
    ] {
        is_refused(&Visitor::new(test).get(&path).await, &Refusal::OauthState);
    }

    // Refused on the consent page: back without a code.
    let mut they = Visitor::new(test);
    let start = they.get("/wechat/oauth/start?next=/me").await;
    let state = parameter(&consented(test, &start, &user).await, "state");
    let without = format!("/wechat/oauth/callback?state={state}");
    is_refused(&they.get(&without).await, &Refusal::OauthCode);
    is_refused(&they.get(&without).await, &Refusal::OauthState);
}

on_both_stores! {
    /// Facts row 8: a code that is used (40163) or expired (40029) begins the login again by itself, and not for ever.
    a_used_code_begins_again_and_not_for_ever
}
async fn a_used_code_begins_again_and_not_for_ever(test: &TestApp) {
    let user = person(test, 1).await;
    let mut first = Visitor::new(test);
    let start = first.get("/wechat/oauth/start?next=/me").await;
    let used = consented(test, &start, &user).await;
    first.get(&used).await.leads("/me");
    let used = parameter(&used, "code");

    for bad in [used.as_str(), "unknown-code"] {
        let mut they = Visitor::new(test);
        let mut again = they.get("/wechat/oauth/start?next=/me").await;
        let mut rounds = 0;
        loop {
            let state = parameter(&consented(test, &again, &user).await, "state");
            let back = format!("/wechat/oauth/callback?code={bad}&state={state}");
            again = they.get(&back).await;
            if again.status != StatusCode::SEE_OTHER {
                break;
            }
            rounds += 1;
            assert!(rounds < 10, "a login that goes round for ever");
        }
        assert_eq!(rounds, 2);
        is_refused(&again, &Refusal::OauthCode);
    }

    // Begun again with a good code, it ends where it was to lead.
    let mut me = Visitor::new(test);
    let start = me.get("/wechat/oauth/start?next=/progress").await;
    let state = parameter(&consented(test, &start, &user).await, "state");
    let again = me
        .get(&format!("/wechat/oauth/callback?code={used}&state={state}"))
        .await;
    let back = consented(test, &again, &user).await;
    me.get(&back).await.leads("/progress");
}

on_both_stores! {
    /// Facts, OAuth: `is_snapshotuser=1` is a virtual openid: never bound, never signed in.
    a_virtual_user_is_told_to_open_the_whole_page
}
async fn a_virtual_user_is_told_to_open_the_whole_page(test: &TestApp) {
    let new = json!({ "user": "virtual", "nickname": "快照", "phone": builders::phone(1) });
    test.sim_post("/sim/users", new).await;
    test.sim_post("/sim/oauth", json!({ "user": "virtual", "snapshot": true }))
        .await;
    let mut me = Visitor::new(test);
    let page = come_in(test, &mut me, "virtual", "/me").await;
    is_refused(&page, &Refusal::OauthVirtual);
    // Signing up in this browser binds nothing.
    me.get("/sign-up").await;
    let phone = builders::phone(1);
    let code = me.code(&phone).await;
    let typed = [
        ("phone", phone.as_str()),
        ("code", &code),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
    ];
    me.post("/sign-up", &typed).await.leads("/");
    let bound = workers::by_openid(&test.app, &openid_of("virtual")).await;
    assert!(bound.unwrap().is_none());
}

on_both_stores! {
    /// `next` never leads off the site, whatever it says.
    next_stays_at_home
}
async fn next_stays_at_home(test: &TestApp) {
    let user = person(test, 1).await;
    for (next, leads) in [
        ("/progress", "/progress"),
        ("/apply?checked=yes", "/apply?checked=yes"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
    ] {
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let mut browser = Visitor::new(test);
        come_in(test, &mut browser, &user, &next).await.leads(leads);
    }
}
