use super::*;

fn value(xml: &str, name: &'static str) -> String {
    Fields::parse(xml)
        .unwrap()
        .get(name)
        .unwrap()
        .unwrap()
        .to_string()
}

#[test]
fn cdata_and_escaped_text_in_any_order() {
    let xml = "\u{feff}<?xml version=\"1.0\"?>\n<xml><B>a &lt;b&gt; &#x4e2d;</B>\n<A><![CDATA[1 < 2]]></A><C/></xml>\n";
    assert_eq!(value(xml, "A"), "1 < 2");
    assert_eq!(value(xml, "B"), "a <b> 中");
    assert_eq!(value(xml, "C"), "");
    assert!(matches!(
        Fields::parse(xml).unwrap().get("A").unwrap(),
        Some(Cow::Borrowed(_))
    ));
}

/// facts row 7
#[test]
fn doctype_and_entities_are_refused() {
    let xxe = "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><A>&e;</A></xml>";
    assert_eq!(Fields::parse(xxe), Err(Malformed::Doctype));
    assert_eq!(Fields::parse("<xml><A>&e;</A></xml>"), Err(Malformed::Entity));
}

/// facts row 7
#[test]
fn control_characters_are_stripped() {
    assert_eq!(
        value(
            "<xml><A><![CDATA[a\u{0}\u{8}b\u{c}\u{fffe}\tc，]]></A></xml>",
            "A"
        ),
        "ab\tc，"
    );
    assert_eq!(value("<xml><A>a&#x1;b</A></xml>", "A"), "ab");
}

#[test]
fn malformed_documents_are_refused() {
    for bad in [
        "",
        "text",
        "<xml>",
        "<xml><A></xml>",
        "<xml></A></xml>",
        "<html></html>",
        "<xml></xml>tail",
        "<xml></xml><xml></xml>",
        "head<xml></xml>",
        "<xml><A>a & b</A></xml>",
        "<xml><![CDATA[x</xml>",
        "<xml><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></xml>",
        "<xml><A>&#0;</A></xml>",
    ] {
        assert!(Fields::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn nested_fields_keep_their_parent_and_duplicates_are_refused() {
    let fields = Fields::parse("<xml><S><R>1</R><R>2</R></S><R>3</R><D>4</D><D>5</D></xml>").unwrap();
    assert_eq!(fields.inside("S", "R"), Some("1"));
    assert_eq!(fields.get("R").unwrap().map(|v| v.as_ref()), Some("3"));
    assert_eq!(fields.get("D"), Err(Malformed::Duplicate("D")));
    assert_eq!(fields.iter().count(), 5);
}

/// facts row 7: `]]>` inside a value is split, even when a stripped character stood between.
#[test]
fn cdata_end_inside_a_value_survives_the_round_trip() {
    for nasty in ["]]>", "a]]>b]]>", "]]\u{1}>", "]]]]>>", "&lt;<x>"] {
        let mut out = b"<xml>".to_vec();
        push_cdata(&mut out, "A", nasty);
        out.extend_from_slice(b"</xml>");
        assert!(!out.contains(&1), "WeChat drops a reply with a control character");
        assert_eq!(
            value(std::str::from_utf8(&out).unwrap(), "A"),
            strip_illegal(nasty)
        );
    }
}

#[test]
fn numbers_at_the_edges() {
    for n in [0, 7, -1, i64::MIN, i64::MAX] {
        let mut out = Vec::new();
        push_decimal(&mut out, n);
        assert_eq!(String::from_utf8(out).unwrap(), n.to_string());
    }
}
