//! What may stand in a template message's field, by the letters of its keyword (facts: Category keywords).

/// Why a field is refused; WeChat says it in `errmsg` of 47003, naming the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    Invalid,
}

/// Checks `value` by the rules of `keyword` (`thing1`, `time2` …).
pub(super) fn check(keyword: &str, value: &str) -> Result<(), Fault> {
    if value.trim().is_empty() {
        return Err(Fault::Empty);
    }
    let kind = keyword.trim_end_matches(|c: char| c.is_ascii_digit());
    // No keyword may hold a line break (2023-05-04).
    let fits = !value.contains(['\n', '\r']) && fits(kind, value);
    if fits { Ok(()) } else { Err(Fault::Invalid) }
}

fn fits(kind: &str, value: &str) -> bool {
    // As JavaScript counts, so that a rare character takes two places: the stricter reading.
    let chars = value.chars().map(char::len_utf16).sum::<usize>();
    let ascii = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    match kind {
        "thing" | "const" => chars <= 20,
        "phrase" => chars <= 5 && value.chars().all(is_han),
        "character_string" => chars <= 32 && ascii,
        "number" => chars <= 32 && value.parse::<f64>().is_ok_and(f64::is_finite),
        "letter" => chars <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "amount" => is_amount(value),
        "phone_number" | "phone" => chars <= 17 && ascii && !value.chars().any(|c| c.is_ascii_alphabetic()),
        "car_number" | "car" => chars <= 8,
        "name" => chars <= if ascii { 20 } else { 10 },
        "time" => value.split('~').count() <= 2 && value.split('~').all(is_time),
        "date" => value.split('~').count() <= 2 && value.split('~').all(is_date_time),
        // Keywords without a documented rule (short_thing …) get the general one.
        _ => chars <= 20,
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

/// One currency sign at most, at most 12 digits with at most one point, and 元 after it if one likes.
fn is_amount(value: &str) -> bool {
    let value = value.strip_prefix(['¥', '￥', '$', '€', '£']).unwrap_or(value);
    let value = value.strip_suffix('元').unwrap_or(value);
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let points = value.chars().filter(|c| *c == '.').count();
    let commas = value.chars().filter(|c| *c == ',').count();
    (1..=12).contains(&digits)
        && points <= 1
        && digits + points + commas == value.chars().count()
        && value.starts_with(|c: char| c.is_ascii_digit())
}

/// `15:01`, `15:01:30`, or with a date before it; 24-hour clock.
fn is_time(value: &str) -> bool {
    let value = value.trim();
    is_clock(value) || is_date_time(value)
}

fn is_clock(value: &str) -> bool {
    let parts: Vec<&str> = value.split(':').collect();
    let limits = [24, 60, 60];
    (2..=3).contains(&parts.len())
        && parts
            .iter()
            .zip(limits)
            .all(|(part, limit)| is_below(part, limit))
}

/// `2019年10月1日`, `2019-10-01`, `2019/10/01`, with or without a clock time behind it.
fn is_date_time(value: &str) -> bool {
    let value = value.trim();
    let (date, clock) = match value.split_once(' ') {
        Some((date, clock)) => (date, Some(clock.trim())),
        None => (value, None),
    };
    is_date(date) && clock.is_none_or(is_clock)
}

fn is_date(value: &str) -> bool {
    let plain = value.strip_suffix('日').unwrap_or(value);
    let parts: Vec<&str> = plain.split(['年', '月', '-', '/', '.']).collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
    match (number(year), number(month), number(day)) {
        (Some(year), Some(month), Some(day)) => {
            chrono::NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(0), month, day).is_some()
                && year >= 1000
        }
        _ => false,
    }
}

fn is_below(text: &str, limit: u32) -> bool {
    (1..=2).contains(&text.len()) && text.parse::<u32>().is_ok_and(|n| n < limit)
}

#[cfg(test)]
mod tests {
    use super::{Fault, check};

    /// Facts: Category keywords.
    #[test]
    fn each_keyword_has_its_limits() {
        let good = [
            ("thing1", "二十个字以内的事物名称可以写在这里的呀"),
            ("const2", "待审核"),
            ("phrase3", "审核通过"),
            ("character_string4", "QX-2021-000123"),
            ("amount5", "￥1000.00"),
            ("amount5", "1,000元"),
            ("phone_number6", "4000123318-0"),
            ("car_number7", "鲁A12345"),
            ("time8", "2021年11月30日 23:59"),
            ("time8", "2021-11-05 08:00:00~2021-11-30 23:59:59"),
            ("time8", "15:01"),
            ("date9", "2021年11月5日"),
            ("number10", "12.5"),
        ];
        for (keyword, value) in good {
            assert_eq!(check(keyword, value), Ok(()), "{keyword} {value}");
        }
        let bad = [
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一"),
            ("thing1", "两\n行"),
            ("phrase3", "审核通过了吗"),
            ("phrase3", "pass"),
            ("character_string4", "编号1"),
            ("character_string4", "123456789012345678901234567890123"),
            ("amount5", "一千元"),
            ("amount5", "1234567890123"),
            ("phone_number6", "123456789012345678"),
            ("phone_number6", "400转0"),
            ("car_number7", "鲁A12345678"),
            ("time8", "2021年11月31日"),
            ("time8", "25:00"),
            ("time8", "明天"),
            ("number10", "abc"),
        ];
        for (keyword, value) in bad {
            assert_eq!(check(keyword, value), Err(Fault::Invalid), "{keyword} {value}");
        }
        assert_eq!(check("thing1", " "), Err(Fault::Empty));
    }
}
