//! In by the 齐鲁工惠 APP (R-3, R-11; docs/app-webview.md): what a ticket must be, and whose worker it leads to.

use crate::acts::{number, person, texts};
use crate::app::{Pair, TestApp};
use crate::builders::{id_number, phone, worker};
use crate::on_both_stores;
use crate::visitor::{Page, Visitor};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::StatusCode;
use serde_json::{Value, json};
use yuanmeng::account::{app_ticket, workers};
use yuanmeng::config::DEMO_APP_TICKET_KEY;
use yuanmeng::kernel::{Phone, Refusal, Time};

/// What the APP says of the n-th worker, now.
fn claims(test: &TestApp, n: usize) -> Value {
    let now = test.app.now().0 / 1000;
    json!({
        "iss": "qilugonghui", "aud": "yuanmeng", "sub": format!("user-{n}"), "jti": test.app.entropy.token(),
        "iat": now, "exp": now + 120, "name": "王小梅", "phone": phone(n), "id_number": id_number(n), "verified": true,
    })
}

/// With some claims changed; `null` drops one.
fn with(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let all = claims.as_object_mut().unwrap();
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn sign(algorithm: Algorithm, key: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(key.as_bytes());
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn signed(claims: &Value) -> String {
    sign(Algorithm::HS256, DEMO_APP_TICKET_KEY, claims)
}

async fn enter(me: &mut Visitor<'_>, ticket: &str) -> Page {
    me.get(&format!("/app/enter?ticket={ticket}&next=/me")).await
}

/// The account page of who came in.
async fn account(me: &mut Visitor<'_>, ticket: &str) -> Page {
    enter(me, ticket).await.leads("/me");
    me.get("/me").await
}

async fn id_of(test: &TestApp, n: usize) -> String {
    let phone = Phone::stored(phone(n));
    workers::by_phone(&test.app, &phone)
        .await
        .unwrap()
        .expect("a worker")
        .id
}

on_both_stores! {
    /// Issue 4: "JWT, algorithm and key fixed by configuration, issuer, audience, expiry ≤ 5 min, `jti` used once";
    /// "forged or reused ticket → refused".
    a_ticket_that_does_not_hold_is_refused
}
async fn a_ticket_that_does_not_hold_is_refused(test: &TestApp) {
    let now = test.app.now().0 / 1000;
    let good = || claims(test, 1);
    let no_algorithm = {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!(
            "{}.{}.",
            part(json!({ "alg": "none", "typ": "JWT" })),
            part(good())
        )
    };
    let tampered = {
        let ticket = signed(&good());
        let parts: Vec<_> = ticket.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode(with(good(), json!({ "sub": "somebody" })).to_string());
        format!("{}.{other}.{}", parts[0], parts[2])
    };
    let critical = {
        let mut header = Header::new(Algorithm::HS256);
        header.crit = Some(vec!["exp".to_owned()]);
        let key = EncodingKey::from_secret(DEMO_APP_TICKET_KEY.as_bytes());
        encode(&header, &good(), &key).unwrap()
    };
    let changed = |changes: Value| signed(&with(good(), changes));
    let long = app_ticket::LIFETIME_S + 1;
    let invalid = [
        ("nothing", String::new()),
        ("no ticket", "abc.def.ghi".to_owned()),
        ("alg none", no_algorithm),
        (
            "another algorithm",
            sign(Algorithm::HS512, DEMO_APP_TICKET_KEY, &good()),
        ),
        (
            "another key",
            sign(Algorithm::HS256, "another-key-of-32-characters-long", &good()),
        ),
        ("tampered", tampered),
        ("critical extension", critical),
        ("too large", changed(json!({ "name": "王".repeat(3000) }))),
        ("issuer", changed(json!({ "iss": "somebody" }))),
        ("no issuer", changed(json!({ "iss": null }))),
        ("audience", changed(json!({ "aud": "another" }))),
        ("no audience", changed(json!({ "aud": null }))),
        ("no subject", changed(json!({ "sub": null }))),
        ("empty subject", changed(json!({ "sub": " " }))),
        ("no jti", changed(json!({ "jti": null }))),
        ("empty jti", changed(json!({ "jti": "" }))),
        ("no iat", changed(json!({ "iat": null }))),
        ("no exp", changed(json!({ "exp": null }))),
        ("lives too long", changed(json!({ "exp": now + long }))),
        ("ends before it begins", changed(json!({ "exp": now - 1 }))),
        (
            "of the future",
            changed(json!({ "iat": now + 60, "exp": now + 120 })),
        ),
        ("not before", changed(json!({ "nbf": now + 60 }))),
        ("verified without a number", changed(json!({ "id_number": "" }))),
        (
            "verified, a wrong number",
            changed(json!({ "id_number": "370102199003070021" })),
        ),
        ("verified without a name", changed(json!({ "name": null }))),
    ];
    for (what, ticket) in invalid {
        let page = enter(&mut Visitor::new(test), &ticket).await;
        assert_eq!(
            page.status,
            StatusCode::FORBIDDEN,
            "{what}: {} {}",
            page.to,
            page.html
        );
        page.shows(&Refusal::AppTicketInvalid.text()).shows("4000123318");
        assert!(ticket.is_empty() || !page.html.contains(&ticket), "{what}");
    }
    let old = changed(json!({ "iat": now - 200, "exp": now - 11 }));
    let page = enter(&mut Visitor::new(test), &old).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.shows(&Refusal::AppTicketExpired.text());
    let none = number(&test.app, "SELECT COUNT(*) FROM workers WHERE id <> $1", "").await;
    assert_eq!(none, 0, "nobody was made of them");

    // Clocks may differ by ten seconds; and once means once, at the same moment too.
    let late = with(good(), json!({ "iat": now - 120, "exp": now - 5 }));
    account(&mut Visitor::new(test), &signed(&late))
        .await
        .shows("王小梅");
    let ticket = signed(&good());
    let at_once = (0..4).map(|_| {
        let url = format!("{}/app/enter?ticket={ticket}", test.url);
        async move { test.http.get(url).send().await.unwrap() }
    });
    let answers = futures_util::future::join_all(at_once).await;
    let (inside, outside): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status() == 303);
    assert_eq!(inside.len(), 1);
    for answer in outside {
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
        assert!(
            answer
                .text()
                .await
                .unwrap()
                .contains(&Refusal::AppTicketUsed.text())
        );
    }
}

/// Issue 4: the algorithm is the configuration's: with a public key, a ticket signed by HMAC with that key as the
/// secret is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_key_is_no_secret() {
    let public = include_str!("../data/app-ticket-ed25519.pub.pem");
    let settings = [
        ("APP_TICKET_ALGORITHM", "EdDSA"),
        ("APP_TICKET_KEY", public),
        ("APP_TICKET_ISSUER", "qilugonghui"),
        ("APP_TICKET_AUDIENCE", "yuanmeng"),
    ];
    let now = Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, &settings).await;
    let confused = sign(Algorithm::HS256, public, &claims(&test, 1));
    let page = enter(&mut Visitor::new(&test), &confused).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let key = EncodingKey::from_ed_pem(include_bytes!("../data/app-ticket-ed25519.pem")).unwrap();
    let right = encode(&Header::new(Algorithm::EdDSA), &claims(&test, 1), &key).unwrap();
    account(&mut Visitor::new(&test), &right).await.shows("已实名");
    test.stop().await;
}

