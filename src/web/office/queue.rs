//! `/office`: what waits for the officer, oldest first; filters that combine and stay in the address (R-21, ux.md).

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use super::queue_asked::{self, Asked};
use super::queue_form::{FilterForm, form};
use super::view::{self, Tag};
use crate::application::State;
use crate::campaign::{self, Intake};
use crate::error::Result;
use crate::kernel::Time;
use crate::review::inbox::{self, CAP, Counts, Filter, Item, PAGE, Page, Tab};
use crate::supervision::trail;
use crate::union::rights::Act;
use crate::union::{Officer, Role};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use std::collections::BTreeMap;

#[derive(Template, Default)]
#[template(path = "office/queue.html")]
pub struct QueuePage {
    pub base: Base,
    pub who: Option<Who>,
    pub mine: bool,
    pub mine_label: &'static str,
    pub mine_count: String,
    pub all_count: String,
    pub window: Option<WindowLine>,
    pub chips: Vec<Chip>,
    pub filter: FilterForm,
    pub lines: Vec<Line>,
    pub pager: Pager,
    pub clear: Option<String>,
    pub empty: &'static str,
    /// Whether the lines can be ticked and passed together.
    pub bulk: bool,
    /// The filter as a query, for "all of it".
    pub query: String,
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
    pub count: String,
    pub href: String,
    pub on: bool,
}

/// A line of the list.
pub struct Line {
    pub id: String,
    pub version: i64,
    pub href: String,
    pub number: String,
    pub applicant: String,
    pub union: String,
    pub study: String,
    pub state: Tag,
    pub holder: Option<String>,
    pub marks: Vec<Tag>,
    pub submitted: String,
    pub waited: Option<String>,
    pub left: Option<Tag>,
}

/// Where in the list one is.
#[derive(Default)]
pub struct Pager {
    pub total: String,
    pub page: i64,
    pub pages: i64,
    pub first: Option<String>,
    pub prev: Option<String>,
    pub next: Option<String>,
}

/// `GET /office?tab=&state=&union=&…`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<BTreeMap<String, String>>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let intakes = campaign::intakes(&ctx.app).await?;
    let mut filter = Asked(asked).filter(&officer, &intakes);
    let mut list = inbox::list(&ctx.app, &officer, &filter).await?;
    if list.items.is_empty() && list.total > 0 {
        // A page past the end, after decisions elsewhere made the list shorter: the last one.
        filter.page = (list.total - 1) / PAGE;
        list = inbox::list(&ctx.app, &officer, &filter).await?;
    }
    let looked = serde_json::json!({ "tab": filter.tab, "state": filter.state, "words": !filter.words.is_empty(), "page": filter.page + 1 });
    trail::note(&ctx.app, &officer, "application.list", looked).await?;
    let counts = inbox::counts(&ctx.app, &officer, filter.union.as_deref()).await?;
    let now = ctx.app.now();
    let window = campaign::current(&ctx.app).await?.map(|c| WindowLine {
        intake: c.intake.label(),
        until: c.intake.review.until.deadline_text(),
        left: view::days_left(c.intake.review.until, now),
    });
    let mine = filter.tab == Tab::Mine;
    let query = queue_asked::href(&filter, &intakes);
    page(&QueuePage {
        base: ctx.base(if mine { "待我审核" } else { "全部申请" }),
        who: Who::of(&officer, filter.tab.as_str()),
        mine,
        mine_label: mine_label(&officer),
        mine_count: counted(counts.mine),
        all_count: counted(counts.by_state.iter().map(|(_, n)| n).sum()),
        window,
        chips: chips(&filter, &counts, &intakes),
        filter: form(&ctx, &officer, &filter, &intakes).await?,
        pager: pager(&filter, &list, &intakes),
        lines: list
            .items
            .into_iter()
            .map(|item| line(item, mine, &officer, now))
            .collect(),
        clear: cleared(&filter),
        empty: empty_words(&filter, &officer),
        bulk: mine && officer.can(Act::Decide),
        query: query.trim_start_matches("/office?").to_owned(),
    })
}

/// A count as far as it is made.
fn counted(n: i64) -> String {
    if n > CAP { format!("{CAP}+") } else { n.to_string() }
}

fn mine_label(officer: &Officer) -> &'static str {
    if officer.may(Role::Reviewer) {
        "待我审核"
    } else {
        "待本工会审核"
    }
}

