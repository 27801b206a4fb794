//! Every setting: its default, what it refuses, its place in `.env.example`.

use super::*;

fn read(purpose: Purpose, set: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    Config::read(
        &|name| {
            let value = set.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string());
            value.or_else(|| (name == "YUANMENG_DATA_DIR").then(|| data.clone()))
        },
        purpose,
    )
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn production() -> Vec<(&'static str, &'static str)> {
    vec![
        ("YUANMENG_PUBLIC_URL", "https://zgjy.example.org.cn/"),
        ("YUANMENG_SECRET_KEY", KEY),
        ("WECHAT_APP_ID", "wx1"),
        ("WECHAT_APP_SECRET", "s"),
        ("WECHAT_TOKEN", "t"),
        ("WECHAT_ENCODING_AES_KEY", DEMO_AES_KEY),
        ("SMS_PROVIDER", "log"),
    ]
}

#[test]
fn the_demo_needs_nothing_and_keeps_its_key() {
    let config = read(Purpose::Demo, &[]).unwrap();
    assert_eq!(config.http.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.wechat.api_base, "http://127.0.0.1:8090");
    assert_eq!(config.virtual_segments.len(), 5);
    assert!(config.wechat.mini.is_some(), "the demo has a mini-program");
}

/// "`serve` refuses to start on a missing secret, naming the variable."
#[test]
fn serve_names_each_missing_secret() {
    for name in production().iter().map(|(name, _)| *name) {
        let without: Vec<_> = production().into_iter().filter(|(n, _)| *n != name).collect();
        assert_eq!(read(Purpose::Serve, &without).err().map(|e| e.name), Some(name));
    }
    let config = read(Purpose::Serve, &production()).unwrap();
    assert_eq!(config.http.public_url, "https://zgjy.example.org.cn");
}

/// The APP's door is closed until it is configured, and then as a whole, with a key of its algorithm.
#[test]
fn the_app_ticket_is_all_or_nothing() {
    assert!(read(Purpose::Serve, &production()).unwrap().app_ticket.is_none());
    assert!(read(Purpose::Demo, &[]).unwrap().app_ticket.is_some());
    let all = [
        ("APP_TICKET_ALGORITHM", "HS256"),
        ("APP_TICKET_KEY", DEMO_APP_TICKET_KEY),
        ("APP_TICKET_ISSUER", "app"),
        ("APP_TICKET_AUDIENCE", "us"),
    ];
    let with = |set: &[(&'static str, &'static str)]| {
        let set: Vec<_> = production().into_iter().chain(set.iter().copied()).collect();
        read(Purpose::Serve, &set)
    };
    assert!(with(&all).unwrap().app_ticket.is_some());
    for missing in all {
        let rest: Vec<_> = all.into_iter().filter(|one| *one != missing).collect();
        assert_eq!(with(&rest).err().map(|e| e.name), Some(missing.0));
    }
    // A secret is no public key: the algorithm cannot be swapped beneath it.
    let mut rsa = all;
    rsa[0] = ("APP_TICKET_ALGORITHM", "RS256");
    assert_eq!(with(&rsa).err().map(|e| e.name), Some("APP_TICKET_KEY"));
}

#[test]
fn a_wrong_value_is_named_with_an_example_and_not_shown() {
    for (name, bad) in [
        ("YUANMENG_LISTEN", "localhost"),
        ("SIM_LISTEN", "8090"),
        ("YUANMENG_PUBLIC_URL", "zgjy"),
        ("YUANMENG_BEHIND_PROXY", "yes"),
        ("YUANMENG_SECRET_KEY", "c2hvcnQ="),
        ("YUANMENG_SECRET_KEY_PREVIOUS", "c2hvcnQ="),
        ("DATABASE_URL", "mysql://secret"),
        ("REDIS_URL", "http://secret"),
        ("FILES_URL", "ftp://secret"),
        ("WECHAT_MESSAGE_MODE", "aes"),
        ("WECHAT_ENCODING_AES_KEY", "short"),
        ("WECHAT_ENCODING_AES_KEY_PREVIOUS", "short"),
        ("WECHAT_CALLBACK_TOLERANCE_S", "ten"),
        ("WECHAT_API_BASE", "api"),
        ("WECHAT_OPEN_BASE", "open"),
        ("WECHAT_MINI_APP_ID", ""),
        ("WECHAT_MINI_APP_SECRET", ""),
        ("WECHAT_TEMPLATES", "progress"),
        ("WECHAT_TEMPLATES", "nonsense=1"),
        ("WECHAT_SUBSCRIBE_TEMPLATES", "nonsense=1"),
        ("WECHAT_JS_DOMAINS", "https://a.example.cn"),
        ("WECHAT_JS_DOMAINS", "a b"),
        ("APP_TICKET_ALGORITHM", "none"),
        ("APP_TICKET_KEY", "short"),
        ("SMS_PROVIDER", "pigeon"),
        ("PHONE_VIRTUAL_SEGMENTS", "1"),
    ] {
        let mut set = production();
        set.retain(|(n, _)| *n != name);
        match (name, bad) {
            // One half without the other.
            ("WECHAT_MINI_APP_ID", "") => set.push(("WECHAT_MINI_APP_SECRET", "s")),
            ("WECHAT_MINI_APP_SECRET", "") => set.push(("WECHAT_MINI_APP_ID", "wx2")),
            // The door's settings come together.
            ("APP_TICKET_KEY", _) => set.extend([("APP_TICKET_ALGORITHM", "HS256"), (name, bad)]),
            _ => set.push((name, bad)),
        }
        let error = read(Purpose::Serve, &set)
            .err()
            .unwrap_or_else(|| panic!("{name}={bad} was accepted"));
        assert_eq!(error.name, name);
        assert!(
            !error.example.is_empty() && !error.to_string().contains("secret\""),
            "{error}"
        );
        assert!(!error.to_string().contains("c2hvcnQ="), "{error}");
    }
}

