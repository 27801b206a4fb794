//! Accounts that chose JSON.

use super::*;

/// facts, Reply envelope: an account that chose JSON gets JSON, envelope and reply; the forgeries stay refused.
#[test]
fn json_in_and_out() {
    let message = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1700000000,"MsgType":"text","Content":"hi","MsgId":7}"#;
    let key = AesKey::parse(KEY).unwrap();
    let encrypt = key.encrypt(message.as_bytes(), APP, b"0123456789abcdef");
    let body = format!(
        r#"{{"ToUserName":"gh_1","Encrypt":"{}"}}"#,
        encrypt.replace('/', "\\/")
    );
    for mode in [Mode::Secure, Mode::Compatible] {
        let callback = callback(mode);
        let opened = open(&callback, &query(&encrypt, NOW), &body).unwrap();
        assert_eq!(
            (opened.format, opened.message.msg_id.as_deref()),
            (Format::Json, Some("7"))
        );
        let answer = callback.answer(&opened, &Reply::text("好"), NOW, "n2", &[5; 16]);
        let reply = envelope::ReplyEnvelope::parse(&answer).unwrap();
        assert!(answer.starts_with('{') && reply.verify(TOKEN));
        let inner: serde_json::Value =
            serde_json::from_str(&key.decrypt(&reply.encrypt, APP).unwrap()).unwrap();
        assert_eq!(
            (&inner["ToUserName"], &inner["Content"]),
            (&"o1".into(), &"好".into())
        );
        assert_eq!(
            open(&callback, &query(&encrypt, NOW), message),
            forbidden(Forbidden::Mode)
        );
        assert_eq!(
            open(&callback, &plain_query(NOW), message),
            forbidden(Forbidden::Mode)
        );
    }
    let plain = callback(Mode::Plain);
    let opened = open(&plain, &plain_query(NOW), message).unwrap();
    assert!(
        plain
            .answer(&opened, &Reply::text("好"), NOW, "n", &[0; 16])
            .starts_with('{')
    );
    assert_eq!(open(&plain, &plain_query(NOW), &body), forbidden(Forbidden::Mode));
    assert_eq!(open(&plain, &plain_query(NOW), "{"), Err(Malformed::Json.into()));
}

proptest! {
    /// Any byte flipped in what is signed, in the body or in the query, is refused.
    #[test]
    fn any_flipped_byte_is_refused(at in any::<proptest::sample::Index>(), bit in 0u8..7) {
        let encrypt = AesKey::parse(KEY).unwrap().encrypt(TEXT.as_bytes(), APP, b"0123456789abcdef");
        let (query, body) = (query(&encrypt, NOW), format!(r#"{{"Encrypt":"{encrypt}"}}"#));
        let callback = callback(Mode::Secure);
        prop_assert!(open(&callback, &query, &body).is_ok());
        let flip = |text: &str, from: usize, to: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[from + at.index(to - from)] ^= 1 << bit;
            bytes
        };
        let from = r#"{"Encrypt":""#.len();
        let changed = flip(&body, from, from + encrypt.len());
        prop_assert!(callback.open(&CallbackQuery::parse(&query), &changed, NOW).is_err());
        for name in ["timestamp=", "nonce=", "msg_signature="] {
            let from = query.find(name).unwrap() + name.len();
            let to = query[from..].find('&').map_or(query.len(), |length| from + length);
            let changed = String::from_utf8(flip(&query, from, to)).unwrap();
            prop_assert!(open(&callback, &changed, &body).is_err(), "{changed}");
        }
    }
}
