//! What an officer does on the pages: signs in, goes through the inbox, passes many at once or opens one and decides by its
//! form.

use super::PASSWORD;
use super::http::{Caller, Http};
use super::person;
use super::world::Seat;
use anyhow::Context as _;
use reqwest::{Method, RequestBuilder, Response, header};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Pages of an inbox that are looked through in one round, and how many lines each may have.
const PAGES: usize = 1_000;

/// So long may a bulk pass take.
const BULK_WITHIN: Duration = Duration::from_secs(5 * 60);

/// An officer's browser.
pub struct Officer {
    /// Where they decide.
    pub seat: Seat,
    who: Caller,
    cookie: String,
    /// The list's token, as its form has it.
    csrf: String,
}

/// What they decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Pass.
    Pass,
    /// Return for a new receipt.
    Return,
    /// Reject.
    Reject,
}

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was noted.
    Done,
    /// Somebody was faster: a colleague, or the worker.
    Beaten,
}

/// An application's page as it was opened.
pub struct Open {
    id: String,
    csrf: String,
    version: String,
}

impl Officer {
    /// A browser with nobody signed in.
    pub fn new(seat: Seat, offset: usize) -> Self {
        Officer {
            who: Caller {
                // Apart from the workers' addresses.
                address: person::address(offset + seat.no).replacen("10.", "11.", 1),
                token: String::new(),
            },
            cookie: String::new(),
            csrf: String::new(),
            seat,
        }
    }

    fn with_cookie(&self, request: RequestBuilder) -> RequestBuilder {
        match self.cookie.as_str() {
            "" => request,
            cookie => request.header(header::COOKIE, cookie),
        }
    }

    /// The session's cookie changes when somebody signs in.
    fn keep_cookie(&mut self, answer: &Response) {
        let set = answer.headers().get_all(header::SET_COOKIE).iter();
        let mut ours = set.filter_map(|value| value.to_str().ok()?.split(';').next());
        if let Some(cookie) = ours.rfind(|cookie| cookie.starts_with("yuanmeng=")) {
            self.cookie = cookie.to_owned();
        }
    }

