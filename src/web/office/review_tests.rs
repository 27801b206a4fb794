//! The templates around the review with sample data, looked at by machine like those of `tests.rs`.

use super::bulk::{BulkPage, ResultLine};
use super::late::{LateLine, LatePage};
use super::phrases::{PhraseLine, PhrasesPage};
use super::tests::{HOSTILE, base, choices, render, who};
use crate::web::page::{ErrorLine, Errors};

#[test]
fn many_at_once_late_unions_and_sentences_render() {
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
    let line = |on, off_here| PhraseLine {
        id: "seal".to_owned(),
        whose: HOSTILE.to_owned(),
        verdict: "退回补正",
        code: "其他",
        fix: "姓名",
        text: HOSTILE.to_owned(),
        on,
        off_here,
    };
    let phrases = PhrasesPage {
        base: base(),
        who: who(),
        own: vec![line(true, false), line(true, false)],
        inherited: vec![line(true, false), line(false, true), line(false, false)],
        may_edit: true,
        verdicts: choices(),
        codes: choices(),
        fixes: choices(),
        text: HOSTILE.to_owned(),
        longest: 100,
        errors: Errors(vec![ErrorLine {
            field: "text",
            text: "有误".to_owned(),
        }]),
    };
    assert!(render("phrases", &phrases).contains("由上级工会停用"));
}
