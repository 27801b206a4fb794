//! Every template with sample data, looked at by machine. How the pages behave over HTTP is in `tests/it/office.rs`.

use super::Who;
use super::desk::{ClaimLine, DecideForm, DeskPage, EventLine, Head, Opinion, RefusedPage, StepLine, Tick};
use super::me::{MePage, SessionLine};
use super::queue::{Chip, Line, Pager, QueuePage, WindowLine};
use super::queue_form::{Choice, FilterForm};
use super::sign_in::SignInPage;
use super::view::{self, Paper, Tag};
use crate::application::form::FIELDS;
use crate::application::{DocumentKind, FormText};
use crate::papers::{Check, How, Kind, Other, Outcome, Reason};
use crate::review::phrases::Phrase;
use crate::review::{ReasonCode, Verdict};
use crate::web::page::{Base, ErrorLine, Errors};
use askama::Template;

/// What a person could type to break a page.
pub(super) const HOSTILE: &str = "<script>alert('王')</script>\"&";

pub(super) fn base() -> Base {
    Base {
        title: "题".to_owned(),
        csrf: "t0k3n".to_owned(),
        assets: "v",
        officer: true,
        flash: Some("已通过：王小梅".to_owned()),
        ..Base::default()
    }
}

pub(super) fn who() -> Option<Who> {
    Some(Who {
        name: "张敏".to_owned(),
        union: "崮云湖街道总工会".to_owned(),
        roles: "审核员、管理员".to_owned(),
        manages: true,
        staffs: true,
        keeps: false,
        provider: false,
        money: false,
        places: "",
        audits: true,
        publishes: false,
        at: "mine",
    })
}

fn tag(text: &str) -> Tag {
    Tag {
        text: text.to_owned(),
        tone: "warn",
    }
}

/// Renders, and checks what holds for every page: the CSP, escaping, the hotline, ids that are there once,
/// a token in every form that is posted, links within the page that lead somewhere.
pub(super) fn render(name: &str, template: &impl Template) -> String {
    let html = template.render().unwrap();
    assert!(html.contains("4000123318"), "{name}: R-37 the hotline");
    for forbidden in [
        " style=",
        " onclick=",
        "<style",
        "javascript:",
        "http://",
        "https://",
        "<script>alert",
    ] {
        assert!(!html.contains(forbidden), "{name}: {forbidden}");
    }
    let inline = html
        .split("<script")
        .skip(1)
        .any(|rest| !rest.starts_with(" src="));
    assert!(!inline, "{name}: inline script");
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{name}: an id stands twice");
    let posts = html.matches("method=\"post\"").count();
    assert_eq!(
        html.matches("name=\"csrf\" value=\"t0k3n\"").count(),
        posts,
        "{name}: a form without its token"
    );
    for part in ["href=\"#", "for=\"", "aria-describedby=\""] {
        for target in html.split(part).skip(1).filter_map(|rest| rest.split('"').next()) {
            let there = html.contains(&format!(" id=\"{target}\""));
            assert!(
                there || part == "for=\"" && is_verdict(target),
                "{name}: {part}{target} leads nowhere"
            );
        }
    }
    html
}

/// `data-for="return reject"` of the decision's parts ends like a label's `for`.
fn is_verdict(words: &str) -> bool {
    words
        .split(' ')
        .all(|word| ["pass", "return", "send_back", "reject"].contains(&word))
}

fn head() -> Head {
    Head {
        id: "a1".to_owned(),
        number: "2021-7KQM".to_owned(),
        applicant: HOSTILE.to_owned(),
        intake: "2021年秋季批次".to_owned(),
        state: tag("审核中"),
        holder: Some("崮云湖街道总工会".to_owned()),
        waiting: Some(3),
        submitted: "2021年11月6日 09:32".to_owned(),
        until: "2021年12月7日 24:00".to_owned(),
        left: Some(tag("剩 3 天")),
        steps: vec![StepLine {
            union: "崮云湖街道总工会".to_owned(),
            class: "now",
            words: "审核中",
        }],
    }
}

fn opinion() -> Opinion {
    Opinion {
        at: "2021年11月6日 09:32".to_owned(),
        who: "崮云湖街道总工会 张敏".to_owned(),
        verdict: tag("退回补正"),
        code: "材料不清晰",
        reason: HOSTILE.to_owned(),
        recalled: Some("2021年11月6日 10:00".to_owned()),
    }
}

