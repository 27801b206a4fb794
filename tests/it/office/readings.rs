//! who reads what about people.

use super::{Desk, officer};
use crate::acts::number;
use crate::app::TestApp;
use crate::builders::{demo_officers, street, submitted};
use crate::on_both_stores;
use yuanmeng::review::bulk;
use yuanmeng::review::inbox::{self, Filter, Tab};
use yuanmeng::union::Role;
use yuanmeng::union::officers;

const LINES: &str = "SELECT COUNT(*) FROM audit WHERE act = $1";

on_both_stores! {
    /// lists, pages of unions and officers, a bulk run: whoever reads of people there leaves one line each time.
    each_reading_leaves_a_line
}
async fn each_reading_leaves_a_line(test: &TestApp) {
    let app = &test.app;
    let [reviewer, ..] = demo_officers(app).await;
    let street = street(app).await;
    let (_, id) = submitted(test, 1, &street).await;
    test.settle().await;
    let roles = [Role::Reviewer, Role::Administrator];
    let reader = officer(test, &street, "13900139007", &roles).await;
    let desk = Desk::of(test, &reader).await;
    let reader = officers::find(app, &reader).await.unwrap();
    let chosen = inbox::chosen(app, &reader, &Filter::new(Tab::Mine), 500)
        .await
        .unwrap();
    let run = bulk::propose(app, &reader, &chosen).await.unwrap();
    for (path, act) in [
        ("/office".to_owned(), "application.list"),
        (format!("/office/bulk/{run}"), "application.list"),
        (format!("/office/applications/{id}"), "application.read"),
        ("/office/messages/failed".to_owned(), "notice.lost"),
        ("/office/registrations".to_owned(), "registration.list"),
        (format!("/office/unions/{}", street.id), "union.read"),
        (format!("/office/officers/{}", reviewer.id), "officer.read"),
    ] {
        let before = number(app, LINES, act).await;
        let answer = desk.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert_eq!(number(app, LINES, act).await, before + 1, "{path}");
    }
}
