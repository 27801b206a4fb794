use super::*;
use crate::wechat::testing::vectors;
use proptest::prelude::*;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const APP: &str = "wxb11529c136998cb6";

fn key() -> AesKey {
    AesKey::parse(KEY).unwrap()
}

#[test]
fn official_encryption() {
    let v = &vectors()["deterministic_encrypt"][0];
    let s = |k: &str| v[k].as_str().unwrap();
    let key = AesKey::parse(s("encodingAESKey")).unwrap();
    let random: Random16 = s("random16").as_bytes().try_into().unwrap();
    assert_eq!(
        key.encrypt(s("plaintext").as_bytes(), s("appid"), &random),
        s("encrypt")
    );
    assert_eq!(key.decrypt(s("encrypt"), s("appid")).unwrap(), s("plaintext"));
}

#[test]
fn official_decryption() {
    let v = &vectors()["encrypted_inbound"][0];
    let s = |k: &str| v[k].as_str().unwrap();
    let key = AesKey::parse(s("encodingAESKey")).unwrap();
    assert_eq!(
        key.decrypt(s("encrypt"), s("appid")).unwrap(),
        s("expected_plaintext")
    );
}

/// facts row 6: all four values of the two superfluous bits give the same key.
#[test]
fn trailing_bits_are_allowed() {
    let sealed = key().encrypt(b"x", APP, &[7; 16]);
    for last in ['E', 'F', 'G', 'H'] {
        let same = AesKey::parse(&format!("{}{last}", &KEY[..42])).unwrap();
        assert_eq!(same.decrypt(&sealed, APP).unwrap(), "x");
    }
}

#[test]
fn bad_keys_are_named_without_being_shown() {
    assert_eq!(AesKey::parse("short").unwrap_err(), KeyError::Length(5));
    assert_eq!(
        AesKey::parse(&format!("{}=", &KEY[..42])).unwrap_err(),
        KeyError::Alphabet
    );
    assert_eq!(
        AesKey::parse(&format!("{}-", &KEY[..42])).unwrap_err(),
        KeyError::Alphabet
    );
    assert_eq!(AesKey::parse(&"文".repeat(43)).unwrap_err(), KeyError::Alphabet);
    assert_eq!(format!("{:?}", key()), "AesKey(…)");
}

/// facts row 5: every length, hence every padding of 1 to 32.
#[test]
fn every_length_and_every_padding_round_trips() {
    let key = key();
    let mut pads = std::collections::BTreeSet::new();
    for len in 0..=2048 {
        let message = "a".repeat(len);
        let sealed = key.encrypt(message.as_bytes(), APP, &[3; 16]);
        pads.insert(PAD_BLOCK - (HEADER + len + APP.len()) % PAD_BLOCK);
        assert_eq!(key.decrypt(&sealed, APP).unwrap(), message);
    }
    assert_eq!(pads, (1..=32).collect());
}

/// Encrypts bytes as they are, so that tests can make envelopes no honest sender makes.
fn seal_raw(mut raw: Vec<u8>) -> String {
    let key = key();
    let (blocks, _) = Array::slice_as_chunks_mut(&mut raw);
    cbc::Encryptor::inner_iv_init(&key.enc, (&key.iv).into()).encrypt_blocks(blocks);
    STANDARD.encode(&raw)
}

fn raw(len_field: u32, tail: &[u8]) -> Vec<u8> {
    [&[1u8; 16][..], &len_field.to_be_bytes(), tail].concat()
}

/// facts row 5
#[test]
fn every_padding_byte_is_verified() {
    let tail = |pad: &[u8]| raw(4, &[&b"wxyzappid12"[..], pad].concat());
    assert_eq!(key().decrypt(&seal_raw(tail(&[1])), "appid12").unwrap(), "wxyz");
    for pad in [0u8, 33, 34, 255] {
        assert_eq!(
            key().decrypt(&seal_raw(tail(&[pad])), "appid12"),
            Err(OpenError::Padding)
        );
    }
    let wrong = raw(4, b"wxyzappid\x04\x03\x03");
    assert_eq!(key().decrypt(&seal_raw(wrong), "appid"), Err(OpenError::Padding));
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    for len in [10, 1000, u32::MAX] {
        let text = seal_raw(raw(len, b"wxyzappid12\x01"));
        assert!(
            matches!(
                key().decrypt(&text, "appid12"),
                Err(OpenError::Length | OpenError::AppId)
            ),
            "{len}"
        );
    }
    assert_eq!(key().decrypt("", APP), Err(OpenError::Length));
    assert_eq!(key().decrypt("AAAA", APP), Err(OpenError::Length));
    assert_eq!(key().decrypt("!", APP), Err(OpenError::Base64));
    // 16 bytes of padding and nothing else: too short for the header.
    assert_eq!(
        key().decrypt(&seal_raw(vec![16; 16]), APP),
        Err(OpenError::Length)
    );
}

/// facts: AES: the appid inside is checked.
#[test]
fn other_appid_is_refused() {
    let sealed = key().encrypt(b"x", APP, &[0; 16]);
    assert_eq!(
        key().decrypt(&sealed, "wxb11529c136998cb7"),
        Err(OpenError::AppId)
    );
    assert_eq!(key().decrypt(&sealed, ""), Err(OpenError::AppId));
}

/// facts: Reply envelope: Encrypt, MsgSignature, TimeStamp in seconds, Nonce.
#[test]
fn the_reply_envelope_reads_back() {
    let sealed = key().encrypt(b"x", APP, &[9; 16]);
    let reply = ReplyEnvelope::parse(&write_reply("tok", &sealed, 1_700_000_000, "n]]>1")).unwrap();
    assert!(reply.verify("tok") && !reply.verify("tok2"));
    assert_eq!(
        (reply.timestamp.as_str(), reply.nonce.as_str()),
        ("1700000000", "n]]>1")
    );
    assert_eq!(key().decrypt(&reply.encrypt, APP).unwrap(), "x");
}

proptest! {
    #[test]
    fn round_trip(message in "\\PC{0,700}", random in any::<[u8; 16]>()) {
        let sealed = key().encrypt(message.as_bytes(), APP, &random);
        prop_assert_eq!(key().decrypt(&sealed, APP).unwrap(), message);
    }

    /// Whatever comes, an answer and no panic.
    #[test]
    fn rubbish_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(key().decrypt(&STANDARD.encode(&bytes), APP).is_err());
    }
}