fn paper(kind: DocumentKind, picture: bool) -> Paper {
    Paper {
        kind: kind.as_str(),
        label: kind.label(),
        short: kind.label(),
        href: format!("/office/applications/a1/documents/{kind}"),
        picture,
        about: "1.2 MB · 11月6日 09:32 上传".to_owned(),
        out_of_date: !picture,
        compare: view::groups(&FormText::default()).remove(0).rows,
        checks: view::checks(&found()).0,
        worst: "bad",
    }
}

fn found() -> [Check; 3] {
    let check = |kind, paper, outcome| Check { kind, paper, outcome };
    let other = Other {
        seen: Some(("7K3M-9PXW".to_owned(), "a2".to_owned())),
    };
    [
        check(Kind::Sex, None, Outcome::Passed),
        check(
            Kind::ReportName,
            Some(DocumentKind::ChsiReport),
            Outcome::Unclear(Reason::Similar(HOSTILE.to_owned())),
        ),
        check(
            Kind::Elsewhere,
            Some(DocumentKind::Receipt),
            Outcome::Failed(Reason::Used(How::Picture, other)),
        ),
    ]
}

pub(super) fn choices() -> Vec<Choice> {
    vec![Choice {
        value: "other".to_owned(),
        label: HOSTILE.to_owned(),
        on: true,
    }]
}

fn decide_form() -> DecideForm {
    let error = |field| ErrorLine {
        field,
        text: format!("{field} 有误"),
    };
    DecideForm {
        version: 7,
        verdict: "return".to_owned(),
        reason: HOSTILE.to_owned(),
        reason_max: 300,
        confirm: false,
        papers: vec![Tick {
            name: "receipt",
            label: "学费缴费凭证",
            ticked: true,
        }],
        fields: FIELDS
            .iter()
            .map(|(name, label)| Tick {
                name,
                label,
                ticked: false,
            })
            .collect(),
        phrases: vec![Phrase {
            id: "p".to_owned(),
            union: Some(HOSTILE.to_owned()),
            own: true,
            verdict: Verdict::Return,
            code: ReasonCode::Unclear,
            fix: "receipt".to_owned(),
            text: HOSTILE.to_owned(),
            on: true,
            off_here: false,
        }],
        codes: choices(),
        before: Some("崮云湖街道总工会".to_owned()),
        errors: Errors(
            ["verdict", "corrections", "reason", "confirm"]
                .map(error)
                .to_vec(),
        ),
    }
}

fn desk(form: Option<DecideForm>) -> DeskPage {
    DeskPage {
        told: Default::default(),
        base: base(),
        who: who(),
        head: head(),
        checks: view::checks(&found()),
        groups: view::groups(&FormText::from_posted([("name", HOSTILE), ("migrant", "yes")])),
        papers: vec![
            paper(DocumentKind::IdFront, true),
            paper(DocumentKind::ChsiReport, false),
        ],
        events: vec![EventLine {
            at: "2021年11月6日 09:32".to_owned(),
            what: "退回补正",
            by: HOSTILE.to_owned(),
        }],
        opinions: vec![opinion()],
        obstacle: form.is_none().then(|| "不能审核本人的申请。".to_owned()),
        claim: ClaimLine {
            mine: form.is_some(),
            colleague: HOSTILE.to_owned(),
        },
        recallable: form.is_none().then_some(7),
        relations: choices(),
        prev: Some("/office/applications/a0".to_owned()),
        next: Some("/office/applications/a2".to_owned()),
        done: Some("/office/applications/a9".to_owned()),
        form,
    }
}

/// after an error all that was typed is there, each error at its field and in the summary.
#[test]
fn the_desk_keeps_what_was_typed_and_says_what_is_wrong() {
    let html = render("desk", &desk(Some(decide_form())));
    assert!(html.contains("value=\"return\" checked") && html.contains("name=\"fix-receipt\" checked"));
    assert!(html.contains("name=\"version\" value=\"7\""));
    for field in ["verdict", "corrections", "reason", "confirm"] {
        assert_eq!(html.matches(&format!("{field} 有误")).count(), 2, "{field}");
    }
    let (failed, unclear) = (
        html.find("缴费凭证：材料未用于他人的申请"),
        html.find("学籍报告姓名"),
    );
    assert!(failed.is_some() && failed < unclear, "what failed stands first");
    assert!(html.contains("（编号 7K3M-9PXW）") && html.contains("href=\"/office/applications/a2\""));
}

/// where there is something against it there is no form.
#[test]
fn an_obstacle_stands_in_place_of_the_form() {
    let html = render("desk", &desk(None));
    assert!(html.contains("不能审核本人的申请。") && !html.contains("name=\"verdict\""));
}