    async fn page(&mut self, http: &Http, what: &'static str, path: &str) -> anyhow::Result<(u16, String)> {
        let request = self.with_cookie(http.request(&self.who, Method::GET, path));
        let answer = http.send(what, request).await?;
        self.keep_cookie(&answer);
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.map_err(reqwest::Error::without_url)?))
    }

    /// Phone and password on the page (R-26).
    pub async fn sign_in(&mut self, http: &Http) -> anyhow::Result<()> {
        let (_, page) = self.page(http, "登录页", "/office/sign-in").await?;
        let csrf = value_of(&page, "csrf").context("登录页没有令牌")?;
        let fields = [
            ("csrf", csrf),
            ("phone", self.seat.phone.as_str()),
            ("password", PASSWORD),
        ];
        let request = http
            .request(&self.who, Method::POST, "/office/sign-in")
            .form(&fields);
        let answer = http.send("审核员登录", self.with_cookie(request)).await?;
        self.keep_cookie(&answer);
        let status = answer.status().as_u16();
        anyhow::ensure!(status == 303, "审核员没有登录成功：{status}");
        Ok(())
    }

    /// Everything that waits at the officer's union, oldest first: id and the version that the list shows.
    pub async fn inbox(&mut self, http: &Http) -> anyhow::Result<Vec<(String, String)>> {
        let mut found: Vec<(String, String)> = Vec::new();
        for number in 1..=PAGES {
            let path = format!("/office?tab=mine&page={number}");
            let (status, page) = self.page(http, "待办列表", &path).await?;
            anyhow::ensure!(status == 200, "待办列表：{status}");
            if let Some(csrf) = value_of(&page, "csrf") {
                self.csrf = csrf.to_owned();
            }
            let known: HashSet<String> = found.iter().map(|(id, _)| id.clone()).collect();
            let new = applications_on(&page)
                .into_iter()
                .filter(|id| !known.contains(id));
            found.extend(new.map(|id| {
                let version = value_of(&page, &format!("pick-{id}")).unwrap_or_default();
                (id, version.to_owned())
            }));
            if !page.contains("rel=\"next\"") {
                break;
            }
        }
        Ok(found)
    }

    /// Passes what the list showed, at most 500, as its form and the page of confirmation do; gives who was passed. The others
    /// stand there with a reason: they are to be opened one by one (R-22).
    pub async fn pass_in_bulk(
        &mut self,
        http: &Http,
        chosen: &[(String, String)],
    ) -> anyhow::Result<Vec<String>> {
        let mut fields = vec![
            ("csrf".to_owned(), self.csrf.clone()),
            ("what".to_owned(), "picked".to_owned()),
        ];
        let picks = chosen.iter();
        fields.extend(picks.map(|(id, version)| (format!("pick-{id}"), version.clone())));
        let run = self.sent(http, "批量选中", "/office/bulk", &fields).await?;
        anyhow::ensure!(run.starts_with("/office/bulk/"), "批量通过没有列出来：{run}");
        let (_, mut page) = self.page(http, "批量确认", &run).await?;
        let begun = Instant::now();
        while !page.contains("data-testid=\"result\"") {
            anyhow::ensure!(begun.elapsed() < BULK_WITHIN, "批量通过没有办完：{run}");
            // The button begins it, and goes on with what was interrupted; else it is under way.
            if page.contains("data-testid=\"confirm-bulk\"") {
                let csrf = value_of(&page, "csrf").context("批量确认页没有令牌")?;
                let fields = [("csrf".to_owned(), csrf.to_owned())];
                self.sent(http, "批量通过", &run, &fields).await?;
            } else {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            page = self.page(http, "批量结果", &run).await?.1;
        }
        Ok(passed_on(&page))
    }

    /// Posts a form; gives where it leads.
    async fn sent(
        &mut self,
        http: &Http,
        what: &'static str,
        path: &str,
        fields: &[(String, String)],
    ) -> anyhow::Result<String> {
        let request = http.request(&self.who, Method::POST, path).form(fields);
        let answer = http.send(what, self.with_cookie(request)).await?;
        self.keep_cookie(&answer);
        let status = answer.status().as_u16();
        anyhow::ensure!(status == 303, "{what}：{status}");
        let to = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok());
        Ok(to.unwrap_or_default().to_owned())
    }

    /// Opens an application; `None` when there is nothing to decide on it (any more).
    pub async fn open(&mut self, http: &Http, id: &str) -> anyhow::Result<Option<Open>> {
        let (status, page) = self
            .page(http, "打开申请", &format!("/office/applications/{id}"))
            .await?;
        anyhow::ensure!(status == 200, "打开申请：{status}");
        let open = value_of(&page, "version")
            .zip(value_of(&page, "csrf"))
            .map(|(version, csrf)| Open {
                id: id.to_owned(),
                csrf: csrf.to_owned(),
                version: version.to_owned(),
            });
        Ok(open)
    }

    /// Decides what is open, as its form does.
    pub async fn decide(&mut self, http: &Http, open: &Open, verdict: Verdict) -> anyhow::Result<Outcome> {
        let mut fields = vec![("csrf", open.csrf.as_str()), ("version", open.version.as_str())];
        fields.extend(match verdict {
            Verdict::Pass => vec![("verdict", "pass"), ("reason", "")],
            Verdict::Return => vec![
                ("verdict", "return"),
                ("reason", "学费缴费凭证看不清金额，请重新上传"),
                ("fix-receipt", "on"),
            ],
            Verdict::Reject => vec![
                ("verdict", "reject"),
                ("reason", "不符合补助条件（演练）"),
                ("confirm", "on"),
            ],
        });
        let path = format!("/office/applications/{}", open.id);
        let request = http.request(&self.who, Method::POST, &path).form(&fields);
        let answer = http.send("审核", self.with_cookie(request)).await?;
        self.keep_cookie(&answer);
        match answer.status().as_u16() {
            303 => Ok(Outcome::Done),
            409 => Ok(Outcome::Beaten),
            status => {
                let page = answer.text().await.unwrap_or_default();
                let said = page
                    .find("<h1>")
                    .map_or("", |at| page[at..].lines().next().unwrap_or_default());
                anyhow::bail!("审核（{verdict:?}）：{status} {said}")
            }
        }
    }
}

/// The value of the first hidden field of this name.
fn value_of<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Whom a finished bulk pass has passed.
fn passed_on(page: &str) -> Vec<String> {
    let rows = page.split("href=\"/office/applications/").skip(1);
    let ids = rows.filter_map(|row| {
        let (id, rest) = row.split_once('"')?;
        let line = rest.split("</tr>").next()?;
        line.contains("class=\"result ok\"").then(|| id.to_owned())
    });
    ids.collect()
}

/// The applications that a list's lines open.
fn applications_on(page: &str) -> Vec<String> {
    const BEGINS: &str = "href=\"/office/applications/";
    let lines = page.split(BEGINS).skip(1);
    let ids = lines.filter_map(|rest| {
        let (id, after) = rest.split_once('"')?;
        let opens = after
            .split('>')
            .next()
            .is_some_and(|tag| tag.contains("data-testid=\"open\""));
        let id = id.split(['?', '/', '#']).next().unwrap_or(id);
        opens.then(|| id.to_owned())
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_by_its_ids() {
        let page = r#"<input type="hidden" name="csrf" value="a.b"><input type="hidden" name="version" value="12">
            <a href="/office/applications/0a1b" data-testid="open">王</a> <a href="/office/applications/0a1b/form.pdf">表</a>"#;
        assert_eq!(
            (value_of(page, "csrf"), value_of(page, "version")),
            (Some("a.b"), Some("12"))
        );
        assert_eq!(value_of(page, "phone"), None);
        assert_eq!(applications_on(page), ["0a1b"]);
        let done = r#"<tr><td><a href="/office/applications/1">王</a></td><td><span class="result ok">已通过</span></td></tr>
            <tr><td><a href="/office/applications/2">李</a></td><td><span class="result bad">没有办成</span></td></tr>"#;
        assert_eq!(passed_on(done), ["1"]);
    }
}
