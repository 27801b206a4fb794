//! Published vectors, and that nothing but WeChat Pay's own word counts.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::bill::{BillReader, fen};
use super::crypt::{CryptError, Resource};
use super::headers::{answer_message, request_message};
use super::notification::open;
use super::order::pay_message;
use super::*;
use crate::wechat::testing::vectors;

const NOW: i64 = 1_700_000_000;
const ID: &str = "PUB_KEY_ID_0100";
const KEY: &str = "5YI2YwEdV56hCsNEoOGEeL17vRFcz3i6";

/// A key pair: the signing key, the public key, both in PEM as consoles give them.
struct Pair {
    key: MerchantKey,
    public: PlatformKey,
    private_pem: String,
}

fn pair() -> Pair {
    let made = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pem = |label: &str, der: &[u8]| {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(der)
        )
    };
    let private_pem = pem("PRIVATE KEY", made.as_der().unwrap().as_ref());
    Pair {
        key: MerchantKey::from_pem(&private_pem).unwrap(),
        public: PlatformKey::from_pem(&pem("PUBLIC KEY", made.public_key().as_der().unwrap().as_ref()))
            .unwrap(),
        private_pem,
    }
}

static PLATFORM: LazyLock<Pair> = LazyLock::new(pair);
static OTHER: LazyLock<Pair> = LazyLock::new(pair);

fn keys() -> PlatformKeys {
    let keys = PlatformKeys::new();
    keys.add_public_key(ID, PLATFORM.public.clone()).unwrap();
    keys
}

/// A notification as WeChat Pay sends it: four headers and the body.
#[derive(Clone)]
struct Sent {
    serial: String,
    timestamp: String,
    nonce: String,
    signature: String,
    body: Vec<u8>,
}

fn sent(at_s: i64) -> Sent {
    let plain = r#"{"appid":"wx1","mchid":"1900000109","out_trade_no":"n00001","transaction_id":"42","trade_state":"SUCCESS","success_time":"2021-11-10T10:00:00+08:00","amount":{"total":100,"currency":"CNY"}}"#;
    let resource = ApiV3Key::parse(KEY)
        .unwrap()
        .seal(plain.as_bytes(), "transaction", "123456789012")
        .unwrap();
    let body = serde_json::json!({ "id": "n-1", "event_type": "TRANSACTION.SUCCESS", "resource": resource });
    let (body, timestamp, nonce) = (body.to_string().into_bytes(), at_s.to_string(), "abc".to_owned());
    let signature = PLATFORM
        .key
        .sign(&answer_message(&timestamp, &nonce, &body))
        .unwrap();
    Sent {
        serial: ID.to_owned(),
        timestamp,
        nonce,
        signature,
        body,
    }
}

fn take(sent: &Sent) -> Result<Notification, Refused> {
    let signed = Signed::from_headers(|name| match name {
        "Wechatpay-Serial" => Some(sent.serial.as_str()),
        "Wechatpay-Timestamp" => Some(sent.timestamp.as_str()),
        "Wechatpay-Nonce" => Some(sent.nonce.as_str()),
        _ => Some(sent.signature.as_str()),
    });
    open(signed, &sent.body, &keys(), &ApiV3Key::parse(KEY).unwrap(), NOW)
}

/// facts, Pay v3: the published AEAD_AES_256_GCM vector.
#[test]
fn the_published_resource_opens() {
    let v = &vectors()["pay_v3"][0];
    let s = |name: &str| v[name].as_str().unwrap().to_owned();
    let resource = Resource {
        algorithm: s("kind"),
        ciphertext: s("ciphertext"),
        associated_data: Some(s("associated_data")),
        nonce: s("nonce"),
    };
    let key = ApiV3Key::parse(&s("apiv3_key")).unwrap();
    let opened = key.open(&resource).unwrap();
    assert_eq!(std::str::from_utf8(&opened).unwrap(), s("plaintext"));
    let told: Transaction = serde_json::from_slice(&opened).unwrap();
    assert_eq!(
        (told.amount.unwrap().total, told.trade_state),
        (100, TradeState::Success)
    );

    let other = Resource {
        associated_data: Some("refund".to_owned()),
        ..resource.clone()
    };
    assert_eq!(key.open(&other).unwrap_err(), CryptError::Altered);
    let short = Resource {
        nonce: "katvtHDDPxk".to_owned(),
        ..resource
    };
    assert_eq!(key.open(&short).unwrap_err(), CryptError::Malformed);
}

