//! What one worker does, over the API as phone and mini-program use it, and what was answered.

mod entering;

use super::http::{Answer, Caller};
use super::person;
use super::plan::{Fate, Planned, Taps, Way};
use super::world::World;
use crate::application::DocumentKind;
use anyhow::Context as _;
use reqwest::Method;
use serde_json::json;
use std::time::Instant;

/// A submission that was acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// The number that was answered.
    pub number: String,
    /// Whether with a place.
    pub holds_place: bool,
    /// When it was sent, and when its answer was there.
    pub moments: (Instant, Instant),
}

/// One worker's side of the season: what they know, and what they were told.
pub struct Worker<'a> {
    /// The plan.
    pub planned: &'a Planned,
    caller: Caller,
    second: Caller,
    /// This intake's application, once begun.
    pub application: Option<String>,
    /// The acknowledged submission of it.
    pub acknowledged: Option<Acknowledged>,
    /// Withdrawn, and told so.
    pub withdrawn: bool,
    /// Codes of the refusals of a submission.
    pub refused: Vec<String>,
    /// The application of the intake before still stands: whoever tries again has to be refused.
    pub stands: bool,
    /// Applications of earlier intakes, with what was acknowledged.
    pub earlier: Vec<(String, Option<Acknowledged>, bool)>,
    /// What was answered otherwise than it had to be.
    pub odd: Vec<String>,
    /// Papers uploaded so far.
    edition: u64,
}

impl<'a> Worker<'a> {
    /// Before anything.
    pub fn new(planned: &'a Planned, offset: usize) -> Self {
        let caller = Caller {
            address: person::address(offset + planned.no),
            token: String::new(),
        };
        Worker {
            planned,
            second: caller.clone(),
            caller,
            application: None,
            acknowledged: None,
            withdrawn: false,
            refused: Vec::new(),
            stands: false,
            earlier: Vec::new(),
            odd: Vec::new(),
            edition: 0,
        }
    }

    /// For who looks at the end.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Notes what must not have happened.
    pub fn odd(&mut self, what: impl std::fmt::Display) {
        self.odd.push(format!(
            "职工 {}（{:?}）：{what}",
            self.planned.no, self.planned.fate
        ));
    }

    fn at(&self, path: &str) -> anyhow::Result<String> {
        let id = self.application.as_deref().context("还没有申请")?;
        Ok(format!("/applications/{id}/{path}"))
    }

    fn phone(&self, world: &World) -> String {
        person::phone(world.offset + self.planned.no)
    }

    /// Signs up, begins, fills in and uploads: everything before the submission (R-10 … R-16).
    pub async fn prepare(&mut self, world: &World) -> anyhow::Result<()> {
        if self.caller.token.is_empty() {
            match self.planned.way {
                Way::Phone => self.sign_up(world).await?,
                Way::Mini => self.sign_up_by_mini(world).await?,
            }
        } else if self.application.is_some() {
            let state = self.progress(world).await?;
            let over = ["withdrawn", "rejected", "expired"].contains(&state.text("state"));
            // What was refused in the intake before, for a second account's sake, stayed a draft.
            self.stands = self.acknowledged.is_some() && !over;
            if self.stands {
                return self.begin_refused(world).await;
            }
            let before = self.application.take().unwrap_or_default();
            let was = (
                before,
                self.acknowledged.take(),
                std::mem::take(&mut self.withdrawn),
            );
            self.earlier.push(was);
        }
        self.fill_in(world).await?;
        for kind in person::papers(self.planned) {
            self.upload(world, kind).await?;
        }
        if self.planned.taps == Taps::TwoDevices && self.second.token.is_empty() {
            self.second.token = self.mini_session(world).await?;
        }
        Ok(())
    }

