//! A decrypted body, XML or JSON: never a panic, and what was read can be stored, read again and answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yuanmeng_fuzz::wechat::json::Format;
use yuanmeng_fuzz::wechat::xml::Fields;
use yuanmeng_fuzz::wechat::{Inbound, Reply};

fuzz_target!(|data: &[u8]| {
    let Ok(body) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(fields) = Fields::parse_body(body) {
        for field in fields.iter() {
            assert!(
                !field
                    .value
                    .chars()
                    .any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')),
                "a control character got through"
            );
        }
    }
    let Ok(inbound) = Inbound::parse(body) else { return };
    let stored = serde_round_trip(&inbound);
    assert_eq!(stored, inbound);
    assert_eq!(stored.dedup_key("wx1"), inbound.dedup_key("wx1"));
    // A reply quoting whatever came in is well-formed in both formats.
    let content = match &inbound.kind {
        yuanmeng_fuzz::wechat::Kind::Text { content } if !content.trim().is_empty() => content.clone(),
        _ => body.to_owned(),
    };
    let reply = Reply::text(content);
    for text in [reply.to_xml(&inbound, 1), reply.to_json(&inbound, 1)] {
        let fields = Fields::parse_body(&text).expect("our own reply is well-formed");
        assert_eq!(
            fields.get("ToUserName").unwrap().map(|v| v.as_ref()),
            Some(inbound.from.as_str())
        );
        assert_eq!(Format::of(&text) == Format::Json, text.starts_with('{'));
    }
});

fn serde_round_trip(inbound: &Inbound) -> Inbound {
    let json = serde_json::to_string(inbound).expect("an inbound is JSON");
    serde_json::from_str(&json).expect("what was written reads back")
}