/// facts, Pay v3: what requests, answers and the cashier's parameters are signed over.
#[test]
fn the_signed_texts_are_wechats() {
    assert_eq!(
        request_message("GET", "/v3/certificates", "1", "n", b""),
        b"GET\n/v3/certificates\n1\nn\n\n"
    );
    assert_eq!(answer_message("1", "n", b"{}"), b"1\nn\n{}\n");
    assert_eq!(
        pay_message("wx1", "1", "n", "prepay_id=wx2"),
        "wx1\n1\nn\nprepay_id=wx2\n"
    );
    let signer = headers::Signer {
        mch_id: "1900000109",
        serial: "5157F0",
        key: &PLATFORM.key,
    };
    let header = signer.authorization("POST", "/v3/x", 7, "n", b"{}").unwrap();
    assert!(
        header.starts_with("WECHATPAY2-SHA256-RSA2048 mchid=\"1900000109\",nonce_str=\"n\",signature=\"")
    );
    assert!(header.ends_with("\",timestamp=\"7\",serial_no=\"5157F0\""));
    let signature = header
        .split("signature=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(PLATFORM.public.verifies(b"POST\n/v3/x\n7\nn\n{}\n", signature));
}

/// facts row 12: the key is chosen by `Wechatpay-Serial`, several at once; another's signature under a known serial and an
/// unknown serial are refused.
#[test]
fn the_key_is_chosen_by_serial() {
    let good = sent(NOW);
    assert_eq!(take(&good).unwrap().id, "n-1");
    assert_eq!(
        take(&Sent {
            serial: "5157F0".to_owned(),
            ..good.clone()
        })
        .unwrap_err(),
        Refused::Serial
    );
    let message = answer_message(&good.timestamp, &good.nonce, &good.body);
    let forged = Sent {
        signature: OTHER.key.sign(&message).unwrap(),
        ..good.clone()
    };
    assert_eq!(take(&forged).unwrap_err(), Refused::Signature);

    let both = keys();
    both.add_certificate(keys::PlatformCertificate {
        serial: "5157F0".to_owned(),
        key: OTHER.public.clone(),
        from_s: 0,
        until_s: NOW,
    });
    assert_eq!(
        both.preferred().as_deref(),
        Some(ID),
        "the switch goes towards the public key"
    );
    assert!(both.is_key_mode(), "no certificates are asked for then");
    for (serial, pair) in [(ID, &PLATFORM), ("5157F0", &OTHER)] {
        let signature = pair.key.sign(&message).unwrap();
        assert!(
            both.get(serial).unwrap().verifies(&message, &signature),
            "{serial}"
        );
    }
}

/// facts, Pay v3: |Δt| < 300 s, in both directions.
#[test]
fn time_counts_both_ways() {
    for (delta, taken) in [
        (-299, true),
        (299, true),
        (-300, false),
        (300, false),
        (86_400, false),
        (-86_400, false),
    ] {
        let result = take(&sent(NOW + delta));
        assert_eq!(result.is_ok(), taken, "{delta}");
        if !taken {
            assert_eq!(result.unwrap_err(), Refused::Time);
        }
    }
    assert_eq!(
        take(&Sent {
            timestamp: "now".to_owned(),
            ..sent(NOW)
        })
        .unwrap_err(),
        Refused::Headers
    );
}

/// facts, Pay v3: deliberately wrong signatures are refused with a 4xx.
#[test]
fn a_probe_is_refused() {
    let good = sent(NOW);
    let probe = Sent {
        signature: format!("WECHATPAY/SIGNTEST/{}", good.signature),
        ..good
    };
    assert_eq!(take(&probe).unwrap_err(), Refused::Probe);
    assert_eq!(Refused::Probe.status(), 401);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Issue 6: flip any bit of the body: refused. The signature is over the raw bytes.
    #[test]
    fn any_flipped_bit_is_refused(at in 0_usize..10_000, bit in 0_u8..8) {
        let mut flipped = sent(NOW);
        let at = at % flipped.body.len();
        flipped.body[at] ^= 1 << bit;
        prop_assert_eq!(take(&flipped).unwrap_err(), Refused::Signature);
    }

    /// Whatever amount: yuan with two digits and back, without floating point.
    #[test]
    fn the_bills_amounts_are_exact(amount in -10_000_000_000_i64..10_000_000_000) {
        let sign = if amount < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100);
        prop_assert_eq!(fen(&text), Some(amount));
    }

    /// A bill may come in any pieces.
    #[test]
    fn a_bill_is_read_in_any_pieces(size in 1_usize..200) {
        let mut rows = Vec::new();
        let mut reader = BillReader::default();
        for piece in BILL.as_bytes().chunks(size) {
            reader.push(piece, &mut |row| rows.push(row)).unwrap();
        }
        let totals = reader.end(&mut |_| {}).unwrap();
        prop_assert_eq!(rows.len(), 2);
        prop_assert_eq!(totals, BillTotals { rows: 2, order_fen: 680_000, refund_fen: 340_050 });
    }
}