    /// while the year's first application stands there is no second one; the first goes on. One that waited and was carried
    /// into this intake with a place is simply the present one.
    async fn begin_refused(&mut self, world: &World) -> anyhow::Result<()> {
        let key = format!("begin-again-{}", self.planned.no);
        let answer = world
            .http
            .once("开始申请", &self.caller, "/applications", &key)
            .await?;
        let carried = answer.ok() && self.application.as_deref() == Some(answer.text("id"));
        if !carried && answer.code() != "already_this_year" {
            self.odd(format!(
                "今年已有申请，又开始一份：{} {}{}",
                answer.status,
                answer.code(),
                answer.text("state")
            ));
        }
        Ok(())
    }

    async fn fill_in(&mut self, world: &World) -> anyhow::Result<()> {
        let (http, who) = (&world.http, self.caller.clone());
        let key = format!("begin-{}-{}", self.planned.no, self.earlier.len());
        let draft = http
            .once("开始申请", &who, "/applications", &key)
            .await?
            .done("开始申请")?;
        let id = draft["id"].as_str().context("开始申请：没有编号")?;
        self.application = Some(id.to_owned());
        let union = json!({ "union_id": world.union_of(self.planned)? });
        let view = http
            .put("选择工会", &who, (Method::PUT, &self.at("union")?), &union)
            .await?;
        let version = view.done("选择工会")?["version"].clone();
        let form = person::form(self.planned, world.offset, world.year);
        let typed = json!({ "version": version, "form": form });
        let saved = http
            .put("保存申请表", &who, (Method::PUT, &self.at("form")?), &typed)
            .await?;
        saved.done("保存申请表")?;
        self.print(world).await?;
        let four = json!({ "filled": true, "printed": true, "stamped": true, "photographed": true });
        let ticked = http
            .put("确认四项", &who, (Method::PUT, &self.at("checks")?), &four)
            .await?;
        ticked.done("确认四项")?;
        Ok(())
    }

    async fn print(&self, world: &World) -> anyhow::Result<()> {
        let printed = world
            .http
            .post("打印", &self.caller, &self.at("printed")?, &json!({}))
            .await?;
        printed.done("打印").map(drop)
    }

    async fn upload(&mut self, world: &World, kind: DocumentKind) -> anyhow::Result<()> {
        self.edition += 1;
        let bytes = person::paper(world.offset + self.planned.no, kind, self.edition)?;
        let id = self.application.as_deref().context("还没有申请")?;
        let kept = world.http.upload(&self.caller, id, kind.as_str(), bytes).await?;
        kept.done("上传材料").map(drop)
    }

    /// Submits, once or more often at the same moment, and holds the answers against each other.
    pub async fn submit(&mut self, world: &World) -> anyhow::Result<()> {
        let path = self.at("submission")?;
        let key = |n: u8| format!("submit-{}-{}-{n}", self.planned.no, self.earlier.len());
        let one = |who, n| {
            let (path, key) = (&path, key(n));
            async move { world.http.once("提交", who, path, &key).await }
        };
        let sent = Instant::now();
        let answers = match self.planned.taps {
            Taps::One => vec![one(&self.caller, 1).await?],
            Taps::Double => both(tokio::join!(one(&self.caller, 1), one(&self.caller, 1)))?,
            Taps::TwoKeys => both(tokio::join!(one(&self.caller, 1), one(&self.caller, 2)))?,
            Taps::TwoDevices => both(tokio::join!(one(&self.caller, 1), one(&self.second, 2)))?,
        };
        self.hear(&answers, (sent, Instant::now()));
        Ok(())
    }

    fn hear(&mut self, answers: &[Answer], moments: (Instant, Instant)) {
        let mut told: Vec<(String, bool)> = Vec::new();
        for answer in answers {
            match (answer.ok(), answer.code()) {
                (true, _) => told.push((
                    answer.text("number").to_owned(),
                    answer.body["holds_place"] == json!(true),
                )),
                // Of two at the same moment one may be told that the other one changed it.
                (false, "changed_meanwhile") if answers.len() > 1 => {}
                (false, code) => self.refused.push(code.to_owned()),
            }
        }
        told.dedup();
        match (told.as_slice(), &self.acknowledged) {
            // Somebody must have changed it meanwhile: one of those who were at it at the same moment.
            ([], _) if answers.iter().all(|answer| answer.code() == "changed_meanwhile") => {
                self.odd("几次点击都被告知申请刚刚变了");
            }
            ([], _) => {}
            ([(number, holds_place)], None) => {
                self.acknowledged = Some(Acknowledged {
                    number: number.clone(),
                    holds_place: *holds_place,
                    moments,
                });
            }
            ([(number, _)], Some(before)) if before.number == *number => {}
            (told, _) => self.odd(format!("几次点击得到了不同的结果 {told:?}")),
        }
    }

