//! Articles: 政策通知 and 网站资讯, as anybody reads them. Written in [`edit`], their attachments in [`files`].
//!
//! An article is public when it was published and its time has come: nothing has to run at that moment (ADR 0030).

pub mod edit;
pub mod files;
pub mod markdown;
mod office_file;
pub mod plan_2021;

use super::store::articles as store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::Time;

pub use files::{File, FileType};

crate::text_enum! {
    /// Where an article stands.
    pub enum Kind {
        /// 政策通知.
        Policy = "policy",
        /// 网站资讯.
        News = "news",
    }
}

impl Kind {
    /// What pages call it.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Policy => "政策通知",
            Kind::News => "网站资讯",
        }
    }

    /// The path of its list; an article is below it.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Policy => "/policies",
            Kind::News => "/news",
        }
    }

    /// The kind whose list has this path, or an article below it.
    pub fn of_path(path: &str) -> Option<Self> {
        let first = path.split('/').nth(1)?;
        Kind::ALL.iter().copied().find(|kind| &kind.path()[1..] == first)
    }
}

crate::text_enum! {
    /// What was decided about an article; whether it is public depends on the time as well.
    pub enum State {
        /// Never published.
        Draft = "draft",
        /// Public from its time on.
        Published = "published",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// An article without its text, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Id.
    pub id: String,
    /// The last part of its address.
    pub slug: String,
    /// 政策通知 or 网站资讯.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// 发布单位; may be empty.
    pub issuer: String,
    /// What it is about, in a sentence or two of plain text.
    pub summary: String,
    /// What was decided.
    pub state: State,
    /// Public from then on, once published.
    pub publish_at: Time,
    /// Whether it stands before all others.
    pub pinned: bool,
    /// Whether it is the demo's invention.
    pub sample: bool,
    /// Counts changes: who saves says which one was seen.
    pub version: i64,
    /// When its text was last saved.
    pub edited_at: Time,
}

impl Head {
    /// Whether anybody may read it.
    pub fn is_public(&self, now: Time) -> bool {
        self.state == State::Published && self.publish_at <= now
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.path(), self.slug)
    }
}

/// An article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// All but the text.
    pub head: Head,
    /// The text in Markdown.
    pub body: String,
}

/// Articles on a page of a list.
pub const PAGE: usize = 15;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The articles: pinned ones first, then the newest.
    pub heads: Vec<Head>,
    /// Which page it is, from 1.
    pub page: usize,
    /// How many pages there are; at least one.
    pub pages: usize,
    /// How many articles there are of the year that was asked for.
    pub total: usize,
    /// The years that have articles, the latest first.
    pub years: Vec<i32>,
}

/// How many pages `total` lines make, and the one that is shown when `asked` is asked for: the nearest that is there.
pub fn paging(total: usize, asked: usize, size: usize) -> (usize, usize) {
    let pages = total.div_ceil(size).max(1);
    (pages, asked.clamp(1, pages))
}

/// The public articles of a kind, of one year or of all.
pub async fn listed(app: &App, kind: Kind, year: Option<i32>, asked: usize) -> Result<Listed> {
    let now = app.now();
    // An address may ask for any number; the calendar does not go on for ever.
    let year = year.filter(|year| (1970..=9999).contains(year));
    let moments = store::moments(app, kind, now).await?;
    let mut years: Vec<i32> = moments.iter().map(|at| at.year()).collect();
    let total = years
        .iter()
        .filter(|of| year.is_none_or(|year| year == **of))
        .count();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    let (pages, page) = paging(total, asked, PAGE);
    let span = match year {
        Some(year) => (
            Time::shanghai(year, 1, 1, 0, 0, 0),
            Time::shanghai(year + 1, 1, 1, 0, 0, 0).plus(-1).min(now),
        ),
        None => (Time(0), now),
    };
    let heads = store::public(app, kind, span, PAGE, (page - 1) * PAGE).await?;
    Ok(Listed {
        heads,
        page,
        pages,
        total,
        years,
    })
}

/// The newest public articles of a kind, whatever is pinned.
pub async fn latest(app: &App, kind: Kind, most: usize) -> Result<Vec<Head>> {
    store::latest(app, kind, app.now(), most).await
}

/// A public article by its address; [`Error::NotFound`] while it is not public.
pub async fn shown(app: &App, kind: Kind, slug: &str) -> Result<Article> {
    let article = store::by_slug(app, slug).await?;
    article
        .filter(|article| article.head.kind == kind && article.head.is_public(app.now()))
        .ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_there_is_the_nearest() {
        for (total, asked, expected) in [
            (0, 1, (1, 1)),
            (0, 9, (1, 1)),
            (15, 1, (1, 1)),
            (16, 2, (2, 2)),
            (16, 0, (2, 1)),
            (31, 99, (3, 3)),
        ] {
            assert_eq!(paging(total, asked, PAGE), expected, "{total} {asked}");
        }
    }

    /// an address says whose list it belongs to.
    #[test]
    fn paths_name_their_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_path(kind.path()), Some(*kind));
            assert_eq!(Kind::of_path(&format!("{}/x/files/y", kind.path())), Some(*kind));
        }
        assert_eq!(Kind::of_path("/office/policies"), None);
        assert_eq!(Kind::of_path("/"), None);
    }

    #[test]
    fn an_article_is_public_from_its_time_on() {
        let mut head = Head {
            id: String::new(),
            slug: "a".to_owned(),
            kind: Kind::News,
            title: String::new(),
            issuer: String::new(),
            summary: String::new(),
            state: State::Published,
            publish_at: Time(10),
            pinned: false,
            sample: false,
            version: 1,
            edited_at: Time(0),
        };
        assert!(!head.is_public(Time(9)) && head.is_public(Time(10)));
        assert_eq!(head.path(), "/news/a");
        for state in [State::Draft, State::Withdrawn] {
            head.state = state;
            assert!(!head.is_public(Time(10)), "{state}");
        }
    }
}
