use super::*;
use proptest::prelude::*;

fn fit(field: &str, value: &str) -> String {
    shorten(field, value).unwrap().into_owned()
}

/// facts, Category keywords
#[test]
fn limits_by_keyword_type() {
    assert_eq!(fit("thing1", "历城区总工会"), "历城区总工会");
    assert_eq!(fit("thing1", &"工".repeat(20)), "工".repeat(20));
    assert_eq!(fit("thing1", &"工".repeat(21)), format!("{}…", "工".repeat(19)));
    assert_eq!(fit("thing12", "第一行\r\n第二行"), "第一行 第二行");
    assert_eq!(fit("phrase2", "审核已经通过了"), "审核已经通");
    assert_eq!(fit("phrase2", "已通过 (1)"), "已通过");
    assert_eq!(fit("character_string3", "编号QX-2021-0001"), "QX-2021-0001");
    assert_eq!(fit("character_string3", &"A".repeat(40)), "A".repeat(32));
    assert_eq!(fit("phone_number4", "0531-86000000转8001#"), "0531-860000008001");
    assert_eq!(fit("letter7", "编号AB-12cd"), "ABcd");
    assert_eq!(fit("symbol8", "a**+-*中*"), "**+-*");
    assert_eq!(fit("name9", "欧阳震华上官婉儿司马相如"), "欧阳震华上官婉儿司马");
    assert_eq!(fit("name9", "John Ronald Reuel Tolkien"), "John Ronald Reuel To");
    assert_eq!(fit("number10", "1000.50"), "1000.50");
    assert!(matches!(
        shorten("number10", "一千"),
        Err(FieldProblem::Format(_))
    ));
    assert_eq!(fit("car_number5", "鲁A12345新能源"), "鲁A12345新");
    assert_eq!(fit("unheard_of6", &"x".repeat(30)).chars().count(), 20);
}

#[test]
fn what_must_not_be_cut_is_refused() {
    for good in [
        "2021年11月30日 18:30",
        "2021-11-30 18:30:00",
        "18:30",
        "2021年11月30日",
    ] {
        assert_eq!(fit("time1", good), good);
    }
    for bad in [
        "明天",
        "2021年11月30日 18:30 之前",
        "下午 6:30",
        "2021-11-30 18:30:00~2021-12-01 18:30:00",
    ] {
        assert_eq!(
            shorten("time1", bad),
            Err(FieldProblem::Format("time1".into())),
            "{bad}"
        );
    }
    for good in ["1000元", "¥1000.50", "1000", "999999999999"] {
        assert_eq!(fit("amount1", good), good);
    }
    for bad in ["一千元", "1,000元", "¥", "1000元整", "1234567890123", "1."] {
        assert_eq!(
            shorten("amount1", bad),
            Err(FieldProblem::Format("amount1".into())),
            "{bad}"
        );
    }
    assert!(matches!(
        shorten("const1", &"值".repeat(21)),
        Err(FieldProblem::Format(_))
    ));
    for field in ["thing1", "phrase1", "time1", "amount1", "const1"] {
        assert_eq!(shorten(field, " \n"), Err(FieldProblem::Empty(field.into())));
    }
    assert_eq!(
        shorten("phrase1", "OK"),
        Err(FieldProblem::Empty("phrase1".into()))
    );
}

/// facts, Template: the body WeChat documents.
#[test]
fn the_body_is_wechats() {
    let message = TemplateMessage::new("o1", "T1")
        .url("https://u.example.cn/progress")
        .client_msg_id("n-1")
        .field("thing1", "求学圆梦补助")
        .and_then(|m| m.field("phrase2", "已通过"))
        .unwrap();
    let expected = serde_json::json!({
        "touser": "o1", "template_id": "T1", "url": "https://u.example.cn/progress", "client_msg_id": "n-1",
        "data": {"thing1": {"value": "求学圆梦补助"}, "phrase2": {"value": "已通过"}}
    });
    assert_eq!(serde_json::to_value(&message).unwrap(), expected);
    assert!(!format!("{message:?}").contains("o1"));
}

#[test]
fn message_ids_are_numbers_or_text() {
    for json in [r#"{"errcode":0,"msgid":200228332}"#, r#"{"msgid":"200228332"}"#] {
        assert_eq!(serde_json::from_str::<Sent>(json).unwrap().msgid, "200228332");
    }
}

proptest! {
    /// 47003 for length cannot happen, whatever is put in.
    #[test]
    fn never_too_long(value in "\\PC{0,60}", newline in ".{0,40}", which in 0usize..13) {
        let field = ["thing1", "const1", "phrase1", "character_string1", "amount1", "phone_number1",
            "car_number1", "time1", "other1", "number1", "letter1", "symbol1", "name1"][which];
        if let Ok(fitted) = shorten(field, &format!("{value}{newline}")) {
            prop_assert!(units(&fitted) <= KeywordType::of(field).limit());
            prop_assert!(!fitted.is_empty() && !fitted.chars().any(char::is_control));
        }
    }
}
