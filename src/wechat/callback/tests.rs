use super::*;
use crate::wechat::message::Kind;
use crate::wechat::testing::vectors;
use crate::wechat::xml;
use proptest::prelude::*;

mod json;

const TOKEN: &str = "spamtest";
const APP: &str = "wx2c2769f8efd9abc2";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OLD_KEY: &str = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR";
const NOW: i64 = 1_700_000_000;
const TEXT: &str = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>\
    <CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>\
    <MsgId>1</MsgId></xml>";

fn callback(mode: Mode) -> Callback {
    with(mode, 600)
}

fn with(mode: Mode, tolerance_s: u32) -> Callback {
    let keys = vec![AesKey::parse(KEY).unwrap(), AesKey::parse(OLD_KEY).unwrap()];
    Callback::new(CallbackConfig {
        app_id: APP.into(),
        token: TOKEN.into(),
        keys,
        mode,
        tolerance_s,
    })
    .unwrap()
}

/// A push as WeChat makes it: query and body.
fn push(key: &str, app: &str, message: &str, at: i64) -> (String, String) {
    let encrypt = AesKey::parse(key)
        .unwrap()
        .encrypt(message.as_bytes(), app, b"0123456789abcdef");
    (query(&encrypt, at), envelope::write_push("gh_1", &encrypt))
}

fn query(encrypt: &str, at: i64) -> String {
    let at = at.to_string();
    let plain = Signature::plain(TOKEN, &at, "n1");
    let message = Signature::message(TOKEN, &at, "n1", encrypt);
    format!("signature={plain}&timestamp={at}&nonce=n1&openid=o1&encrypt_type=aes&msg_signature={message}")
}

fn plain_query(at: i64) -> String {
    format!(
        "signature={}&timestamp={at}&nonce=n1",
        Signature::plain(TOKEN, &at.to_string(), "n1")
    )
}

fn open(callback: &Callback, query: &str, body: &str) -> Result<Opened, Refused> {
    callback.open(&CallbackQuery::parse(query), body.as_bytes(), NOW)
}

fn forbidden(why: Forbidden) -> Result<Opened, Refused> {
    Err(Refused::Forbidden(why))
}

/// facts: AES, the official vector.
#[test]
fn official_message_in_both_encrypted_modes() {
    let v = &vectors()["encrypted_inbound"][0];
    let s = |k: &str| v[k].as_str().unwrap();
    let query = format!(
        "timestamp={}&nonce={}&msg_signature={}",
        s("timestamp"),
        s("nonce"),
        s("msg_signature")
    );
    for mode in [Mode::Compatible, Mode::Secure] {
        let opened = open(&with(mode, 0), &query, s("body")).unwrap();
        assert_eq!(
            opened.message.kind,
            Kind::Text {
                content: "abcdteT".into()
            }
        );
        assert_eq!(opened.key, Some(0));
        assert_eq!(
            open(&with(mode, 600), &query, s("body")),
            forbidden(Forbidden::Stale)
        );
    }
}

/// facts: Signature: GET echostr is plain.
#[test]
fn official_url_check() {
    let v = &vectors()["plain_signature"][0];
    let s = |k: &str| v[k].as_str().unwrap();
    let raw = format!(
        "signature={}&echostr={}&timestamp={}&nonce={}",
        s("signature"),
        s("echostr"),
        s("timestamp"),
        s("nonce")
    );
    let keys = vec![AesKey::parse(KEY).unwrap()];
    let callback = |token: &str| {
        let config = CallbackConfig {
            app_id: APP.into(),
            token: token.into(),
            keys: keys.clone(),
            mode: Mode::Secure,
            tolerance_s: 0,
        };
        Callback::new(config).unwrap()
    };
    let query = CallbackQuery::parse(&raw);
    assert_eq!(callback(s("token")).verify_url(&query, NOW), Ok(s("echostr")));
    assert_eq!(
        callback("other").verify_url(&query, NOW),
        Err(Forbidden::SignatureWrong.into())
    );
    let none = CallbackQuery {
        echostr: None,
        ..query
    };
    assert_eq!(
        callback(s("token")).verify_url(&none, NOW),
        Err(Malformed::Echo.into())
    );
}

