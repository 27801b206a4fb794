//! The outer body of a callback in every mode, its query, and the reply envelope of the other side. Nothing the fuzzer
//! makes may be accepted by an encrypted mode: it does not know the token.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use yuanmeng_fuzz::wechat::envelope::ReplyEnvelope;
use yuanmeng_fuzz::wechat::signature::Signature;
use yuanmeng_fuzz::wechat::{AesKey, Callback, CallbackConfig, CallbackQuery, Mode, Reply};

const TOKEN: &str = "a token the fuzzer does not know";

fn callback(mode: Mode) -> Callback {
    let key = AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG").expect("a genuine key");
    let config = CallbackConfig {
        app_id: "wx2c2769f8efd9abc2".into(),
        token: TOKEN.into(),
        keys: vec![key],
        mode,
        tolerance_s: 0,
    };
    Callback::new(config).expect("a consistent configuration")
}

static CALLBACKS: LazyLock<[Callback; 3]> =
    LazyLock::new(|| [Mode::Plain, Mode::Compatible, Mode::Secure].map(callback));

fuzz_target!(|data: &[u8]| {
    // The first line is the query, the rest is the body.
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(0);
    let raw = String::from_utf8_lossy(&data[..end]);
    let body = data.get(end + 1..).unwrap_or_default();
    let query = CallbackQuery::parse(&raw);
    for callback in CALLBACKS.iter() {
        assert!(
            callback.open(&query, body, 1_700_000_000).is_err(),
            "a forgery was accepted"
        );
        assert!(
            callback.verify_url(&query, 1_700_000_000).is_err(),
            "a forgery was accepted"
        );
    }
    let signature = Signature::plain(TOKEN, "1", "n");
    let signed = format!("timestamp=1&nonce=n&signature={signature}");
    let signed = CallbackQuery::parse(&signed);
    let [plain, others @ ..] = &*CALLBACKS;
    if let Ok(opened) = plain.open(&signed, body, 1) {
        let answer = plain.answer(&opened, &Reply::text("x"), 1, "n", &[0; 16]);
        assert!(!answer.is_empty());
    }
    // The signature of plain mode opens nothing in the others.
    assert!(
        others
            .iter()
            .all(|callback| callback.open(&signed, body, 1).is_err())
    );
    if let Ok(envelope) = std::str::from_utf8(body)
        .map_err(|_| ())
        .and_then(|b| ReplyEnvelope::parse(b).map_err(|_| ()))
    {
        assert!(!envelope.verify(TOKEN), "a forgery was accepted");
    }
});