    /// Submits when it must be refused with one of these codes.
    pub async fn submit_refused(&mut self, world: &World, expected: &[&str]) -> anyhow::Result<()> {
        let answer = world
            .http
            .once(
                "提交",
                &self.caller,
                &self.at("submission")?,
                &self.key("refused"),
            )
            .await?;
        if answer.ok() || !expected.contains(&answer.code()) {
            self.odd(format!(
                "应被拒绝（{expected:?}），得到 {} {}",
                answer.status, answer.body
            ));
        }
        Ok(())
    }

    fn key(&self, what: &str) -> String {
        format!("{what}-{}-{}", self.planned.no, self.earlier.len())
    }

    /// Takes the application back before the review.
    pub async fn recall(&mut self, world: &World) -> anyhow::Result<()> {
        self.changes(
            world,
            ("recall", "取回修改"),
            &["recalled", "recalled_waiting"],
            &["review_begun"],
        )
        .await
    }

    /// Corrects what was taken back and submits it again; number and place must stay.
    pub async fn submit_again(&mut self, world: &World) -> anyhow::Result<()> {
        self.upload(world, DocumentKind::Receipt).await?;
        let answer = world
            .http
            .once("提交", &self.caller, &self.at("submission")?, &self.key("again"))
            .await?;
        let number = self
            .acknowledged
            .as_ref()
            .map(|a| a.number.clone())
            .unwrap_or_default();
        if !answer.ok() || answer.text("number") != number {
            self.odd(format!("取回后重新提交：{} {}", answer.status, answer.body));
        }
        Ok(())
    }

    /// Withdraws for good; may be too late when the last officer has decided.
    pub async fn withdraw(&mut self, world: &World) -> anyhow::Result<()> {
        self.changes(
            world,
            ("withdrawal", "撤回"),
            &["withdrawn"],
            &["not_editable", "changed_meanwhile"],
        )
        .await?;
        Ok(())
    }

    /// Uploads a receipt anew and resubmits, if the application was returned; whether it was.
    pub async fn mend(&mut self, world: &World) -> anyhow::Result<()> {
        if self.progress(world).await?.text("state") != "returned" {
            return Ok(());
        }
        self.upload(world, DocumentKind::Receipt).await?;
        self.changes(world, ("resubmission", "补正后重新提交"), &["in_review"], &[])
            .await
    }

    async fn changes(
        &mut self,
        world: &World,
        (what, label): (&'static str, &'static str),
        to: &[&str],
        may: &[&str],
    ) -> anyhow::Result<()> {
        let key = format!("{}-{}", self.key(what), self.edition);
        let answer = world
            .http
            .once(label, &self.caller, &self.at(what)?, &key)
            .await?;
        if answer.ok() && to.contains(&answer.text("state")) {
            self.withdrawn |= what == "withdrawal";
        } else if !may.contains(&answer.code()) {
            self.odd(format!("{label}：{} {}", answer.status, answer.body));
        }
        Ok(())
    }

    /// Where the application stands, as the worker sees it.
    pub async fn progress(&self, world: &World) -> anyhow::Result<Answer> {
        world
            .http
            .get("查看进度", &self.caller, &self.at("progress")?)
            .await
    }

    /// What was planned for this intake: who tries again does so plainly.
    pub fn fate(&self) -> Fate {
        if self.earlier.is_empty() {
            self.planned.fate
        } else {
            Fate::Plain
        }
    }
}

fn both((one, two): (anyhow::Result<Answer>, anyhow::Result<Answer>)) -> anyhow::Result<Vec<Answer>> {
    Ok(vec![one?, two?])
}
