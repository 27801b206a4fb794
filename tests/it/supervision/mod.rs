//! Supervision: the audit trail's chain, its page, the figures.

mod board;
mod chain;
mod page;
mod tamper;
mod words;

use crate::app::TestApp;
use crate::builders::session;
use yuanmeng::audit::Actor;
use yuanmeng::kernel::Phone;
use yuanmeng::union::officers::{self, NewOfficer};
use yuanmeng::union::{Officer, Role, Union};

/// An officer with one role at a union.
async fn officer(test: &TestApp, union: &Union, phone: &str, role: Role) -> Officer {
    let mut tx = test.app.db.write().await.unwrap();
    let new = NewOfficer {
        union_id: &union.id,
        name: "周平",
        phone: &Phone::stored(phone.to_owned()),
        password: "another-password",
        roles: &[role],
        openid: None,
    };
    let id = officers::add(&test.app, &mut tx, &Actor::System, new)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    officers::find(&test.app, &id).await.unwrap()
}

/// A page as an officer's browser gets it: status and text.
async fn get(test: &TestApp, officer: &Officer, path: &str) -> (u16, String) {
    let answer = ask(test, officer, path).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ask(test: &TestApp, officer: &Officer, path: &str) -> reqwest::Response {
    let cookie = session(&test.app, "officer", &officer.id).await;
    let request = test.http.get(format!("{}{path}", test.url));
    request.header("cookie", cookie).send().await.unwrap()
}

/// The first sheet of a table that an officer downloads, row by row.
async fn table(test: &TestApp, officer: &Officer, path: &str) -> Vec<Vec<String>> {
    use calamine::Reader as _;
    let answer = ask(test, officer, path).await;
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    let bytes = std::io::Cursor::new(answer.bytes().await.unwrap().to_vec());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(bytes).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

/// How many lines of an act the trail has.
async fn lines(test: &TestApp, act: &str) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE act = $1")
        .bind(act)
        .fetch_one(test.app.db.read())
        .await
        .unwrap()
}
