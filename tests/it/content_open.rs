//! What the city keeps for everybody, on both stores: service stations and the hotline, 公益微课 and what was watched of it
//! (R-36, R-37, ADR 0031).

#[path = "content/browser.rs"]
mod browser;
#[path = "content/courses.rs"]
mod courses_tests;
#[path = "content/stations.rs"]
mod stations_tests;
#[path = "content/watched.rs"]
mod watched_tests;

use crate::app::TestApp;
use crate::builders::{self, CSRF};
use crate::visitor::Page;
use reqwest::header::{ACCEPT, COOKIE, LOCATION};
use reqwest::multipart::{Form, Part};
use yuanmeng::cli::seed_content::COURSE;
use yuanmeng::content::courses::{self, Course, Lesson, Source};
use yuanmeng::wechat::{Inbound, Kind, Reply};

/// A browser of an officer.
pub struct Desk<'a> {
    pub test: &'a TestApp,
    pub cookie: String,
}

impl<'a> Desk<'a> {
    /// The city centre's administrator, who keeps all of this.
    pub async fn of_the_city(test: &'a TestApp) -> Self {
        let [_, _, centre] = builders::demo_officers(&test.app).await;
        Self::of(test, &centre.id).await
    }

    pub async fn of(test: &'a TestApp, officer: &str) -> Self {
        let cookie = builders::session(&test.app, "officer", officer).await;
        Desk { test, cookie }
    }

    pub async fn get(&self, path: &str) -> Page {
        let request = self.test.http.get(format!("{}{path}", self.test.url));
        page(request.header(COOKIE, &self.cookie)).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        fields.push(("csrf", CSRF));
        let request = self.test.http.post(format!("{}{path}", self.test.url));
        page(request.header(COOKIE, &self.cookie).form(&fields)).await
    }

    /// `file` in a multipart form, the token before it.
    pub async fn upload(&self, path: &str, file: Part, accept: &str) -> Page {
        let form = Form::new().text("csrf", CSRF).part("file", file);
        let request = self.test.http.post(format!("{}{path}", self.test.url));
        let request = request.header(COOKIE, &self.cookie).header(ACCEPT, accept);
        page(request.multipart(form)).await
    }
}

async fn page(request: reqwest::RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let to = answer.headers().get(LOCATION);
    Page {
        status: answer.status(),
        to: to.map_or("", |to| to.to_str().unwrap()).to_owned(),
        html: answer.text().await.unwrap(),
    }
}

/// The demo's course with its lessons.
pub async fn sample(test: &TestApp) -> (Course, Vec<Lesson>) {
    let all = courses::search(&test.app, "").await.unwrap();
    all.into_iter()
        .find(|(course, _)| course.title == COURSE)
        .unwrap()
}

/// Where a lesson's video is.
pub fn video_of(lesson: &Lesson) -> String {
    match &lesson.source {
        Source::File(file) => format!("/courses/media/{}", file.id),
        other => panic!("no video: {other:?}"),
    }
}

/// The sample video's bytes.
pub fn mp4() -> Vec<u8> {
    std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/data/course-sample.mp4"
    ))
    .unwrap()
}

/// How many public files the store holds.
pub async fn files_left(test: &TestApp) -> usize {
    let folder = test.app.config.stores.data_dir.join("files/public");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// What the account answers to an event, in words.
pub async fn said(test: &TestApp, kind: Kind) -> String {
    let message = Inbound {
        to: String::new(),
        from: yuanmeng::sim::openid_of("wang"),
        create_time: test.app.now().seconds(),
        msg_id: None,
        kind,
    };
    match yuanmeng::chat::handle(&test.app, &message).await.unwrap() {
        Reply::Text { content } => content,
        other => panic!("no text: {other:?}"),
    }
}
