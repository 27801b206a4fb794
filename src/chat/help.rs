//! "热线", "服务站", "微课" typed to the account: the hotline, and the ways to stations and courses. These pages are open
//! to all, so their links pass no sign-in.

use crate::app::App;
use crate::kernel::refusal::HOTLINE;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The hotline and the stations: somebody to speak with.
    Somebody,
    /// 公益微课.
    Courses,
}

/// The words by which people ask.
const WORDS: &[(&str, Topic)] = &[
    ("微课", Topic::Courses),
    ("公益课", Topic::Courses),
    ("热线", Topic::Somebody),
    ("电话", Topic::Somebody),
    ("服务站", Topic::Somebody),
    ("人工", Topic::Somebody),
];
/// Who writes more tells a story in which a word means little.
const SHORT: usize = 20;

/// What a text asks for, if it does.
pub fn asked(content: &str) -> Option<Topic> {
    if content.chars().count() > SHORT {
        return None;
    }
    let found = WORDS.iter().find(|(word, _)| content.contains(word));
    found.map(|(_, topic)| *topic)
}

/// The answer.
pub fn answer(app: &App, topic: Topic) -> String {
    match topic {
        Topic::Somebody => hotline(app),
        Topic::Courses => format!(
            "公益微课免费观看，不用登录。\n<a href=\"{}\">打开公益微课</a>\n咨询热线 {HOTLINE}",
            app.link("/courses")
        ),
    }
}

/// Hotline and stations.
pub fn hotline(app: &App) -> String {
    format!(
        "职工咨询服务热线：{HOTLINE}\n济南市“求学圆梦”职工教育运营中心为您解答报读、申请和审核中的问题。\n\
         想当面咨询，请看<a href=\"{}\">附近的服务站</a>（地址、服务时间、地图）。",
        app.link("/stations")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// in the words that people use; a long text is left to the ways in.
    #[test]
    fn people_ask_for_somebody_in_their_own_words() {
        for (text, topic) in [
            ("热线", Some(Topic::Somebody)),
            ("你们电话多少", Some(Topic::Somebody)),
            ("服务站在哪", Some(Topic::Somebody)),
            ("公益微课", Some(Topic::Courses)),
            ("想看微课", Some(Topic::Courses)),
            ("你好", None),
            ("", None),
        ] {
            assert_eq!(asked(text), topic, "{text}");
        }
        assert_eq!(asked(&format!("电话{}", "很长".repeat(10))), None);
    }
}