/// ux.md: nothing is lost when somebody was faster.
#[test]
fn a_refused_decision_is_shown_again() {
    let page = RefusedPage {
        base: base(),
        who: who(),
        text: "这一步已由 崮云湖街道总工会 张敏 办理".to_owned(),
        head: head(),
        last: Some(opinion()),
        verdict: "退回补正",
        reason: "我写的理由".to_owned(),
        fixes: vec!["学费缴费凭证", "姓名"],
    };
    let html = render("refused", &page);
    assert!(html.contains("我写的理由") && html.contains("学费缴费凭证、姓名"));
    assert!(html.contains("href=\"/office/applications/a1\""));
}

#[test]
fn the_queue_renders_full_and_empty() {
    let line = Line {
        id: "a1".to_owned(),
        version: 7,
        marks: vec![tag("核对不符")],
        href: "/office/applications/a1".to_owned(),
        number: "2021-7KQM".to_owned(),
        applicant: HOSTILE.to_owned(),
        union: "崮云湖街道总工会".to_owned(),
        study: "大专 · 山东开放大学".to_owned(),
        state: tag("审核中"),
        holder: Some("长清区总工会".to_owned()),
        submitted: "11月6日 09:32".to_owned(),
        waited: Some("3 天".to_owned()),
        left: Some(tag("剩 3 天")),
    };
    let mut page = QueuePage {
        base: base(),
        who: who(),
        mine_label: "待我审核",
        window: Some(WindowLine {
            intake: "2021年秋季批次".to_owned(),
            until: "2021年12月7日 24:00".to_owned(),
            left: tag("剩 3 天"),
        }),
        chips: vec![Chip {
            state: "in_review",
            label: "审核中",
            count: "1".to_owned(),
            href: "/office?tab=all&state=in_review".to_owned(),
            on: true,
        }],
        filter: FilterForm {
            state: "in_review".to_owned(),
            words: HOSTILE.to_owned(),
            unions: choices(),
            levels: choices(),
            intakes: choices(),
            looked: choices(),
            ..FilterForm::default()
        },
        bulk: true,
        query: HOSTILE.to_owned(),
        lines: vec![line],
        pager: Pager {
            total: "51 件".to_owned(),
            page: 1,
            pages: 2,
            first: None,
            prev: None,
            next: Some("/office?tab=all&page=2".to_owned()),
        },
        clear: Some("/office?tab=all".to_owned()),
        ..QueuePage::default()
    };
    let html = render("queue", &page);
    assert!(html.contains("2021年12月7日 24:00 截止") && html.contains("第 1 / 2 页"));
    (page.lines, page.mine, page.empty) = (Vec::new(), true, "现在没有等您审核的申请。");
    assert!(render("empty queue", &page).contains("现在没有等您审核的申请。"));
}

#[test]
fn the_account_shows_whether_wechat_is_bound() {
    let page = |bound| MePage {
        ways: Vec::new(),
        quiet_from: String::new(),
        quiet_until: String::new(),
        base: base(),
        who: who(),
        name: "张敏".to_owned(),
        union: "崮云湖街道总工会".to_owned(),
        roles: "审核员".to_owned(),
        phone: "139****9001".to_owned(),
        bound,
        second_factor: false,
        sessions: vec![SessionLine {
            id: "s1".to_owned(),
            device: HOSTILE.to_owned(),
            since: "2021年11月6日 09:32".to_owned(),
            seen: "2021年11月6日 09:32".to_owned(),
            here: false,
        }],
        errors: Errors(vec![ErrorLine {
            field: "form",
            text: "有误".to_owned(),
        }]),
    };
    assert!(render("me", &page(true)).contains("data-testid=\"unbind\""));
    let html = render("me", &page(false));
    assert!(html.contains("src=\"/office/me/wechat-qr\"") && !html.contains("data-testid=\"unbind\""));
}

#[test]
fn the_sign_in_page_keeps_the_phone_and_never_the_password() {
    let page = SignInPage {
        base: base(),
        errors: Errors(vec![ErrorLine {
            field: "phone",
            text: "手机号或密码不正确".to_owned(),
        }]),
        phone: "13900139001".to_owned(),
        next: "/office/me".to_owned(),
        ..SignInPage::default()
    };
    let html = render("sign-in", &page);
    assert!(html.contains("value=\"13900139001\"") && html.contains("value=\"/office/me\""));
    let input = html
        .split("id=\"f-password\"")
        .nth(1)
        .and_then(|rest| rest.split('>').next())
        .unwrap();
    assert!(!input.contains("value="), "the password is typed again");
}
