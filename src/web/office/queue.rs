//! `/office`: what waits for the officer, oldest first; filters that combine and stay in the address (R-21, ux.md).

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use super::view::{self, Tag};
use crate::application::State;
use crate::campaign;
use crate::error::Result;
use crate::kernel::Time;
use crate::review::inbox::{self, Counts, Filter, Item, PAGE, Tab};
use crate::union::{Officer, Role};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/queue.html")]
pub struct QueuePage {
    pub base: Base,
    pub who: Option<Who>,
    pub mine: bool,
    pub mine_label: &'static str,
    pub mine_count: i64,
    pub all_count: i64,
    pub window: Option<WindowLine>,
    pub chips: Vec<Chip>,
    pub state: String,
    pub words: String,
    pub lines: Vec<Line>,
    pub pager: Pager,
    pub clear: Option<String>,
    pub empty: &'static str,
}

/// The review window of the intake that matters now.
pub struct WindowLine {
    pub intake: String,
    pub until: String,
    pub left: Tag,
}

/// A state's link above the list, with its count.
pub struct Chip {
    pub state: &'static str,
    pub label: &'static str,
    pub count: i64,
    pub href: String,
    pub on: bool,
}

/// A line of the list.
pub struct Line {
    pub href: String,
    pub number: String,
    pub applicant: String,
    pub union: String,
    pub study: String,
    pub state: Tag,
    pub holder: Option<String>,
    pub submitted: String,
    pub waited: Option<String>,
    pub left: Option<Tag>,
}

/// Where in the list one is.
#[derive(Default)]
pub struct Pager {
    pub total: i64,
    pub page: i64,
    pub pages: i64,
    pub prev: Option<String>,
    pub next: Option<String>,
}

/// What the address asks for; what it does not understand it leaves out.
#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    page: String,
}

impl Asked {
    fn filter(&self, officer: &Officer) -> Filter {
        let first = if officer.may(Role::Reviewer) {
            Tab::Mine
        } else {
            Tab::All
        };
        let tab = Tab::parse(&self.tab).unwrap_or(first);
        let state = State::parse(&self.state).filter(|s| *s != State::Draft && tab == Tab::All);
        let page: i64 = self.page.parse().unwrap_or(1);
        Filter {
            tab,
            state,
            words: self.words.trim().chars().take(60).collect(),
            page: page.clamp(1, 100_000) - 1,
        }
    }
}

/// The address of a filter.
fn href(filter: &Filter) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("tab", filter.tab.as_str());
    if let Some(state) = filter.state {
        query.append_pair("state", state.as_str());
    }
    if !filter.words.is_empty() {
        query.append_pair("words", &filter.words);
    }
    if filter.page > 0 {
        query.append_pair("page", &(filter.page + 1).to_string());
    }
    format!("/office?{}", query.finish())
}

/// `GET /office?tab=&state=&words=&page=`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    // A provider has its own work.
    if officer.union.kind == crate::union::Kind::Provider {
        return Ok(super::super::page::see_other("/office/provider"));
    }
    let mut filter = asked.filter(&officer);
    let mut list = inbox::list(&ctx.app, &officer, &filter).await?;
    if list.items.is_empty() && list.total > 0 {
        // A page past the end, after decisions elsewhere made the list shorter: the last one.
        filter.page = (list.total - 1) / PAGE;
        list = inbox::list(&ctx.app, &officer, &filter).await?;
    }
    let counts = inbox::counts(&ctx.app, &officer).await?;
    let now = ctx.app.now();
    let window = campaign::current(&ctx.app).await?.map(|c| WindowLine {
        intake: c.intake.label(),
        until: c.intake.review.until.deadline_text(),
        left: view::days_left(c.intake.review.until, now),
    });
    let mine = filter.tab == Tab::Mine;
    page(&QueuePage {
        base: ctx.base(if mine { "待我审核" } else { "全部申请" }),
        who: Who::of(&officer, filter.tab.as_str()),
        mine,
        mine_label: mine_label(&officer),
        mine_count: counts.mine,
        all_count: counts.by_state.iter().map(|(_, n)| n).sum(),
        window,
        chips: chips(&filter, &counts),
        state: filter.state.map_or(String::new(), |s| s.to_string()),
        words: filter.words.clone(),
        lines: list.items.into_iter().map(|item| line(item, mine, now)).collect(),
        pager: pager(&filter, list.total),
        clear: cleared(&filter),
        empty: empty_words(&filter, &officer),
    })
}

