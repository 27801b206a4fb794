//! The templates of joining and of unions with sample data, looked at by machine as in [`super::tests`].

use super::join::{ClosedPage, FiledPage, JoinPage, Posting};
use super::join_invitations::InvitationPage;
use super::join_registrations::RegistrationPage;
use super::sign_in_reset::ResetPage;
use super::tests::{HOSTILE, base, render, who};
use super::union_change::ChangePage;
use super::union_officers::{NewPage, OfficerPage};
use crate::web::page::{ErrorLine, Errors};

fn errors(fields: &[&'static str]) -> Errors {
    let line = |field: &&'static str| ErrorLine {
        field,
        text: format!("{field} 有误"),
    };
    Errors(fields.iter().map(line).collect())
}

/// the registration page with everything wrong keeps what was typed, but for code and passwords.
#[test]
fn the_registration_page_keeps_what_was_typed() {
    let page = JoinPage {
        base: base(),
        errors: errors(&[
            "name",
            "contact",
            "office_phone",
            "address",
            "officer_name",
            "phone",
            "code",
            "password",
            "again",
        ]),
        upper: HOSTILE.to_owned(),
        kind: "乡镇（街道）工会".to_owned(),
        by_wechat: true,
        typed: Posting {
            name: HOSTILE.to_owned(),
            code: "123456".to_owned(),
            password: "quiet-river-7".to_owned(),
            again: "quiet-river-7".to_owned(),
            ..Posting::default()
        },
        ..JoinPage::default()
    };
    let html = render("join", &page);
    assert!(!html.contains("quiet-river-7") && !html.contains("123456"));
    let filed = FiledPage {
        base: base(),
        upper: HOSTILE.to_owned(),
        name: HOSTILE.to_owned(),
        by_wechat: true,
    };
    render("filed", &filed);
    let closed = ClosedPage {
        base: base(),
        text: HOSTILE.to_owned(),
        ask: HOSTILE.to_owned(),
    };
    render("closed", &closed);
    let reset = ResetPage {
        base: base(),
        errors: errors(&["phone", "code", "password", "again"]),
        phone: HOSTILE.to_owned(),
        ..ResetPage::default()
    };
    render("reset", &reset);
}

#[test]
fn the_pages_of_unions_render() {
    for what in ["rename", "move", "close"] {
        let page = ChangePage {
            base: base(),
            who: who(),
            what,
            name: HOSTILE.to_owned(),
            typed: HOSTILE.to_owned(),
            destinations: vec![("u1".to_owned(), HOSTILE.to_owned())],
            errors: errors(if what == "rename" {
                &["name", "form"]
            } else {
                &["confirm", "form"]
            }),
            ..ChangePage::default()
        };
        render(what, &page);
    }
    let new = NewPage {
        base: base(),
        who: who(),
        errors: errors(&["name", "phone", "roles", "form"]),
        full_name: HOSTILE.to_owned(),
        ..NewPage::default()
    };
    assert!(render("officer_new", &new).contains("&#60;script"));
    let one = OfficerPage {
        base: base(),
        who: who(),
        errors: errors(&["roles", "confirm", "form"]),
        bound: true,
        ..OfficerPage::default()
    };
    render("officer", &one);
    let registration = RegistrationPage {
        base: base(),
        who: who(),
        errors: errors(&["reason", "form"]),
        name: HOSTILE.to_owned(),
        reason: HOSTILE.to_owned(),
        pending: true,
        ..RegistrationPage::default()
    };
    render("registration", &registration);
    let invitation = InvitationPage {
        base: base(),
        who: who(),
        link: Some(HOSTILE.to_owned()),
        ..InvitationPage::default()
    };
    assert!(render("invitation", &invitation).contains("/office/invitations//qr"));
}
