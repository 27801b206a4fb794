//! A certificate as WeChat Pay has one, written byte by byte (X.690, RFC 5280): version 3, CN "Tenpay.com sign", ten years.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wechat::pay::MerchantKey;

/// sha256WithRSAEncryption, 1.2.840.113549.1.1.11, with its NULL.
const ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// Tag, length, content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes: Vec<u8> = length
            .to_be_bytes()
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend_from_slice(content);
    out
}

fn name(common: &str) -> Vec<u8> {
    // 2.5.4.3, commonName, UTF8String.
    let pair = [tlv(0x06, &[0x55, 0x04, 0x03]), tlv(0x0c, common.as_bytes())].concat();
    tlv(SEQUENCE, &tlv(SET, &tlv(SEQUENCE, &pair)))
}

/// A certificate over `public` (SubjectPublicKeyInfo) signed by its own key, and its serial in upper-case hex.
pub(super) fn self_signed(key: &MerchantKey, public: &[u8]) -> (Vec<u8>, String) {
    let mut serial: [u8; 20] = rand::random();
    // Positive, and no leading zero.
    serial[0] = serial[0] & 0x3f | 0x40;
    let year = |offset: i32| {
        let year = chrono::Datelike::year(&chrono::Utc::now()) + offset;
        // GeneralizedTime reads any year.
        tlv(0x18, format!("{year}0101000000Z").as_bytes())
    };
    let validity = [year(-1), year(9)].concat();
    let body = [
        tlv(0xa0, &tlv(0x02, &[2])),
        tlv(0x02, &serial),
        ALGORITHM.to_vec(),
        name("Tenpay.com Root CA"),
        tlv(SEQUENCE, &validity),
        name("Tenpay.com sign"),
        public.to_vec(),
    ]
    .concat();
    let body = tlv(SEQUENCE, &body);
    let signature = key
        .sign(&body)
        .unwrap_or_else(|_| unreachable!("a key made here signs"));
    let signature = STANDARD.decode(signature).unwrap_or_default();
    // A bit string without unused bits.
    let signature = tlv(0x03, &[&[0], signature.as_slice()].concat());
    let whole = tlv(SEQUENCE, &[body, ALGORITHM.to_vec(), signature].concat());
    (whole, hex::encode_upper(serial))
}
