//! `/enrol` and `/enrol/favourites`: what can be enrolled in, by filters that stay in the address.

use super::{Card, card, seats, signed_in};
use crate::enrolment::search::{self, PAGE, Query, Sort};
use crate::enrolment::{Level, Program, StudyForm, favourites as kept};
use crate::error::Result;
use crate::kernel::{Fen, Time};
use crate::web::ctx::Ctx;
use crate::web::page::{Base, page};
use askama::Template;
use poem::web::Query as Asking;
use poem::{Response, handler};
use serde::Deserialize;

/// Ranges of tuition in yuan: what is sent, what is shown, from, to.
const FEES: &[(&str, &str, i64, i64)] = &[
    ("3000", "3000 元以下", 0, 3000),
    ("6000", "3000 至 6000 元", 3000, 6000),
    ("10000", "6000 至 10000 元", 6000, 10_000),
    ("more", "10000 元以上", 10_000, 10_000_000),
];

/// What the address asks for; what it does not understand it leaves out.
#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    #[serde(default)]
    words: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    fee: String,
    #[serde(default)]
    distance: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: String,
    /// The program that is to be compared with one of the list.
    #[serde(default)]
    compare: String,
}

impl Asked {
    fn query(&self) -> Query {
        let fee = FEES.iter().find(|(code, ..)| *code == self.fee);
        Query {
            words: self.words.chars().take(40).collect(),
            level: Level::parse(&self.level),
            form: StudyForm::parse(&self.form),
            fee: fee.map_or((Fen(0), search::FEE_MAX), |(_, _, from, to)| {
                (Fen::yuan(*from), Fen::yuan(*to))
            }),
            distance: self.distance == "on",
            sort: Sort::parse(&self.sort).unwrap_or(Sort::Entry),
        }
    }

    fn href(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let page = if page > 0 {
            (page + 1).to_string()
        } else {
            String::new()
        };
        let all = [
            ("words", &self.words),
            ("level", &self.level),
            ("form", &self.form),
            ("fee", &self.fee),
            ("distance", &self.distance),
            ("sort", &self.sort),
            ("compare", &self.compare),
            ("page", &page),
        ];
        for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("/enrol?{}", query.finish())
    }
}

/// A choice of a filter.
pub struct Choice {
    pub code: &'static str,
    pub label: &'static str,
    pub on: bool,
}

#[derive(Template)]
#[template(path = "worker/enrol_list.html")]
struct ListPage {
    base: Base,
    asked: Asked,
    /// Whether filters beyond the words are set: they are shown open then.
    filtered: bool,
    levels: Vec<Choice>,
    forms: Vec<Choice>,
    fees: Vec<Choice>,
    total: i64,
    cards: Vec<Card>,
    prev: Option<String>,
    next: Option<String>,
    comparing: Option<String>,
}

/// `GET /enrol?words=&level=&form=&fee=&distance=&sort=&page=&compare=`
#[handler]
pub async fn show(ctx: Ctx, Asking(asked): Asking<Asked>) -> Result<Response> {
    let no = asked.page.parse::<i64>().unwrap_or(1).clamp(1, 1000) - 1;
    let query = asked.query();
    let (hits, total) = search::search(&ctx.app, &query, no).await?;
    let comparing = match asked.compare.as_str() {
        "" => None,
        id => crate::enrolment::catalogue::shown(&ctx.app, id)
            .await
            .ok()
            .map(|p| format!("{} · {}", p.institution, p.title())),
    };
    let choice = |code: &'static str, label, chosen: &str| Choice {
        code,
        label,
        on: code == chosen,
    };
    page(&ListPage {
        base: ctx.base("职工选学报读"),
        filtered: query.level.is_some() || query.form.is_some() || query.distance || !asked.fee.is_empty(),
        levels: Level::ALL
            .iter()
            .map(|l| choice(l.as_str(), l.as_str(), &asked.level))
            .collect(),
        forms: StudyForm::ALL
            .iter()
            .map(|f| choice(f.as_str(), f.as_str(), &asked.form))
            .collect(),
        fees: FEES
            .iter()
            .map(|(code, label, ..)| choice(code, label, &asked.fee))
            .collect(),
        total,
        prev: (no > 0).then(|| asked.href(no - 1)),
        next: ((no + 1) * PAGE < total).then(|| asked.href(no + 1)),
        cards: hits.into_iter().map(card).collect(),
        comparing,
        asked,
    })
}

#[derive(Template)]
#[template(path = "worker/enrol_favourites.html")]
struct FavouritesPage {
    base: Base,
    cards: Vec<Card>,
}

fn kept_card(program: Program, now: Time) -> Card {
    let next = program.next_intake(now);
    let far = if program.distance { "、可远程" } else { "" };
    Card {
        title: program.title(),
        facts: format!("{}{far}　{}　{}", program.form, program.length(), program.place),
        fee: program.fee.to_string(),
        entry: next.map_or_else(
            || "已停止报名".to_owned(),
            |intake| format!("{} 入学", Time::start_of(intake.entry).day_text()),
        ),
        seats: next.map_or_else(String::new, |intake| seats(intake.left())),
        full: next.is_none_or(|intake| intake.left() == 0),
        sample: program.sample,
        id: program.id,
        institution: program.institution,
        why: Vec::new(),
    }
}

/// `GET /enrol/favourites`
#[handler]
pub async fn favourites(ctx: Ctx) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let now = ctx.app.now();
    let programs = kept::of(&ctx.app, &worker.id).await?;
    page(&FavouritesPage {
        base: ctx.base("我的收藏"),
        cards: programs
            .into_iter()
            .map(|program| kept_card(program, now))
            .collect(),
    })
}