/// facts: Signature, forgery 1 of two well-known SDKs: plaintext where the mode is encrypted, in every disguise.
#[test]
fn plaintext_is_refused_in_encrypted_modes() {
    let (encrypted_query, _) = push(KEY, APP, TEXT, NOW);
    for mode in [Mode::Compatible, Mode::Secure] {
        let callback = callback(mode);
        // A genuine plain signature, seen once, and a body of the attacker's.
        assert_eq!(
            open(&callback, &plain_query(NOW), TEXT),
            forbidden(Forbidden::Mode)
        );
        assert_eq!(
            open(&callback, &format!("{}&encrypt_type=raw", plain_query(NOW)), TEXT),
            forbidden(Forbidden::Mode)
        );
        assert_eq!(
            open(&callback, &encrypted_query, TEXT),
            forbidden(Forbidden::Mode)
        );
        let empty = TEXT.replace("</xml>", "<Encrypt></Encrypt></xml>");
        assert_eq!(
            open(&callback, &encrypted_query, &empty),
            forbidden(Forbidden::Mode)
        );
    }
}

/// facts: Signature, forgery 2: a missing msg_signature is not "not encrypted".
#[test]
fn a_missing_msg_signature_is_refused() {
    let (query, body) = push(KEY, APP, TEXT, NOW);
    let without = query.split("&msg_signature").next().unwrap();
    for mode in [Mode::Compatible, Mode::Secure] {
        assert_eq!(
            open(&callback(mode), without, &body),
            forbidden(Forbidden::SignatureMissing)
        );
        let empty = format!("{without}&msg_signature=");
        assert_eq!(
            open(&callback(mode), &empty, &body),
            forbidden(Forbidden::SignatureWrong)
        );
        let plain = format!(
            "{without}&msg_signature={}",
            Signature::plain(TOKEN, &NOW.to_string(), "n1")
        );
        assert_eq!(
            open(&callback(mode), &plain, &body),
            forbidden(Forbidden::SignatureWrong)
        );
    }
}

/// facts: Signature. In compatible mode the plaintext fields beside `Encrypt` are signed by nobody.
#[test]
fn only_decrypted_content_is_used() {
    let (query, body) = push(KEY, APP, TEXT, NOW);
    let forged = TEXT.replace("你好", "forged").replace("o1", "victim");
    let encrypt = &body[body.find("<Encrypt>").unwrap()..];
    let mixed = forged.replace("</xml>", encrypt);
    let opened = open(&callback(Mode::Compatible), &query, &mixed).unwrap();
    assert_eq!(
        opened.message.kind,
        Kind::Text {
            content: "你好".into()
        }
    );
    assert_eq!(opened.message.from, "o1");
}

/// facts: Signature: the mode is configuration, never taken from the request.
#[test]
fn plain_mode_covers_plaintext_only() {
    let callback = callback(Mode::Plain);
    let opened = open(&callback, &plain_query(NOW), TEXT).unwrap();
    assert_eq!((opened.key, opened.message.from.as_str()), (None, "o1"));
    let (query, body) = push(KEY, APP, TEXT, NOW);
    assert_eq!(open(&callback, &query, &body), forbidden(Forbidden::Mode));
    assert_eq!(open(&callback, &query, TEXT), forbidden(Forbidden::Mode));
    let both = TEXT.replace("</xml>", "<Encrypt>abcd</Encrypt></xml>");
    assert_eq!(
        open(&callback, &plain_query(NOW), &both),
        forbidden(Forbidden::Mode)
    );
    assert_eq!(
        open(&callback, "timestamp=1&nonce=1", TEXT),
        forbidden(Forbidden::SignatureMissing)
    );
    assert_eq!(
        open(&callback, &plain_query(NOW).replace("n1", "n2"), TEXT),
        forbidden(Forbidden::SignatureWrong)
    );
}

