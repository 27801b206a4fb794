//! The pages of supervision with sample data, looked at by machine.

use super::audit::{ActChoice, AuditPage, Line};
use super::board::{BoardPage, Crumb, Drawn, LateLine, Period, PlacesLine, UnionLine};
use super::board_history::{DecisionLine, EventLine, HistoryPage, NoticeLine};
use super::chart::{self, Series};
use super::tests::{HOSTILE, base, render, who};
use super::view::Tag;
use crate::supervision::figures::Counts;

fn line() -> Line {
    Line {
        at: "2021-11-06 09:32:05".to_owned(),
        who: HOSTILE.to_owned(),
        union: HOSTILE.to_owned(),
        act: "查看申请".to_owned(),
        subject: "申请 7K3M-9PXW".to_owned(),
        href: Some("/office/board/applications/a1".to_owned()),
        detail: HOSTILE.to_owned(),
        seq: None,
    }
}

fn audit(lines: Vec<Line>) -> AuditPage {
    AuditPage {
        base: base(),
        who: who(),
        from: "2021-11-05".to_owned(),
        until: String::new(),
        officer: HOSTILE.to_owned(),
        number: HOSTILE.to_owned(),
        acts: vec![ActChoice {
            act: "application.read",
            words: "查看申请",
            on: true,
        }],
        lines,
        narrowed: true,
        newest: Some("/office/audit".to_owned()),
        older: Some("/office/audit?before=a".to_owned()),
        export: "/office/audit.xlsx".to_owned(),
        export_max: 50_000,
    }
}

/// the trail with and without lines.
#[test]
fn the_trail_keeps_its_filter_and_says_when_there_is_nothing() {
    let html = render("audit", &audit(vec![line()]));
    assert!(html.contains("待封存") && html.contains(" selected>查看申请"));
    assert!(render("audit, empty", &audit(Vec::new())).contains("没有符合条件的记录"));
}

fn drawn(id: &str) -> Drawn {
    let rows = vec![(HOSTILE.to_owned(), 3)];
    Drawn {
        svg: chart::bars(id, "题", &rows),
        rows,
    }
}

fn board() -> BoardPage {
    let counts = Counts {
        submitted: 12,
        ..Counts::default()
    };
    let crumb = |name: &str| Crumb {
        href: "/office/board".to_owned(),
        name: name.to_owned(),
    };
    let series = [Series {
        class: "a",
        name: "提交",
        values: vec![1],
    }];
    BoardPage {
        base: base(),
        who: who(),
        name: HOSTILE.to_owned(),
        crumbs: vec![crumb("市总工会"), crumb(HOSTILE)],
        at: "u".to_owned(),
        periods: vec![Period {
            value: "2021-autumn".to_owned(),
            label: "2021年秋季批次".to_owned(),
            on: true,
        }],
        as_of: "10:32:05".to_owned(),
        counts,
        drafts: 4,
        granted: Some("7000 元".to_owned()),
        funnel: drawn("c-funnel"),
        unions: vec![UnionLine {
            name: HOSTILE.to_owned(),
            href: "/office/board?at=u".to_owned(),
            list: "/office?tab=all&union=u".to_owned(),
            counts,
        }],
        places: vec![PlacesLine {
            name: HOSTILE.to_owned(),
            href: "/office/board?at=u".to_owned(),
            total: 9,
            taken: 7,
            waiting: 0,
            left: 2,
        }],
        places_chart: Some(chart::bars("c-places", "名额", &[])),
        ages: drawn("c-ages"),
        late: vec![LateLine {
            name: HOSTILE.to_owned(),
            list: None,
            waiting: 3,
            late: 1,
            oldest: "4 天".to_owned(),
        }],
        late_more: 2,
        days_chart: chart::lines("c-days", "每日", &["11-05".to_owned()], &series),
        days: vec![["2021-11-05", "1", "0", "0"].map(str::to_owned)],
        verdicts: drawn("c-verdicts"),
        reasons: Some(drawn("c-reasons")),
        returned: Some(drawn("c-returned")),
        late_after: 5,
        near_end: 2,
        query: "period=2021-autumn&at=u".to_owned(),
        list: "/office?tab=all&union=u".to_owned(),
    }
}

/// as of when; a table beside each chart; the way down.
#[test]
fn the_board_says_as_of_when_and_has_a_table_beside_each_chart() {
    let html = render("board", &board());
    assert!(html.contains("截至 <b data-testid=\"as-of\">10:32:05</b>"));
    let charts = html.matches("<svg").count();
    assert_eq!((charts, html.matches("<title id=\"c-").count()), (7, 7));
    assert!(html.matches("<table").count() >= charts);
    let bare = BoardPage {
        late: Vec::new(),
        reasons: None,
        returned: None,
        places_chart: None,
        granted: None,
        ..board()
    };
    assert!(render("board, bare", &bare).contains("现在没有等待审核的申请"));
}

#[test]
fn a_history_shows_the_trail_only_to_who_may_read_it() {
    let history = |trail: Option<Vec<Line>>| HistoryPage {
        base: base(),
        who: who(),
        number: "7K3M-9PXW".to_owned(),
        applicant: HOSTILE.to_owned(),
        union: HOSTILE.to_owned(),
        intake: "2021年秋季批次".to_owned(),
        state: Tag::default(),
        href: "/office/applications/a1".to_owned(),
        events: vec![EventLine {
            at: "2021-11-06 09:32:05".to_owned(),
            what: "退回补正",
            by: HOSTILE.to_owned(),
            note: HOSTILE.to_owned(),
        }],
        decisions: vec![DecisionLine {
            at: "2021-11-06 09:32:05".to_owned(),
            who: HOSTILE.to_owned(),
            verdict: "退回补正",
            reason: HOSTILE.to_owned(),
        }],
        notices: vec![NoticeLine {
            at: "2021-11-06 09:32:05".to_owned(),
            to: "职工",
            channel: "微信",
            state: "已送达",
        }],
        trail,
    };
    assert!(render("history", &history(Some(vec![line()]))).contains("data-testid=\"trail\""));
    assert!(!render("history", &history(None)).contains("data-testid=\"trail\""));
}
