//! WeChat Pay's keys: public key, certificates, both; what a log holds.

use super::*;
use crate::on_both_stores;
use std::sync::Arc;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::wechat::pay::{PayClass, PayClient};

/// A client of the test's simulator with some of its settings replaced; `None` drops one.
fn client(test: &TestApp, changes: &[(&str, Option<String>)]) -> PayClient {
    let read = |name: &str| match changes.iter().find(|(n, _)| *n == name) {
        Some((_, value)) => value.clone(),
        None => test
            .env
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone()),
    };
    let config = Config::read(&read, Purpose::Demo)
        .expect("settings")
        .pay
        .expect("a merchant");
    let clock = test.app.clock.clone();
    let nonce = || hex::encode(yuanmeng::clock::Entropy::default().bytes::<16>());
    PayClient::new(config, Arc::new(move || clock.now().0), Arc::new(nonce), None).expect("a client")
}

/// facts row 12: new merchants have a public key and may not ask for certificates; older ones fetch them; while one is
/// exchanged for the other both verify, and the answers follow the serial that is sent.
async fn certificates_and_public_key_side_by_side(test: &TestApp) {
    let keys = [
        ("WECHAT_PAY_PUBLIC_KEY", None),
        ("WECHAT_PAY_PUBLIC_KEY_ID", None),
    ];
    let fetching: Vec<_> = keys
        .iter()
        .cloned()
        .chain([("WECHAT_PAY_PLATFORM_CERTS", Some("fetch".to_owned()))])
        .collect();

    let newer = client(test, &[]);
    assert!(newer.keys().is_key_mode());
    assert!(newer.fetch_certificates().await.unwrap().is_empty());
    assert_eq!(
        newer.query("n00001").await.unwrap_err().class(),
        PayClass::NotExist,
        "verified with the public key"
    );
    let stats = test.sim_get("/sim/stats").await;
    assert_eq!(stats["calls"]["/v3/certificates"], Value::Null, "not even asked");

    let older = client(test, &fetching);
    assert_eq!(
        older.query("n00001").await.unwrap_err().label(),
        "unverified",
        "nothing is known yet"
    );
    assert_eq!(older.fetch_certificates().await.unwrap_err().label(), "NO_AUTH");
    test.sim_post("/sim/pay/set", json!({ "certificates": true }))
        .await;
    let serials = older.fetch_certificates().await.unwrap();
    assert_eq!(older.keys().preferred().as_deref(), Some(serials[0].as_str()));
    assert_eq!(
        older.query("n00001").await.unwrap_err().class(),
        PayClass::NotExist,
        "verified with the certificate"
    );

    let pem = yuanmeng::cli::demo::pay_certificate();
    let both = client(
        test,
        &[("WECHAT_PAY_PLATFORM_CERTS", Some(pem.replace('\n', "\\n")))],
    );
    assert!(both.keys().get(&serials[0]).is_some() && both.keys().is_key_mode());
    assert_eq!(
        both.query("n00001").await.unwrap_err().class(),
        PayClass::NotExist
    );
}
on_both_stores!(certificates_and_public_key_side_by_side);

/// WeChat refuses what our key did not sign; the class says what to mend.
async fn a_wrong_key_is_configuration(test: &TestApp) {
    let serial = (
        "WECHAT_PAY_SERIAL",
        Some("5157F09EFDC096DE15EBE81A47057A72F33B8E1A".to_owned()),
    );
    let error = client(test, &[serial]).query("n00001").await.unwrap_err();
    assert_eq!(
        (error.label().as_str(), error.class()),
        ("SIGN_ERROR", PayClass::Configuration)
    );
    test.pay_later(10 * MINUTE).await;
    test.app.clock.advance(10 * MINUTE);
    let error = client(test, &[]).query("n00001").await.unwrap_err();
    assert_eq!(error.label(), "SIGN_ERROR", "our clock is ten minutes ahead");
}
on_both_stores!(a_wrong_key_is_configuration);