/// facts: AES: the appid inside is checked.
#[test]
fn wrong_keys_and_wrong_accounts_are_refused() {
    let secure = callback(Mode::Secure);
    let (query, body) = push("Q".repeat(43).as_str(), APP, TEXT, NOW);
    assert_eq!(open(&secure, &query, &body), forbidden(Forbidden::Key));
    let (query, body) = push(KEY, "wx0000000000000000", TEXT, NOW);
    assert_eq!(open(&secure, &query, &body), forbidden(Forbidden::AppId));
}

/// facts: Retry: no official tolerance is known, so it is a setting, and 0 turns it off.
#[test]
fn timestamps_are_tolerated_both_ways() {
    for (shift, fresh) in [(0, true), (600, true), (-600, true), (601, false), (-601, false)] {
        let (query, body) = push(KEY, APP, TEXT, NOW + shift);
        assert_eq!(
            open(&callback(Mode::Secure), &query, &body).is_ok(),
            fresh,
            "{shift}"
        );
        assert!(open(&with(Mode::Secure, 0), &query, &body).is_ok());
    }
}

#[test]
fn bad_bodies_are_malformed() {
    let secure = callback(Mode::Secure);
    let malformed = |why: Malformed| Err(Refused::Malformed(why));
    let query = plain_query(NOW);
    assert_eq!(
        open(&secure, &query, &" ".repeat(MAX_BODY + 1)),
        malformed(Malformed::TooLarge)
    );
    assert_eq!(
        open(&secure, &query, "<!DOCTYPE a><xml></xml>"),
        malformed(Malformed::Doctype)
    );
    assert_eq!(open(&secure, &query, "<xml><Encrypt>"), malformed(Malformed::Xml));
    assert_eq!(open(&secure, &query, ""), malformed(Malformed::Xml));
    let not_utf8 = secure.open(&CallbackQuery::parse(&query), b"<xml>\xff</xml>", NOW);
    assert_eq!(not_utf8, malformed(Malformed::Utf8));
    // Signed and encrypted rubbish is still rubbish.
    let (query, body) = push(KEY, APP, "<!DOCTYPE x><xml/>", NOW);
    assert_eq!(open(&secure, &query, &body), malformed(Malformed::Doctype));
    let rubbish = envelope::write_push("gh_1", "!!!");
    assert_eq!(
        open(&secure, &self::query("!!!", NOW), &rubbish),
        malformed(Malformed::Encrypt)
    );
}

/// facts: AES. The previous key still opens, and the reply goes back under the same key.
#[test]
fn the_reply_uses_the_key_that_opened() {
    let secure = callback(Mode::Secure);
    for (index, key) in [KEY, OLD_KEY].into_iter().enumerate() {
        let (query, body) = push(key, APP, TEXT, NOW);
        let opened = open(&secure, &query, &body).unwrap();
        assert_eq!(opened.key, Some(index));
        let answer = secure.answer(&opened, &Reply::text("收到]]>"), NOW, "n9", &[5; 16]);
        let envelope = envelope::ReplyEnvelope::parse(&answer).unwrap();
        assert!(envelope.verify(TOKEN));
        assert_eq!(
            (envelope.timestamp.as_str(), envelope.nonce.as_str()),
            ("1700000000", "n9")
        );
        let inner = AesKey::parse(key)
            .unwrap()
            .decrypt(&envelope.encrypt, APP)
            .unwrap();
        let fields = Fields::parse(&inner).unwrap();
        assert_eq!(fields.get("ToUserName").unwrap().unwrap(), "o1");
        assert_eq!(fields.get("Content").unwrap().unwrap(), "收到]]>");
    }
}

