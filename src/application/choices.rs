//! 报读院校 and 报考专业: lists to choose from, as help only. What is not in them may be typed, and drafts of
//! before keep what they hold. The lists are data: `assets/data/institutions.csv`, `assets/data/majors.csv`.

use super::Level;
use crate::kernel::text;
use std::sync::LazyLock;

/// A name to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// 院校 or 专业 as 学信网 writes it.
    pub name: &'static str,
    /// An institution's 学校标识码 (empty when unknown), a major's levels joined by "/".
    pub note: &'static str,
    /// Pinyin initials: "sdkfdx".
    pub initials: &'static str,
}

static INSTITUTIONS: LazyLock<Vec<Choice>> =
    LazyLock::new(|| read(include_str!("../../assets/data/institutions.csv")));
static MAJORS: LazyLock<Vec<Choice>> = LazyLock::new(|| read(include_str!("../../assets/data/majors.csv")));

fn read(csv: &'static str) -> Vec<Choice> {
    let rows = csv.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut cells = line.split(',');
        Some(Choice {
            name: cells.next().filter(|name| !name.is_empty())?,
            note: cells.next()?,
            initials: cells.next()?,
        })
    })
    .collect()
}

/// The list for a field; `None` for a field without one.
pub fn of(field: &str) -> Option<&'static [Choice]> {
    match field {
        "institution" => Some(&INSTITUTIONS),
        "major" => Some(&MAJORS),
        _ => None,
    }
}

/// Those for a page without script: the institutions that stand first in the list, up to the first of another
/// province than Shandong; all majors.
pub fn nearby(field: &str) -> impl Iterator<Item = &'static Choice> {
    let whole = field != "institution";
    let of_shandong = |c: &Choice| c.note.get(2..4).is_none_or(|province| province == "37");
    let list = of(field).unwrap_or_default().iter();
    list.take_while(move |choice| whole || of_shandong(choice))
}

/// Whether a typed name is in the list, brackets of either width alike; true for a field without a list.
pub fn knows(field: &str, typed: &str) -> bool {
    let typed = wide(&text::clean(typed));
    of(field).is_none_or(|list| list.iter().any(|choice| choice.name == typed))
}

fn wide(text: &str) -> String {
    text.replace('(', "（").replace(')', "）")
}

/// The best `limit` names for what is typed, by Han or by pinyin initials: names that begin so before those that hold
/// it anywhere, each in the list's own order. Majors of another level come last.
pub fn search(field: &str, typed: &str, level: Option<Level>, limit: usize) -> Vec<&'static Choice> {
    let typed = wide(&text::clean(typed)).to_lowercase();
    let Some(list) = of(field).filter(|_| !typed.is_empty()) else {
        return Vec::new();
    };
    let mut found: Vec<(u8, &Choice)> = list
        .iter()
        .filter_map(|choice| {
            Some((
                rank(choice, &typed)? + 4 * other_level(field, choice, level),
                choice,
            ))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(limit).map(|(_, choice)| choice).collect()
}

fn rank(choice: &Choice, typed: &str) -> Option<u8> {
    match () {
        () if choice.name.starts_with(typed) => Some(0),
        () if choice.initials.starts_with(typed) => Some(1),
        () if choice.name.contains(typed) => Some(2),
        // Two people in three leave words out: "山东电力专科" for 山东电力高等专科学校.
        () if in_order(choice.name, typed) => Some(3),
        () => None,
    }
}

/// Whether all characters of `typed`, at least two, stand in `name` in this order.
fn in_order(name: &str, typed: &str) -> bool {
    let mut rest = name.chars();
    typed.chars().count() > 1 && typed.chars().all(|c| rest.any(|n| n == c))
}

fn other_level(field: &str, choice: &Choice, level: Option<Level>) -> u8 {
    let fits = |level: Level| choice.note.split('/').any(|l| l == level.as_str());
    u8::from(field == "major" && level.is_some_and(|level| !fits(level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(field: &str, typed: &str, level: Option<Level>) -> Vec<&'static str> {
        search(field, typed, level, 8)
            .into_iter()
            .map(|c| c.name)
            .collect()
    }

    /// by Han, by initials, with words left out; brackets of either width.
    #[test]
    fn names_are_found_as_people_type_them() {
        assert_eq!(names("institution", "山东开", None)[0], "山东开放大学");
        assert_eq!(names("institution", "SDKF", None)[0], "山东开放大学");
        assert_eq!(
            names("institution", "石油大学(华东", None),
            ["中国石油大学（华东）"]
        );
        assert_eq!(
            names("institution", "山东电力专科", None),
            ["山东电力高等专科学校"]
        );
        assert!(names("institution", "霍格沃茨", None).is_empty());
        assert!(names("institution", "  ", None).is_empty());
        assert!(names("address", "山东", None).is_empty());
        assert!(knows("institution", "中国石油大学(华东)") && !knows("institution", "某某学院"));
    }

    /// the chosen level's majors first.
    #[test]
    fn majors_of_the_level_come_first() {
        assert_eq!(names("major", "会计", Some(Level::Bachelor))[0], "会计学");
        assert_eq!(names("major", "会计", Some(Level::College))[0], "会计信息管理");
    }

    /// The data files: hundreds of names, each once, each cell right.
    #[test]
    fn the_lists_are_in_order() {
        for (field, least) in [("institution", 500), ("major", 150)] {
            let list = of(field).unwrap();
            let mut seen: Vec<_> = list.iter().map(|c| c.name).collect();
            seen.sort_unstable();
            seen.dedup();
            assert!(list.len() >= least && seen.len() == list.len(), "{field}");
            for choice in list {
                assert!(
                    choice.initials.bytes().all(|b| b.is_ascii_lowercase()),
                    "{}",
                    choice.name
                );
                let coded = |code: &str| {
                    code.is_empty() || (code.len() == 10 && code.bytes().all(|b| b.is_ascii_digit()))
                };
                let levelled = |note: &str| note.split('/').all(|l| Level::parse(l).is_some());
                assert!(
                    if field == "major" {
                        levelled(choice.note)
                    } else {
                        coded(choice.note)
                    },
                    "{}",
                    choice.name
                );
            }
        }
        assert!((120..250).contains(&nearby("institution").count()));
    }
}
