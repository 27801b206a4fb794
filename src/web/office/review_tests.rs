//! The templates around the review with sample data, looked at by machine like those of `tests.rs`.

use super::bulk::{BulkPage, ResultLine};
use super::late::{LateLine, LatePage};
use super::phrases::{OwnLine, PhraseForm, PhraseLine, PhrasesPage};
use super::tests::{HOSTILE, base, choices, render, who};
use crate::web::page::{ErrorLine, Errors};

#[test]
fn many_at_once_and_late_unions_render() {
    for state in ["proposed", "working", "stopped", "done"] {
        let page = BulkPage {
            base: base(),
            who: who(),
            id: "r1".to_owned(),
            state,
            last: state == "proposed",
            total: 2,
            done: 1,
            passed: 0,
            refused: 1,
            lines: vec![ResultLine {
                href: "/office/applications/a1".to_owned(),
                applicant: HOSTILE.to_owned(),
                number: "2021-7KQM".to_owned(),
                tone: "bad",
                text: HOSTILE.to_owned(),
            }],
        };
        render(state, &page);
    }
    let late = LatePage {
        base: base(),
        who: who(),
        days: 5,
        near: 2,
        window: None,
        lines: vec![LateLine {
            name: HOSTILE.to_owned(),
            above: HOSTILE.to_owned(),
            open: 3,
            waiting_long: 2,
            closing: 0,
            oldest: "6 天".to_owned(),
            reviewers: 0,
            href: "/office?tab=all&at=u1".to_owned(),
        }],
    };
    assert!(render("late", &late).contains("没有审核员"));
}

fn phrase_line(on: bool, off_here: bool) -> PhraseLine {
    PhraseLine {
        id: "seal".to_owned(),
        whose: HOSTILE.to_owned(),
        verdict: "退回补正",
        code: "其他",
        fix: "姓名",
        text: HOSTILE.to_owned(),
        on,
        off_here,
    }
}

fn phrase_form(end: &str, wrong: &[&'static str]) -> PhraseForm {
    let error = |field: &&'static str| ErrorLine {
        field,
        text: "有误".to_owned(),
    };
    PhraseForm {
        end: end.to_owned(),
        verdicts: choices(),
        codes: choices(),
        fixes: choices(),
        text: HOSTILE.to_owned(),
        errors: Errors(wrong.iter().map(error).collect()),
    }
}

/// The page with what is wrong in the form that adds, and in the first of those that change.
fn phrases(adding: &[&'static str], editing: &[&'static str]) -> PhrasesPage {
    let own = |end: &str, wrong: &[&'static str]| OwnLine {
        line: phrase_line(true, false),
        seen: "m4rk".to_owned(),
        open: !wrong.is_empty(),
        form: phrase_form(end, wrong),
    };
    PhrasesPage {
        base: base(),
        who: who(),
        own: vec![own("-1", editing), own("-2", &[])],
        inherited: vec![
            phrase_line(true, false),
            phrase_line(false, true),
            phrase_line(false, false),
        ],
        may_edit: true,
        adding: phrase_form("", adding),
        not_own: false,
        longest: 100,
    }
}

/// every sentence of one's own has its form, and only the one with mistakes is open.
#[test]
fn sentences_render() {
    let fields = ["verdict", "why", "fix", "text", "form"];
    let adding = render("phrases", &phrases(&fields, &[]));
    assert!(adding.contains("由上级工会停用") && !adding.contains("<details open>"));
    let editing = render("phrases", &phrases(&[], &fields));
    assert_eq!(editing.matches("<details open>").count(), 1);
    assert!(editing.contains("href=\"#f-form-1\"") && editing.contains("不能修改或删除"));
    let not_own = PhrasesPage {
        not_own: true,
        ..phrases(&[], &[])
    };
    assert!(render("phrases", &not_own).contains("data-testid=\"not-own\""));
}
