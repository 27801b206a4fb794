//! The text of a day, and which day comes next.

use super::*;
use crate::campaign::{Season, Window};

fn date(m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2021, m, d).unwrap()
}

fn autumn() -> Intake {
    let window = |until| Window {
        from: Time::start_of(date(11, 5)),
        until: Time::end_of(until),
    };
    Intake {
        id: String::new(),
        campaign_id: String::new(),
        year: 2021,
        season: Season::Autumn,
        apply: window(date(11, 30)),
        review: window(date(12, 7)),
    }
}

/// the text is fixed to the letter: what was published can be made again in ten years.
#[test]
fn a_days_text_is_fixed() {
    let unit = "0193f0a0b0c07d0ea0b1c2d3e4f50617".to_owned();
    let at = Time::shanghai(2021, 11, 5, 8, 0, 0).plus(7);
    let day = Day {
        units: vec![UnitAt {
            id: unit.clone(),
            name: "长清区总工会".to_owned(),
            total: 57,
            taken: 1,
        }],
        submissions: vec![Submission {
            unit_id: unit.clone(),
            seq: 1,
            number: "7K3M-9PXW".to_owned(),
            at,
        }],
        entries: vec![
            Entry {
                unit_id: unit.clone(),
                what: "占用",
                delta: 1,
                number: Some("7K3M-9PXW".to_owned()),
                at,
            },
            Entry {
                unit_id: unit,
                what: "市总调整",
                delta: -3,
                number: None,
                at: at.plus(1000),
            },
        ],
    };
    let body = text(2021, date(11, 5), FIRST, "", &day);
    let expected = "济南市职工求学圆梦行动 名额日报 v1\n年度 2021\n日期 2021-11-05 北京时间\n上一日校验值 \
                    0000000000000000000000000000000000000000000000000000000000000000\n\
                    [单位] 单位号 名额 已占用 名称，当日结束时\ne4f50617 57 1 长清区总工会\n\
                    [提交] 单位号 顺序 编号尾号 时间\ne4f50617 1 9PXW 2021-11-05T08:00:00.007+08:00\n\
                    [名额] 单位号 变动 数量 编号尾号 时间\ne4f50617 占用 +1 9PXW 2021-11-05T08:00:00.007+08:00\n\
                    e4f50617 市总调整 -3 - 2021-11-05T08:00:01.007+08:00\n";
    assert_eq!(body, expected);
    assert_eq!(names_in(&body).get("e4f50617"), Some(&"长清区总工会"));
    assert!(!body.contains("7K3M"), "only the tail of a number is public");
    let with_head = text(2021, date(11, 5), FIRST, "abc", &day);
    assert!(with_head.contains("操作记录校验值 abc\n") && with_head.len() > body.len());
}

/// A day is published when it is over, once; days without lines only while an intake's windows are open.
#[test]
fn days_come_in_order() {
    let at = |m, d, h, mi| Time::shanghai(2021, m, d, h, mi, 0);
    assert_eq!(
        last_closed(at(11, 6, 0, 4)),
        date(11, 4),
        "what was begun before midnight may still commit"
    );
    assert_eq!(last_closed(at(11, 6, 0, 5)), date(11, 5));
    let all = [autumn()];
    let next = |last, line, closed| next_day(last, line, &all, closed);
    assert_eq!(next(None, None, date(11, 4)), None);
    assert_eq!(next(None, None, date(11, 5)), Some(date(11, 5)));
    assert_eq!(
        next(None, Some(at(1, 3, 9, 0)), date(11, 5)),
        Some(date(1, 3)),
        "the table of January comes first"
    );
    assert_eq!(next(Some(date(1, 3)), None, date(11, 9)), Some(date(11, 5)));
    assert_eq!(next(Some(date(11, 5)), None, date(11, 5)), None);
    assert_eq!(next(Some(date(12, 7)), None, date(12, 31)), None);
    assert_eq!(
        next(Some(date(12, 7)), Some(at(12, 20, 9, 0)), date(12, 31)),
        Some(date(12, 20))
    );
}
