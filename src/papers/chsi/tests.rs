use super::*;
use proptest::prelude::*;

const TEXT: &str = "教育部学籍在线验证报告\n更新日期：2021年11月08日\n姓 名\n王小梅\n性别\n女\n出生日期\n1990年03月07日\n\
    民族\n汉族\n院校\n山东开放大学\n层次\n专科\n院系\n经济管理学院\n专业\n机电一体化技术\n形式\n业余\n入学日期\n2021年09月01日\n\
    学制\n2.5年\n学籍状态\n在籍（注册学籍）\n预计毕业日期\n2024年01月10日\n在线验证码 A1B2C3D4E5F6G7H8\n有效期至：2022年05月08日\n\
    注意事项\n1、在线验证有效期由学籍信息权属人设置（1～6个月），在报告验证到期前可再次延长验证有效期。";

fn report() -> Report {
    Report::parse(TEXT).unwrap()
}

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

/// every value of the report is found beside its label, a spaced label too.
#[test]
fn the_report_is_read_cell_by_cell() {
    let report = report();
    assert_eq!(report.compare(&["姓名"], "王小梅"), Match::Same);
    assert_eq!(report.compare(&["院校"], "山东 开放大学"), Match::Same);
    assert_eq!(
        report.compare(&["院校"], "山东开放大学（济南分校）"),
        Match::Similar("山东开放大学".to_owned())
    );
    assert_eq!(
        report.compare(&["姓名"], "王小红"),
        Match::Differs("王小梅".to_owned())
    );
    assert_eq!(report.compare(&["学号"], "1"), Match::Absent);
    assert_eq!(report.level(), Some(Level::College));
    assert_eq!(report.entry(), Some((2021, 9)));
    assert_eq!(report.code().as_deref(), Some("A1B2C3D4E5F6G7H8"));
    assert_eq!(report.person(), (Some("女"), Some(day(1990, 3, 7)), None));
}

/// where label and value run together, agreement is told and disagreement is not claimed.
#[test]
fn text_that_runs_together_only_confirms() {
    let text = "教育部学籍在线验证报告姓名王小梅性别女院校山东开放大学层次专科";
    let report = Report::parse(text).unwrap();
    assert_eq!(report.compare(&["姓名"], "王小梅"), Match::Same);
    assert_eq!(report.compare(&["姓名"], "李强"), Match::Absent);
}

/// six months or more, judged at the moment of submission; the footnote's "1～6个月" is no period.
#[test]
fn the_period_is_judged_at_submission() {
    let at = |y, m, d| report().validity(Time::shanghai(y, m, d, 12, 0, 0));
    assert_eq!(at(2021, 11, 10), Validity::Long(day(2022, 5, 8)));
    assert_eq!(at(2022, 5, 8), Validity::Long(day(2022, 5, 8)));
    assert_eq!(at(2022, 5, 9), Validity::Ended(day(2022, 5, 8)));
    let now = Time::shanghai(2021, 11, 10, 12, 0, 0);
    let with = |text: &str| Report::parse(&TEXT.replace("有效期至：2022年05月08日", text)).unwrap();
    assert_eq!(
        with("有效期至 2022-02-08").validity(now),
        Validity::Short(day(2022, 2, 8))
    );
    assert_eq!(
        with("有效期：180天").validity(now),
        Validity::Long(day(2022, 5, 7))
    );
    assert_eq!(
        with("有效期：3个月").validity(now),
        Validity::Short(day(2022, 2, 8))
    );
    assert_eq!(
        with("有效期：2021.11.08-2022.05.08").validity(now),
        Validity::Long(day(2022, 5, 8))
    );
    assert_eq!(with("").validity(now), Validity::NotStated);
    let undated = TEXT
        .replace("更新日期：2021年11月08日", "")
        .replace("05月08日", "03月08日");
    let undated = Report::parse(&undated).unwrap();
    assert_eq!(undated.validity(now), Validity::StartUnknown(day(2022, 3, 8)));
}

/// only 学信网's own address counts as a report's code.
#[test]
fn only_chsi_addresses_are_codes() {
    let code = |text: &str| code_of(text);
    assert_eq!(
        code("https://www.chsi.com.cn/xlcx/bg.do?vcode=a1b2&srcid=bgcx").as_deref(),
        Some("A1B2")
    );
    assert_eq!(code("https://chsi.com.cn.evil.example/bg.do?vcode=a1b2"), None);
    assert_eq!(code("https://evilchsi.com.cn/bg.do?vcode=a1b2"), None);
    assert_eq!(code("A1B2"), None);
}

/// A paper that is something else is named; any text that is no report at all is none.
#[test]
fn other_papers_are_told_apart() {
    assert_eq!(Report::parse("学历证书电子注册备案表 姓名 王小梅"), None);
    assert_eq!(
        other_paper("教育部学历证书电子注册备案表"),
        Some("学历证书电子注册备案表")
    );
    assert_eq!(other_paper("缴费凭证"), None);
}

#[test]
fn levels_are_known_by_the_reports_words() {
    let level = |word: &str| Report::parse(&TEXT.replace("专科", word)).unwrap().level();
    assert_eq!(level("专科(高职)"), Some(Level::College));
    assert_eq!(level("专升本"), Some(Level::Bachelor));
    assert_eq!(level("本科"), Some(Level::Bachelor));
    assert_eq!(level("硕士研究生"), Some(Level::Master));
    assert_eq!(level("博士研究生"), Some(Level::Doctor));
    assert_eq!(level("其他"), None);
}

proptest! {
    /// whatever the text, reading it ends and claims no date that is not there.
    #[test]
    fn any_text_is_read_without_failing(text in "\\PC{0,200}", day in 0i64..4_000_000_000_000) {
        let whole = format!("教育部学籍在线验证报告{text}");
        let report = Report::parse(&whole).unwrap();
        if !text.contains("有效期") {
            prop_assert_eq!(report.validity(Time(day)), Validity::NotStated);
        }
        let _ = (report.level(), report.entry(), report.code(), report.person());
    }

    /// a report of six months is long enough on every day from its making to its end, and on no later one;
    /// one of less than 180 days never is.
    #[test]
    fn the_period_decides_and_the_day_ends_it(made in 0u64..4000, days in 1u64..400, later in 0u64..500) {
        let start = day(2015, 1, 1).checked_add_days(Days::new(made)).unwrap();
        let end = start.checked_add_days(Days::new(days)).unwrap();
        let text = format!("学籍在线验证报告 更新日期：{} 有效期至：{}", start.format("%Y年%m月%d日"), end.format("%Y年%m月%d日"));
        let at = Time::start_of(start.checked_add_days(Days::new(later)).unwrap());
        let expected = match () {
            () if later > days => Validity::Ended(end),
            () if days >= 180 => Validity::Long(end),
            () => Validity::Short(end),
        };
        prop_assert_eq!(Report::parse(&text).unwrap().validity(at), expected);
    }

    /// Comparing is symmetric, and blind to spaces and width.
    #[test]
    fn comparing_is_symmetric(one in "[王李张a-z（）() ]{1,12}", other in "[王李张a-z（）() ]{1,12}") {
        prop_assert_eq!(alike(&one, &other), alike(&other, &one));
        let spaced: String = one.chars().flat_map(|c| [c, ' ']).collect();
        prop_assert_eq!(alike(&one, &spaced), Alike::Same);
    }
}
