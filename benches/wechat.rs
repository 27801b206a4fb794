//! What the callback path costs: each step, then the whole. `cargo bench --bench wechat`.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot go on stops where it is"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use yuanmeng::wechat::callback::{Callback, CallbackConfig, CallbackQuery, Mode};
use yuanmeng::wechat::envelope::{self, AesKey};
use yuanmeng::wechat::message::Inbound;
use yuanmeng::wechat::reply::Reply;
use yuanmeng::wechat::signature::Signature;

const TOKEN: &str = "spamtest";
const APP: &str = "wx2c2769f8efd9abc2";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const NOW: i64 = 1_700_000_000;
const MESSAGE: &str = "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n\
    <FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n<CreateTime>1409735668</CreateTime>\n\
    <MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[求学圆梦补助怎么申请]]></Content>\n\
    <MsgId>6054768590064713728</MsgId>\n</xml>";

struct Fixture {
    callback: Callback,
    key: AesKey,
    encrypt: String,
    query: String,
    body: String,
    reply: Reply,
}

fn fixture() -> Fixture {
    let key = AesKey::parse(KEY).expect("a genuine key");
    let encrypt = key.encrypt(MESSAGE.as_bytes(), APP, b"0123456789abcdef");
    let (timestamp, nonce) = (NOW.to_string(), "1320562132");
    let plain = Signature::plain(TOKEN, &timestamp, nonce);
    let message = Signature::message(TOKEN, &timestamp, nonce, &encrypt);
    let config = CallbackConfig {
        app_id: APP.into(),
        token: TOKEN.into(),
        keys: vec![key.clone()],
        mode: Mode::Secure,
        tolerance_s: 600,
    };
    Fixture {
        callback: Callback::new(config).expect("a consistent configuration"),
        body: envelope::write_push("gh_10f6c3c3ac5a", &encrypt),
        query: format!(
            "signature={plain}&timestamp={timestamp}&nonce={nonce}&openid=oyORnuP8q7ou2gfYjqLzSIWZf0rs\
             &encrypt_type=aes&msg_signature={message}"
        ),
        key,
        encrypt,
        reply: Reply::text("请点击菜单「工会服务」→「求学圆梦」→「职工补助申请」。"),
    }
}

fn steps(c: &mut Criterion) {
    let f = fixture();
    c.bench_function("signature", |b| {
        b.iter(|| {
            Signature::message(
                TOKEN,
                black_box("1700000000"),
                "1320562132",
                black_box(&f.encrypt),
            )
        })
    });
    c.bench_function("decrypt", |b| {
        b.iter(|| f.key.decrypt(black_box(&f.encrypt), APP))
    });
    c.bench_function("encrypt", |b| {
        b.iter(|| {
            f.key
                .encrypt(black_box(MESSAGE.as_bytes()), APP, b"0123456789abcdef")
        })
    });
    c.bench_function("parse", |b| b.iter(|| Inbound::parse(black_box(MESSAGE))));
    let inbound = Inbound::parse(MESSAGE).expect("a genuine message");
    c.bench_function("build", |b| b.iter(|| black_box(&f.reply).to_xml(&inbound, NOW)));
    c.bench_function("dedup_key", |b| b.iter(|| black_box(&inbound).dedup_key(APP)));
}

fn whole(c: &mut Criterion) {
    let f = fixture();
    c.bench_function("callback: verify, decrypt, parse, key, reply, encrypt", |b| {
        b.iter(|| {
            let query = CallbackQuery::parse(black_box(&f.query));
            let opened = f
                .callback
                .open(&query, black_box(f.body.as_bytes()), NOW)
                .expect("genuine");
            black_box(opened.dedup_key());
            f.callback
                .answer(&opened, &f.reply, NOW, "1320562132", b"0123456789abcdef")
        })
    });
}

criterion_group!(benches, steps, whole);
criterion_main!(benches);