/// facts: Reply envelope: `success` is sent unencrypted.
#[test]
fn success_is_sent_as_it_is_and_plain_replies_are_plain() {
    let secure = callback(Mode::Secure);
    let (query, body) = push(KEY, APP, TEXT, NOW);
    let opened = open(&secure, &query, &body).unwrap();
    assert_eq!(
        secure.answer(&opened, &Reply::Success, NOW, "n", &[0; 16]),
        "success"
    );
    let plain = callback(Mode::Plain);
    let opened = open(&plain, &plain_query(NOW), TEXT).unwrap();
    assert!(
        plain
            .answer(&opened, &Reply::text("x"), NOW, "n", &[0; 16])
            .starts_with("<xml><ToUserName>")
    );
}

#[test]
fn contradictory_configuration_is_refused_and_secrets_are_not_printed() {
    let config = |token: &str, app: &str, mode| CallbackConfig {
        app_id: app.into(),
        token: token.into(),
        keys: vec![],
        mode,
        tolerance_s: 0,
    };
    assert_eq!(
        Callback::new(config("", APP, Mode::Plain)).unwrap_err(),
        ConfigError::Token
    );
    assert_eq!(
        Callback::new(config(TOKEN, "", Mode::Plain)).unwrap_err(),
        ConfigError::AppId
    );
    assert_eq!(
        Callback::new(config(TOKEN, APP, Mode::Secure)).unwrap_err(),
        ConfigError::Key
    );
    assert!(Callback::new(config(TOKEN, APP, Mode::Plain)).is_ok());
    assert!(!format!("{:?}", callback(Mode::Secure)).contains(TOKEN));
    assert_eq!("secure".parse(), Ok(Mode::Secure));
    assert_eq!("Secure ".parse::<Mode>(), Err(UnknownMode));
}

#[test]
fn the_query_is_percent_decoded_and_the_first_of_two_counts() {
    let query = CallbackQuery::parse("nonce=a%2Bb&nonce=c&x=1&timestamp=7");
    assert_eq!(query.nonce.as_deref(), Some("a+b"));
    assert_eq!(query.timestamp, Some(Cow::Borrowed("7")));
}

proptest! {
    /// Any byte flipped anywhere in what carries meaning is refused.
    #[test]
    fn any_flipped_byte_is_refused(at in any::<proptest::sample::Index>(), bit in 0u8..8) {
        let (query, body) = push(KEY, APP, TEXT, NOW);
        let from = body.find("<Encrypt>").unwrap() + "<Encrypt><![CDATA[".len();
        let to = body.find("]]></Encrypt>").unwrap();
        let mut bytes = body.into_bytes();
        bytes[from + at.index(to - from)] ^= 1 << bit;
        let opened = callback(Mode::Secure).open(&CallbackQuery::parse(&query), &bytes, NOW);
        prop_assert!(opened.is_err());
    }

    #[test]
    fn any_message_round_trips(content in "[^\\p{Cc}]{0,300}") {
        let mut xml = b"<xml><ToUserName>g</ToUserName><FromUserName>o</FromUserName>\
            <CreateTime>1</CreateTime><MsgType>text</MsgType>".to_vec();
        xml::push_cdata(&mut xml, "Content", &content);
        xml.extend_from_slice(b"</xml>");
        let (query, body) = push(KEY, APP, std::str::from_utf8(&xml).unwrap(), NOW);
        let opened = open(&callback(Mode::Secure), &query, &body).unwrap();
        let expected = xml::strip_illegal(&content).into_owned();
        prop_assert_eq!(opened.message.kind, Kind::Text { content: expected });
    }

    /// Whatever comes, an answer and no panic.
    #[test]
    fn rubbish_never_panics(query in "\\PC{0,80}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for mode in [Mode::Plain, Mode::Compatible, Mode::Secure] {
            prop_assert!(callback(mode).open(&CallbackQuery::parse(&query), &body, NOW).is_err());
        }
    }
}