/// Every setting is explained in `.env.example`.
#[test]
fn the_example_file_names_every_setting() {
    let example = include_str!("../../.env.example");
    let source = concat!(
        include_str!("mod.rs"),
        include_str!("wechat.rs"),
        include_str!("app_ticket.rs")
    );
    for name in source
        .split('"')
        .filter(|s| s.len() > 6 && s.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && s.contains('_'))
    {
        assert!(example.contains(name), "{name} is missing in .env.example");
    }
}

/// the operator's holidays stand over the program's; what cannot be read stops the start and names the line.
#[test]
fn holidays_and_lateness_are_settings() {
    let told = read(Purpose::Demo, &[]).unwrap().told;
    assert!(told.late_after == 5 && told.calendar.knows(2026) && !told.calendar.knows(2027));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("holidays.csv");
    std::fs::write(&file, "2027-01-01,off,元旦\n").unwrap();
    let path = file.display().to_string();
    for setting in [
        ("HOLIDAYS_FILE", path.as_str()),
        ("YUANMENG_DATA_DIR", &dir.path().display().to_string()),
    ] {
        let told = read(Purpose::Demo, &[setting]).unwrap().told;
        assert!(
            told.calendar.knows(2027) && told.calendar.knows(2026),
            "{setting:?}"
        );
    }
    std::fs::write(&file, "2027-01-01,off,元旦\n2027-01-02,free,x\n").unwrap();
    let wrong = read(Purpose::Demo, &[("HOLIDAYS_FILE", &path)]).err().unwrap();
    assert!(
        wrong.name == "HOLIDAYS_FILE" && wrong.problem.contains("line 2"),
        "{wrong}"
    );
    for days in ["0", "61", "many"] {
        let wrong = read(Purpose::Demo, &[("REVIEW_LATE_AFTER_DAYS", days)]).err();
        assert_eq!(wrong.map(|e| e.name), Some("REVIEW_LATE_AFTER_DAYS"), "{days}");
    }
}

/// The merchant is all or nothing; each mistake names its variable.
#[test]
fn the_merchant_is_all_or_nothing() {
    assert!(read(Purpose::Serve, &production()).unwrap().pay.is_none());
    let private = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/pay-merchant.pem"
    ))
    .unwrap();
    let public = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/pay-platform.pub.pem"
    ))
    .unwrap();
    let inline = private.replace('\n', "\\n");
    let all: Vec<(&str, &str)> = vec![
        ("WECHAT_PAY_MCH_ID", "1900000109"),
        ("WECHAT_PAY_API_V3_KEY", "0123456789abcdef0123456789abcdef"),
        ("WECHAT_PAY_PRIVATE_KEY", &inline),
        ("WECHAT_PAY_SERIAL", "5157F09EFDC096DE15EBE81A47057A72F33B8E1A"),
        ("WECHAT_PAY_PUBLIC_KEY", &public),
        (
            "WECHAT_PAY_PUBLIC_KEY_ID",
            "PUB_KEY_ID_0119000001092024111100000000000000",
        ),
    ];
    let set = |change: &dyn Fn(&mut Settings)| {
        let mut settings: Settings = production()
            .into_iter()
            .chain(all.iter().copied().map(|(n, v)| (leak(n), v)))
            .map(|(n, v)| (n, v.to_owned()))
            .collect();
        change(&mut settings);
        let settings: Vec<(&str, &str)> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
        read(Purpose::Serve, &settings)
    };
    let pay = set(&|_| {}).unwrap().pay.unwrap();
    assert_eq!(
        (pay.mch_id.as_str(), pay.api_base.as_str()),
        ("1900000109", "https://api.mch.weixin.qq.com")
    );
    for (name, _) in &all {
        let error = set(&|settings| settings.retain(|(n, _)| n != name))
            .err()
            .unwrap();
        assert_eq!(error.name, *name, "{error}");
    }
    for (name, wrong) in [
        ("WECHAT_PAY_MCH_ID", "19x"),
        ("WECHAT_PAY_API_V3_KEY", "short"),
        ("WECHAT_PAY_PRIVATE_KEY", "/nowhere/apiclient_key.pem"),
        (
            "WECHAT_PAY_PRIVATE_KEY",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        ),
        ("WECHAT_PAY_SERIAL", "serial"),
        ("WECHAT_PAY_PUBLIC_KEY_ID", "5157F0"),
        ("WECHAT_PAY_PLATFORM_CERTS", "/nowhere/cert.pem"),
        ("WECHAT_PAY_API_BASE", "pay-host"),
    ] {
        let error = set(&|settings| {
            settings.retain(|(n, _)| *n != name);
            settings.push((leak(name), wrong.to_owned()));
        });
        let error = error.err().unwrap();
        assert_eq!(error.name, name, "{error}");
        assert!(
            !error.to_string().contains(wrong),
            "the value is not printed: {error}"
        );
    }
}

type Settings = Vec<(&'static str, String)>;

fn leak(name: &str) -> &'static str {
    name.to_owned().leak()
}
