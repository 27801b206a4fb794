//! What a program is found by: Han, whole pinyin and initials of every end of its names, so that whatever part a person
//! types is the beginning of some key, and a range of an index answers.

use pinyin::ToPinyin as _;
use std::collections::BTreeSet;

/// So many characters of an end are kept: nobody types longer parts.
const HAN_MAX: usize = 12;
const LATIN_MAX: usize = 24;

/// Lower case, without blanks and signs, brackets of either width gone.
pub fn plain(text: &str) -> String {
    crate::kernel::text::plain(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Words whose characters are read otherwise than alone: what people type is the word's reading.
const READINGS: &[(&str, &[&str])] = &[
    ("会计", &["kuai", "ji"]),
    ("银行", &["yin", "hang"]),
    ("重庆", &["chong", "qing"]),
    ("音乐", &["yin", "yue"]),
    ("给排水", &["ji", "pai", "shui"]),
    ("给水", &["ji", "shui"]),
    ("长清", &["chang", "qing"]),
    ("参茸", &["shen", "rong"]),
];

/// Each character's pinyin, words before characters.
fn spelled(chars: &[char]) -> Vec<String> {
    let alone = |c: &char| {
        c.to_pinyin()
            .map_or_else(|| c.to_string(), |p| p.plain().replace('ü', "v"))
    };
    let mut spelled: Vec<String> = chars.iter().map(alone).collect();
    for (word, reading) in READINGS {
        let word: Vec<char> = word.chars().collect();
        for at in 0..chars.len().saturating_sub(word.len() - 1) {
            if chars[at..at + word.len()] == word {
                for (place, read) in spelled[at..].iter_mut().zip(*reading) {
                    *place = (*read).to_owned();
                }
            }
        }
    }
    spelled
}

/// The keys of one name.
pub fn keys(name: &str, into: &mut BTreeSet<String>) {
    let chars: Vec<char> = plain(name).chars().collect();
    let spelled = spelled(&chars);
    for from in 0..chars.len() {
        into.insert(chars[from..].iter().take(HAN_MAX).collect());
        let initials: String = spelled[from..]
            .iter()
            .filter_map(|s| s.chars().next())
            .take(HAN_MAX)
            .collect();
        into.insert(initials);
        into.insert(spelled[from..].concat().chars().take(LATIN_MAX).collect());
    }
}

/// The words of a request: by blanks, signs aside, at most `most` of them.
pub fn words(typed: &str, most: usize) -> Vec<String> {
    let typed = crate::kernel::text::clean(typed);
    let words = typed.split([' ', '，', ',', '、', '/', '+']).map(plain);
    words
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.chars()
                .take(if word.is_ascii() { LATIN_MAX } else { HAN_MAX })
                .collect()
        })
        .take(most)
        .collect()
}

/// The end of the range of keys that begin with a word: nothing sorts after it that begins so.
pub fn range_end(word: &str) -> String {
    format!("{word}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, typed: &str) -> bool {
        let mut all = BTreeSet::new();
        keys(name, &mut all);
        words(typed, 4)
            .iter()
            .all(|word| all.range(word.clone()..range_end(word)).next().is_some())
    }

    /// by any part of a name, in Han, pinyin or initials, whatever width it is typed in.
    #[test]
    fn any_part_of_a_name_finds_it() {
        for typed in [
            "机电",
            "一体化",
            "jdyth",
            "JD",
            "yth",
            "jidian",
            "机电 技术",
            "ＪＤ",
            "jidianyi",
        ] {
            assert!(found("机电一体化技术", typed), "{typed}");
        }
        for typed in ["会计", "kj", "电机", "jds"] {
            assert!(!found("机电一体化技术", typed), "{typed}");
        }
        assert!(
            found("大数据与会计", "kj") && found("会计学", "kuaijix") && found("长清区", "cqq"),
            "words are read as words"
        );
        assert!(found("法学（律师方向）", "lsfx") && found("旅游管理", "lvyou") && found("MBA项目", "mba"));
    }

    #[test]
    fn long_requests_are_cut() {
        assert_eq!(words(" 会计，济南  大专 a b c", 4), ["会计", "济南", "大专", "a"]);
        assert!(words("（）!", 4).is_empty());
    }
}
