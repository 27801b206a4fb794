//! `GET /progress/events`: the page is told within seconds, by a line that costs little.

use crate::acts::{decide_now, eventually};
use crate::app::{Pair, TestApp};
use crate::builders::{self, demo_officers, street, submitted, union};
use crate::on_both_stores;
use reqwest::{Response, StatusCode};
use std::time::{Duration, Instant};
use yuanmeng::application::{self, progress, withdraw};
use yuanmeng::review::Verdict;

/// A unit of Annex 1 with two places.
const TWO: &str = "国际医学中心总工会";

async fn open(test: &TestApp, worker_id: &str) -> Response {
    let cookie = builders::session(&test.app, "worker", worker_id).await;
    let request = test
        .http
        .get(format!("{}/progress/events", test.url))
        .header("cookie", cookie);
    // As a browser asks: it would take it compressed.
    request
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap()
}

/// The next stamp of a line, heartbeats left out; `None` at its end.
async fn next(line: &mut Response) -> Option<String> {
    let mut text = String::new();
    let read = async {
        while let Some(chunk) = line.chunk().await.ok().flatten() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
            if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: "))
                && text.ends_with("\n\n")
            {
                return Some(data.to_owned());
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(20), read)
        .await
        .expect("news within 20 s")
}

on_both_stores! {
    /// a decision arrives within seconds, to the worker whom it concerns and to nobody else.
    a_decision_arrives_within_seconds
}
async fn a_decision_arrives_within_seconds(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let ((who, id), (other, _)) = (
        submitted(test, 1, &street).await,
        submitted(test, 2, &street).await,
    );
    let (mut line, mut others) = (open(test, &who.id).await, open(test, &other.id).await);
    assert_eq!(line.status(), StatusCode::OK);
    assert_eq!(line.headers()["content-type"], "text/event-stream");
    assert!(
        line.headers().get("content-encoding").is_none(),
        "compression would hold it back"
    );
    let first = next(&mut line).await.unwrap();
    let stamp = progress::stamp(app, &who.id).await.unwrap().text;
    assert_eq!(first, stamp);
    next(&mut others).await.unwrap();

    let [officer, ..] = demo_officers(app).await;
    let began = Instant::now();
    decide_now(app, &officer, &id, Verdict::Pass, &[]).await.unwrap();
    let second = next(&mut line).await.unwrap();
    assert_ne!(second, first);
    assert_eq!(second, progress::stamp(app, &who.id).await.unwrap().text);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let nothing = tokio::time::timeout(Duration::from_secs(2), others.chunk()).await;
    assert!(nothing.is_err(), "the other worker's line is silent: {nothing:?}");
}

on_both_stores! {
    /// the position on the waiting list moves when somebody before leaves.
    the_position_moves
}
async fn the_position_moves(test: &TestApp) {
    let app = &test.app;
    let unit = union(app, &[TWO]).await;
    let mut people = Vec::new();
    for n in 1..=5 {
        people.push(submitted(test, n, &unit).await);
    }
    let mut line = open(test, &people[4].0.id).await;
    assert!(next(&mut line).await.unwrap().ends_with("-3"), "third in line");
    withdraw::withdraw(app, &people[0].0.id, &people[0].1)
        .await
        .unwrap();
    assert!(next(&mut line).await.unwrap().ends_with("-2"));
    withdraw::withdraw(app, &people[3].0.id, &people[3].1)
        .await
        .unwrap();
    assert!(next(&mut line).await.unwrap().ends_with("-1"));
    withdraw::withdraw(app, &people[1].0.id, &people[1].1)
        .await
        .unwrap();
    assert!(next(&mut line).await.unwrap().ends_with("-0"), "it holds a place");
    assert!(
        application::find(app, &people[4].1)
            .await
            .unwrap()
            .state
            .holds_place()
    );
}

/// for the signed-in worker only, so many lines a worker, and none outlives the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_counted_and_end() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let stranger = test
        .http
        .get(format!("{}/progress/events", test.url))
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let (who, _) = submitted(&test, 1, &street(&test.app).await).await;
    let mut lines = Vec::new();
    for _ in 0..4 {
        let mut line = open(&test, &who.id).await;
        next(&mut line).await.unwrap();
        lines.push(line);
    }
    assert_eq!(open(&test, &who.id).await.status(), StatusCode::TOO_MANY_REQUESTS);
    // A closed page gives its place back.
    drop(lines.pop());
    eventually("a place is free again", async || {
        open(&test, &who.id).await.status() == StatusCode::OK
    })
    .await;
    let began = Instant::now();
    test.app.stop.cancel();
    for mut line in lines {
        assert_eq!(next(&mut line).await, None);
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    test.stop().await;
}