const BILL: &str = "\u{feff}交易时间,公众账号ID,微信订单号,商户订单号,交易状态,商户退款单号,商品名称,订单金额,申请退款金额\r\n\
`2021-11-10 16:33:45,`wx1,`42001,`n00001,`SUCCESS,`0,`会计, 第一学期,`6800.00,`0.00\r\n\
`2021-11-10 17:00:00,`wx1,`42001,`n00001,`REFUND,`R1,`会计, 第一学期,`6800.00,`3400.5\r\n\
总交易单数,订单总金额,申请退款总金额\r\n`2,`6800.00,`3400.50\r\n";

fn read_bill(text: &str) -> Result<(Vec<BillRow>, BillTotals), PayError> {
    let (mut rows, mut reader) = (Vec::new(), BillReader::default());
    reader.push(text.as_bytes(), &mut |row| rows.push(row))?;
    let totals = reader.end(&mut |_| {})?;
    Ok((rows, totals))
}

/// Source: 下载账单: "`" before every value, a second heading, the totals; a bill cut short or altered is no bill.
#[test]
fn a_bill_is_read_with_its_totals() {
    let (rows, _) = read_bill(BILL).unwrap();
    assert_eq!(
        (rows[0].kind, rows[0].order_fen, rows[0].out_refund_no.as_deref()),
        (RowKind::Payment, 680_000, None)
    );
    assert_eq!(
        (rows[1].kind, rows[1].refund_fen, rows[1].out_refund_no.as_deref()),
        (RowKind::Refund, 340_050, Some("R1"))
    );
    let cut = BILL.split("总交易单数").next().unwrap();
    for wrong in [
        cut,
        &BILL.replace("`2,`6800.00", "`3,`6800.00"),
        &BILL.replace("`6800.00,`0.00", "`6800.0x,`0.00"),
    ] {
        assert!(matches!(read_bill(wrong), Err(PayError::Decode(_))), "{wrong}");
    }
}

/// Every code has its class, its meaning and what the operator does; the classes of the brief are all there.
#[test]
fn the_table_of_codes_is_ascending_and_complete() {
    assert!(error::CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    assert!(
        error::CODES
            .iter()
            .all(|info| !info.meaning.is_empty() && !info.advice.is_empty())
    );
    for (code, class) in [
        ("SYSTEM_ERROR", PayClass::Retry),
        ("ORDERPAID", PayClass::Paid),
        ("ORDER_CLOSED", PayClass::Closed),
        ("ORDER_NOT_EXIST", PayClass::NotExist),
        ("FREQUENCY_LIMITED", PayClass::RateLimit),
        ("SIGN_ERROR", PayClass::Configuration),
        ("NOT_ENOUGH", PayClass::Account),
        ("USER_ACCOUNT_ABNORMAL", PayClass::Final),
    ] {
        let error = PayApiError {
            status: 400,
            code: code.to_owned(),
            message: String::new(),
        };
        assert_eq!(error.class(), class, "{code}");
    }
}

/// Secrets do not come out of `Debug`.
#[test]
fn nothing_secret_is_printed() {
    let config = PayConfig {
        api_base: "http://127.0.0.1:1".to_owned(),
        mch_id: "1900000109".to_owned(),
        app_id: "wx1".to_owned(),
        serial: "5157F0".to_owned(),
        key: PLATFORM.key.clone(),
        api_v3_key: ApiV3Key::parse(KEY).unwrap(),
        platform: keys(),
    };
    let client = PayClient::new(
        config.clone(),
        Arc::new(|| NOW * 1000),
        Arc::new(|| "n".to_owned()),
        None,
    )
    .unwrap();
    let printed = format!("{config:?} {client:?}");
    let body = PLATFORM.private_pem.lines().nth(1).unwrap();
    assert!(
        !printed.contains(KEY) && !printed.contains(&body[..40]),
        "{printed}"
    );
    let params = client.pay_params("wx2").unwrap();
    assert_eq!(
        (params.package.as_str(), params.sign_type.as_str()),
        ("prepay_id=wx2", "RSA")
    );
    let message = pay_message("wx1", &NOW.to_string(), "n", "prepay_id=wx2");
    assert!(PLATFORM.public.verifies(message.as_bytes(), &params.pay_sign));
}

/// Issue 6: no amount in floating point, in the protocol and in the ledger.
#[test]
fn no_floating_point() {
    fn look(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                look(&path, found);
            } else if !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let float = ["f32", "f64", "as_f", "Decimal"]
                    .into_iter()
                    .find(|word| text.contains(word));
                found.extend(float.map(|word| format!("{}: {word}", path.display())));
            }
        }
    }
    let (root, mut found) = (
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        Vec::new(),
    );
    for folder in ["wechat/pay", "payment", "sim/pay"] {
        look(&root.join(folder), &mut found);
    }
    assert!(found.is_empty(), "{found:?}");
}