fn mine_label(officer: &Officer) -> &'static str {
    if officer.may(Role::Reviewer) {
        "待我审核"
    } else {
        "待本工会审核"
    }
}

fn chips(filter: &Filter, counts: &Counts) -> Vec<Chip> {
    if filter.tab == Tab::Mine {
        return Vec::new();
    }
    let to = |state| {
        href(&Filter {
            state,
            page: 0,
            ..filter.clone()
        })
    };
    let all = Chip {
        state: "all",
        label: "全部",
        count: counts.by_state.iter().map(|(_, n)| n).sum(),
        href: to(None),
        on: filter.state.is_none(),
    };
    let states = counts.by_state.iter().map(|(state, count)| Chip {
        state: state.as_str(),
        label: state.label(),
        count: *count,
        href: to(Some(*state)),
        on: filter.state == Some(*state),
    });
    std::iter::once(all).chain(states).collect()
}

fn line(item: Item, mine: bool, now: Time) -> Line {
    let open = matches!(item.state, State::InReview | State::Returned);
    Line {
        href: format!("/office/applications/{}", item.id),
        number: item.number,
        applicant: item.applicant,
        union: item.union,
        study: format!("{} · {}", item.level, item.institution),
        state: view::state(item.state),
        holder: item.holder.filter(|_| !mine),
        submitted: item.submitted_at.short_text(),
        waited: open.then(|| view::waited(item.since, now)),
        left: open.then(|| view::days_left(item.review_until, now)),
    }
}

fn pager(filter: &Filter, total: i64) -> Pager {
    let pages = ((total + PAGE - 1) / PAGE).max(1);
    let to = |page| {
        (0..pages).contains(&page).then(|| {
            href(&Filter {
                page,
                ..filter.clone()
            })
        })
    };
    Pager {
        total,
        page: filter.page + 1,
        pages,
        prev: to(filter.page - 1),
        next: to(filter.page + 1),
    }
}

fn is_narrowed(filter: &Filter) -> bool {
    filter.state.is_some() || !filter.words.is_empty()
}

fn cleared(filter: &Filter) -> Option<String> {
    is_narrowed(filter).then(|| format!("/office?tab={}", filter.tab))
}

fn empty_words(filter: &Filter, officer: &Officer) -> &'static str {
    match (is_narrowed(filter), filter.tab) {
        (true, _) => "没有符合条件的申请。请换个条件，或清除筛选后再看。",
        (false, Tab::Mine) if officer.may(Role::Reviewer) => {
            "现在没有等您审核的申请。有新的申请时，会发消息到您绑定的微信。"
        }
        (false, Tab::Mine) => "现在没有等本工会审核的申请。",
        (false, Tab::All) => "本工会和下级工会还没有收到申请。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(tab: Tab, page: i64) -> Filter {
        Filter {
            tab,
            state: Some(State::InReview),
            words: "王 &=".to_owned(),
            page,
        }
    }

    /// ux.md: filters combine and stay in the address.
    #[test]
    fn an_address_holds_the_whole_filter() {
        let href = href(&filter(Tab::All, 2));
        assert_eq!(
            href,
            "/office?tab=all&state=in_review&words=%E7%8E%8B+%26%3D&page=3"
        );
        let (_, query) = href.split_once('?').unwrap_or_default();
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        assert_eq!(pairs[2].1, "王 &=");
    }

    #[test]
    fn the_pager_knows_both_ends() {
        let first = pager(&filter(Tab::All, 0), PAGE + 1);
        assert!(first.prev.is_none() && first.next.is_some() && first.pages == 2);
        let last = pager(&filter(Tab::All, 1), PAGE + 1);
        assert!(last.prev.is_some() && last.next.is_none());
        assert_eq!(pager(&filter(Tab::Mine, 0), 0).pages, 1);
    }
}
