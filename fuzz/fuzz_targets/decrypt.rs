//! `AesKey::decrypt` on arbitrary bytes and on changed genuine messages. Input: one byte that chooses, then the bytes.
#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use yuanmeng_fuzz::wechat::AesKey;

const APP: &str = "wx2c2769f8efd9abc2";
static KEY: LazyLock<AesKey> =
    LazyLock::new(|| AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG").expect("a genuine key"));

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    match choice % 4 {
        // The text of an Encrypt element as it comes.
        0 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                let _ = KEY.decrypt(text, APP);
            }
        }
        // Any bytes as cipher text.
        1 => {
            let _ = KEY.decrypt(&STANDARD.encode(rest), APP);
        }
        // What is sealed opens again, and only for its appid.
        2 => {
            let message = String::from_utf8_lossy(rest);
            let sealed = KEY.encrypt(message.as_bytes(), APP, &[7; 16]);
            assert_eq!(KEY.decrypt(&sealed, APP).as_deref(), Ok(message.as_ref()));
            assert!(KEY.decrypt(&sealed, "wx2c2769f8efd9abc3").is_err());
        }
        // A genuine message with bytes changed: two bytes of place, one of change, each. Changed bytes may open, since
        // CBC alone notices nothing (the signature does); they must never panic or give more than was sealed.
        _ => {
            let sealed = KEY.encrypt("<xml><A>文</A></xml>".repeat(9).as_bytes(), APP, &[7; 16]);
            let mut bytes = STANDARD.decode(&sealed).expect("our own base64");
            for change in rest.chunks_exact(3) {
                let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
                bytes[at] ^= change[2];
            }
            let whole = bytes.len();
            bytes.truncate(whole - rest.len() % 3 * 16);
            if let Ok(message) = KEY.decrypt(&STANDARD.encode(&bytes), APP) {
                assert!(message.len() + 20 + APP.len() < whole);
            }
        }
    }
});
