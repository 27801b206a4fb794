//! The officers' side over HTTP: who gets in, who sees what, who decides once.

mod articles;
mod articles_browser;
mod browser;
mod bulk;
mod campaigns;
mod claims;
mod decisions;
mod desk;
mod door;
mod joining;
mod joining_browser;
mod joining_wrong;
mod list;
mod pairs;
mod pairs_around;
mod phrases;
mod readings;
mod refused;
mod refused_places;
mod season;
mod season_browser;
mod second_factor;
mod staff;
mod told;
mod told_browser;
mod transfers;
mod tree;

pub use joining::{invite, register};

use crate::app::TestApp;
use crate::builders::{CSRF, session};
use reqwest::header::{HeaderMap, LOCATION};
use yuanmeng::application::{self, State};
use yuanmeng::audit::Actor;
use yuanmeng::kernel::Phone;
use yuanmeng::union::officers::{self, NewOfficer};
use yuanmeng::union::{Role, Union};

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("text"),
        }
    }

    fn header(&self, name: impl reqwest::header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    }

    fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The value of a hidden field.
    fn field(&self, name: &str) -> String {
        let after = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
        after
            .and_then(|rest| rest.split('"').next())
            .expect("a field")
            .to_owned()
    }
}

/// A browser at the officers' side.
struct Desk<'a> {
    test: &'a TestApp,
    cookie: String,
}

impl<'a> Desk<'a> {
    async fn of(test: &'a TestApp, officer_id: &str) -> Self {
        let cookie = session(&test.app, "officer", officer_id).await;
        Desk { test, cookie }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = self.test.http.get(format!("{}{path}", self.test.url));
        Answer::of(request.header("cookie", &self.cookie)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.test.http.post(format!("{}{path}", self.test.url));
        Answer::of(request.header("cookie", &self.cookie).form(fields)).await
    }

    /// Opens the application and sends a decision on the version it shows.
    async fn decide(&self, id: &str, fields: &[(&str, &str)]) -> Answer {
        let version = self.get(&path(id)).await.field("version");
        self.decide_on(id, &version, fields).await
    }

    async fn decide_on(&self, id: &str, version: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", CSRF), ("version", version)];
        all.extend_from_slice(fields);
        self.post(&path(id), &all).await
    }
}

/// An officer returns an application over HTTP: this paper has to be replaced.
pub async fn returns(test: &TestApp, officer_id: &str, id: &str, paper: &str, reason: &str) {
    let desk = Desk::of(test, officer_id).await;
    let fix = format!("fix-{paper}");
    let fields = [("verdict", "return"), (fix.as_str(), "on"), ("reason", reason)];
    assert_eq!(desk.decide(id, &fields).await.status, 303);
}

fn path(id: &str) -> String {
    format!("/office/applications/{id}")
}

async fn state(test: &TestApp, id: &str) -> State {
    application::find(&test.app, id).await.unwrap().state
}

/// An officer beside the demo's.
async fn officer(test: &TestApp, union: &Union, phone: &str, roles: &[Role]) -> String {
    let mut tx = test.app.db.write().await.unwrap();
    let new = NewOfficer {
        union_id: &union.id,
        name: "周平",
        phone: &Phone::stored(phone.to_owned()),
        password: "another-password",
        roles,
        openid: None,
    };
    let id = officers::add(&test.app, &mut tx, &Actor::System, new)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}