on_both_stores! {
    /// a new person is registered with what the APP has verified; the same one comes back, by APP or by phone,
    /// to the same worker.
    the_app_makes_one_worker
}
async fn the_app_makes_one_worker(test: &TestApp) {
    let mut me = Visitor::new(test);
    let page = account(&mut me, &signed(&claims(test, 1))).await;
    page.shows("王小梅")
        .shows("已实名")
        .shows("已关联")
        .shows("136****0001");
    page.shows("370102********").hides(&id_number(1)).hides(&phone(1));
    let id = id_of(test, 1).await;
    let mut later = Visitor::new(test);
    // The APP's word on the phone may change: the worker stays.
    let moved = with(claims(test, 1), json!({ "phone": phone(77) }));
    account(&mut later, &signed(&moved)).await.shows("136****0001");
    let count = number(&test.app, "SELECT COUNT(*) FROM workers WHERE id <> $1", "").await;
    assert_eq!((count, worker(test, 1).await.id), (1, id.clone()), "by phone too");
    // Another person's identity for the same APP user is not taken.
    let other = with(
        claims(test, 1),
        json!({ "id_number": id_number(2), "name": "李四" }),
    );
    let page = enter(&mut Visitor::new(test), &signed(&other)).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    page.shows(&Refusal::OtherPerson.text());
    let acts = texts(
        &test.app,
        "SELECT act FROM audit WHERE subject_id = $1 ORDER BY id",
        &id,
    )
    .await;
    // Both are of one moment, so their lines have no order of their own.
    let mut first = acts[..2].to_vec();
    first.sort();
    assert_eq!(first, ["worker.link_app", "worker.sign_up"], "{acts:?}");

    // At the same moment, twice: one worker.
    let both = [signed(&claims(test, 3)), signed(&claims(test, 3))];
    let both = both.map(|ticket| async move { enter(&mut Visitor::new(test), &ticket).await.status });
    let [a, b] = both;
    assert_eq!(tokio::join!(a, b), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    let sql = "SELECT COUNT(*) FROM workers WHERE phone_index = $1";
    let index = test.app.phone_index(&Phone::stored(phone(3)));
    assert_eq!(number(&test.app, sql, &index).await, 1);
}

on_both_stores! {
    /// a phone that is registered and verified by the APP leads to its worker; one not verified is proven by SMS
    /// first; so is the phone of the account with the same ID number.
    two_doors_are_one_worker_once_the_phone_is_proven
}
async fn two_doors_are_one_worker_once_the_phone_is_proven(test: &TestApp) {
    let known = worker(test, 1).await;
    let mut me = Visitor::new(test);
    account(&mut me, &signed(&claims(test, 1))).await.shows("已实名");
    assert_eq!(id_of(test, 1).await, known.id);

    // Not verified: the phone first. Nobody is signed in before.
    let second = worker(test, 2).await;
    let unverified = with(claims(test, 2), json!({ "verified": false }));
    let mut me = Visitor::new(test);
    enter(&mut me, &signed(&unverified))
        .await
        .leads("/app/phone?next=%2Fme");
    me.get("/me").await.leads("/sign-in?next=%2Fme");
    me.get("/app/phone?next=/me")
        .await
        .shows("验证手机号")
        .shows(&phone(2));
    me.post("/app/phone", &[("phone", &phone(2)), ("code", "1")])
        .await
        .shows("验证码");
    forget_gap(test, 2).await;
    let code = me.code(&phone(2)).await;
    me.post(
        "/app/phone",
        &[("phone", &phone(2)), ("code", &code), ("next", "/me")],
    )
    .await
    .leads("/me");
    let page = me.get("/me").await;
    page.shows("已关联").hides("已实名");
    let linked = number(
        &test.app,
        "SELECT COUNT(*) FROM workers WHERE id = $1 AND app_index IS NOT NULL",
        &second.id,
    );
    assert_eq!(linked.await, 1);
    account(&mut Visitor::new(test), &signed(&unverified_again(test, 2)))
        .await
        .shows("136****0002");

    // The same verified ID number, another phone: the account's own phone is proven, no second account is made.
    let newer = with(claims(test, 1), json!({ "sub": "user-1b", "phone": phone(9) }));
    let mut me = Visitor::new(test);
    enter(&mut me, &signed(&newer))
        .await
        .leads("/app/phone?next=%2Fme");
    me.get("/app/phone?next=/me")
        .await
        .shows("136****0001")
        .hides(&phone(1));
    me.code(&phone(9)).await;
    me.post("/app/phone", &[("phone", &phone(9)), ("code", "123456")])
        .await
        .shows(&Refusal::PhoneNotOfAccount.text());
    forget_gap(test, 1).await;
    let code = me.code(&phone(1)).await;
    me.post("/app/phone", &[("phone", &phone(1)), ("code", &code)])
        .await
        .leads("/");
    me.get("/me").await.shows("136****0001");
    assert!(
        workers::by_phone(&test.app, &Phone::stored(phone(9)))
            .await
            .unwrap()
            .is_none()
    );

    // A phone that went to another person: not joined, whatever the door.
    let other = with(claims(test, 5), json!({ "phone": phone(1) }));
    let page = enter(&mut Visitor::new(test), &signed(&other)).await;
    page.shows(&Refusal::OtherPerson.text());
}

fn unverified_again(test: &TestApp, n: usize) -> Value {
    with(claims(test, n), json!({ "verified": false }))
}

async fn forget_gap(test: &TestApp, n: usize) {
    let index = test.app.phone_index(&Phone::stored(phone(n)));
    test.app.cache.delete(&format!("sms-gap:{index}")).await.unwrap();
}

on_both_stores! {
    /// a virtual phone of the APP is not taken over; the person proves one that receives messages.
    a_virtual_phone_of_the_app_is_not_taken_over
}
async fn a_virtual_phone_of_the_app_is_not_taken_over(test: &TestApp) {
    let virtual_phone = with(claims(test, 1), json!({ "phone": "17012345678" }));
    let mut me = Visitor::new(test);
    enter(&mut me, &signed(&virtual_phone))
        .await
        .leads("/app/phone?next=%2Fme");
    me.get("/app/phone").await;
    let code = me.code(&phone(4)).await;
    me.post("/app/phone", &[("phone", &phone(4)), ("code", &code)])
        .await
        .leads("/");
    me.get("/me").await.shows("已实名").shows("136****0004");
    // What waits is used up.
    me.post("/app/phone", &[("phone", &phone(4)), ("code", &code)])
        .await
        .shows(&Refusal::AppTicketExpired.text());
}

on_both_stores! {
    /// The simulated APP signs what we take; its phone's own entry leads in.
    the_simulators_app_leads_in
}
async fn the_simulators_app_leads_in(test: &TestApp) {
    let user = person(test, 1).await;
    let answer = test
        .http
        .get(format!("{}/phone/{user}/app?next=/apply", test.sim_url))
        .send()
        .await
        .unwrap();
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer.status(), 302);
    let mut me = Visitor::new(test);
    me.get(to.strip_prefix(&test.url).unwrap()).await.leads("/apply");
    me.get("/me").await.shows("136****0001").shows("已实名");
    let given = test
        .sim_post("/sim/app/ticket", json!({ "user": user, "iss": "somebody" }))
        .await;
    enter(&mut Visitor::new(test), given["ticket"].as_str().unwrap())
        .await
        .shows(&Refusal::AppTicketInvalid.text());
}