fn chips(filter: &Filter, counts: &Counts, intakes: &[Intake]) -> Vec<Chip> {
    if filter.tab == Tab::Mine {
        return Vec::new();
    }
    let to = |state| {
        let filter = Filter {
            state,
            at: None,
            page: 0,
            after: None,
            ..filter.clone()
        };
        queue_asked::href(&filter, intakes)
    };
    let all = Chip {
        state: "all",
        label: "全部",
        count: counted(counts.by_state.iter().map(|(_, n)| n).sum()),
        href: to(None),
        on: filter.state.is_none(),
    };
    let states = counts.by_state.iter().map(|(state, count)| Chip {
        state: state.as_str(),
        label: state.label(),
        count: counted(*count),
        href: to(Some(*state)),
        on: filter.state == Some(*state),
    });
    std::iter::once(all).chain(states).collect()
}

fn line(item: Item, mine: bool, officer: &Officer, now: Time) -> Line {
    let open = matches!(item.state, State::InReview | State::Returned);
    let marks = marks(&item, officer);
    Line {
        href: format!("/office/applications/{}", item.id),
        id: item.id,
        version: item.version,
        number: item.number,
        applicant: item.applicant,
        union: item.union,
        study: format!("{} · {}", item.level, item.institution),
        state: view::state(item.state),
        holder: item.holder.filter(|_| !mine),
        marks,
        submitted: item.submitted_at.short_text(),
        waited: open.then(|| view::waited(item.since, now)),
        left: open.then(|| view::days_left(item.review_until, now)),
    }
}

/// What is worth knowing before it is opened.
fn marks(item: &Item, officer: &Officer) -> Vec<Tag> {
    let mut marks = Vec::new();
    let mut mark = |text: String, tone| marks.push(Tag { text, tone });
    if item.flagged {
        mark("核对不符".to_owned(), "bad");
    }
    if item.returns > 0 {
        mark(
            if item.state == State::InReview {
                "已补正"
            } else {
                "退回过"
            }
            .to_owned(),
            "warn",
        );
    }
    match &item.looked_by {
        Some((id, _)) if *id == officer.id => mark("我正在看".to_owned(), "on"),
        Some((_, name)) => mark(format!("{name} 正在看"), ""),
        None => {}
    }
    marks
}

fn pager(filter: &Filter, list: &Page, intakes: &[Intake]) -> Pager {
    let pages = ((list.total + PAGE - 1) / PAGE).max(1);
    let to = |page| {
        (0..pages).contains(&page).then(|| {
            let filter = Filter {
                page,
                ..filter.clone()
            };
            queue_asked::href(&filter, intakes)
        })
    };
    let at_the_end = filter.page + 1 == pages;
    let beyond = list.beyond.clone().filter(|_| at_the_end).map(|after| {
        let filter = Filter {
            page: 0,
            after: Some(after),
            ..filter.clone()
        };
        queue_asked::href(&filter, intakes)
    });
    let first = filter.after.is_some().then(|| {
        let filter = Filter {
            page: 0,
            after: None,
            ..filter.clone()
        };
        queue_asked::href(&filter, intakes)
    });
    Pager {
        total: match (&list.beyond, &filter.after) {
            (Some(_), _) => format!("{CAP} 多条"),
            (None, None) => format!("{} 件", list.total),
            (None, Some(_)) => format!("{} 件（接前面的）", list.total),
        },
        page: filter.page + 1,
        pages,
        first,
        prev: to(filter.page - 1),
        next: to(filter.page + 1).or(beyond),
    }
}

fn cleared(filter: &Filter) -> Option<String> {
    queue_asked::is_narrowed(filter).then(|| format!("/office?tab={}", filter.tab))
}

fn empty_words(filter: &Filter, officer: &Officer) -> &'static str {
    match (queue_asked::is_narrowed(filter), filter.tab) {
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

    fn pages(total: i64, page: i64, beyond: Option<(i64, String)>) -> Pager {
        let list = Page {
            items: Vec::new(),
            total,
            beyond,
        };
        let filter = Filter {
            page,
            ..Filter::new(Tab::All)
        };
        pager(&filter, &list, &[])
    }

    #[test]
    fn the_pager_knows_both_ends() {
        let first = pages(PAGE + 1, 0, None);
        assert!(first.prev.is_none() && first.next.is_some() && first.pages == 2);
        let last = pages(PAGE + 1, 1, None);
        assert!(last.prev.is_some() && last.next.is_none());
        assert_eq!(pages(0, 0, None).pages, 1);
    }

    /// Beyond a thousand nothing is counted; the list goes on from its last line.
    #[test]
    fn a_long_list_goes_on() {
        let last = pages(CAP, CAP / PAGE - 1, Some((7, "x".to_owned())));
        assert_eq!(last.total, "1000 多条");
        assert_eq!(last.next.as_deref(), Some("/office?tab=all&after=7-x"));
    }
}
