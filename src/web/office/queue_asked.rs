//! What the address of the list asks for: filters that combine and stay in it (ux.md). What it does not understand it
//! leaves out.

use crate::application::{Level, State};
use crate::campaign::Intake;
use crate::review::inbox::{Filter, Looked, Tab};
use crate::union::{Officer, Role};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The address's fields.
#[derive(Default, Clone)]
pub struct Asked(pub BTreeMap<String, String>);

impl Asked {
    /// From "a=1&b=2".
    pub fn parse(query: &str) -> Self {
        Asked(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// The filter; `intakes` are those that can be named.
    pub fn filter(&self, officer: &Officer, intakes: &[Intake]) -> Filter {
        let first = if officer.may(Role::Reviewer) {
            Tab::Mine
        } else {
            Tab::All
        };
        let tab = Tab::parse(self.get("tab")).unwrap_or(first);
        let all = tab == Tab::All;
        let id = |name| Some(self.get(name).to_owned()).filter(|id| !id.is_empty() && id.len() <= 36);
        let day = |name| NaiveDate::parse_from_str(self.get(name), "%Y-%m-%d").ok();
        let page: i64 = self.get("page").parse().unwrap_or(1);
        let intake = intakes.iter().find(|intake| slug(intake) == self.get("intake"));
        Filter {
            tab,
            state: State::parse(self.get("state")).filter(|state| *state != State::Draft && all),
            union: id("union"),
            at: id("at").filter(|_| all),
            level: Level::parse(self.get("level")),
            intake: intake.map(|intake| intake.id.clone()),
            from: day("from"),
            until: day("until"),
            late: self.has("late"),
            waits: self
                .get("waits")
                .parse()
                .ok()
                .filter(|days| (1..=365).contains(days)),
            returned: self.has("returned"),
            flagged: self.has("flagged"),
            looked: Looked::parse(self.get("looked")),
            words: self.get("words").chars().take(60).collect(),
            page: page.clamp(1, 20) - 1,
            after: after(self.get("after")),
        }
    }
}

/// "1637-0190…": where the list goes on.
fn after(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.split_once('-')?;
    Some((at.parse().ok()?, id.to_owned())).filter(|(_, id)| id.len() <= 36)
}

/// An intake in an address: "2026-autumn".
pub fn slug(intake: &Intake) -> String {
    format!("{}-{}", intake.year, intake.season)
}

/// The fields of a filter, without page and place.
pub fn pairs(filter: &Filter, intakes: &[Intake]) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("tab", filter.tab.to_string())];
    let mut put = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
    let intake = intakes.iter().find(|one| Some(&one.id) == filter.intake.as_ref());
    let on = |on: bool| on.then(|| "on".to_owned());
    put("state", filter.state.map(|state| state.to_string()));
    put("union", filter.union.clone());
    put("at", filter.at.clone());
    put("level", filter.level.map(|level| level.to_string()));
    put("intake", intake.map(slug));
    put("from", filter.from.map(|day| day.to_string()));
    put("until", filter.until.map(|day| day.to_string()));
    put("late", on(filter.late));
    put("waits", filter.waits.map(|days| days.to_string()));
    put("returned", on(filter.returned));
    put("flagged", on(filter.flagged));
    put("looked", filter.looked.map(|looked| looked.to_string()));
    put(
        "words",
        Some(filter.words.clone()).filter(|words| !words.is_empty()),
    );
    pairs
}

/// The address of a filter.
pub fn href(filter: &Filter, intakes: &[Intake]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs(filter, intakes));
    if let Some((at, id)) = &filter.after {
        query.append_pair("after", &format!("{at}-{id}"));
    }
    if filter.page > 0 {
        query.append_pair("page", &(filter.page + 1).to_string());
    }
    format!("/office?{}", query.finish())
}

/// Whether anything narrows the tab.
pub fn is_narrowed(filter: &Filter) -> bool {
    pairs(filter, &[]).len() > 1 || filter.intake.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Season, Window};
    use crate::kernel::Time;
    use crate::union::{Kind, Union};

    fn officer() -> Officer {
        Officer {
            id: "o".to_owned(),
            name: String::new(),
            union: Union {
                id: "u".to_owned(),
                parent_id: None,
                kind: Kind::Unit,
                name: String::new(),
                path: "/r/u/".to_owned(),
                no: 1,
            },
            roles: vec![Role::Reviewer],
            openid: None,
            second_factor: false,
            phone_index: String::new(),
            signed_out: 0,
        }
    }

    fn intakes() -> [Intake; 1] {
        let window = Window {
            from: Time(0),
            until: Time(1),
        };
        [Intake {
            id: "i1".to_owned(),
            campaign_id: String::new(),
            year: 2021,
            season: Season::Autumn,
            apply: window,
            review: window,
        }]
    }

    /// ux.md: filters combine and stay in the address: what an address says, its filter's address says again.
    #[test]
    fn an_address_holds_the_whole_filter() {
        let query = "tab=all&state=in_review&union=u2&at=u3&level=%E5%A4%A7%E4%B8%93&intake=2021-autumn&from=2021-11-05\
                     &until=2021-11-30&late=on&waits=3&returned=on&flagged=on&looked=free&words=%E7%8E%8B+%26%3D\
                     &after=17-x&page=3";
        let filter = Asked::parse(query).filter(&officer(), &intakes());
        assert_eq!(href(&filter, &intakes()), format!("/office?{query}"));
        assert!(is_narrowed(&filter) && filter.words == "王 &=");
        assert_eq!(filter.after, Some((17, "x".to_owned())));
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let query =
            "tab=x&state=draft&level=x&intake=1999-spring&from=x&waits=-1&looked=x&after=x&page=x&late=";
        let filter = Asked::parse(query).filter(&officer(), &intakes());
        assert_eq!(filter, Filter::new(Tab::Mine));
        assert!(!is_narrowed(&filter));
    }
}
