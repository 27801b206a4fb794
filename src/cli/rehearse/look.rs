//! At the end everybody looks: each worker at their application and their messages, anybody at the public places; and the
//! books are opened. What was acknowledged has to be there.

use super::books::{self, Books};
use super::http::Answer;
use super::plan::Fate;
use super::progress::Progress;
use super::season::Played;
use super::worker::{Acknowledged, Worker};
use super::world::World;
use super::{Finding, Options};
use crate::app::App;
use crate::application::tally;
use crate::campaign;
use crate::cli::told;
use crate::notice;
use crate::outbox;
use crate::supervision::{self, chain, verify};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Places, ledger, states and claims agree, as `audit verify` asks too.
pub const SUPERVISION: &str = "名额、台账、状态、一人一份互相一致（R-5、R-20）";
/// No line of the trail is altered, missing or out of order.
pub const TRAIL: &str = "审计链完整（R-31）";
const ACKNOWLEDGED: &str = "受理的不丢（R-18）";
const SIMULATOR: &str = "每条消息一次（R-23）";
const PUBLIC: &str = "公开的名额（R-19）";

/// The phrase of each event in the message to the worker.
const PHRASES: [(&str, &str); 12] = [
    ("submitted", "提交成功"),
    ("waitlisted", "候补中"),
    ("promoted", "候补转正"),
    ("carried_over", "候补递补"),
    ("passed", "审核中"),
    ("approved", "审核通过"),
    ("returned", "退回补正"),
    ("resubmitted", "重新提交"),
    ("rejected", "未通过"),
    ("withdrawn", "已撤回"),
    ("expired", "已失效"),
    ("recalled", "取回修改"),
];

/// What everybody sees.
#[derive(Debug, Default)]
pub struct Seen {
    /// Applications by their state, as their workers see it.
    pub states: BTreeMap<String, usize>,
    /// Text messages without the codes.
    pub messages: usize,
    /// Template messages.
    pub templates: u64,
    /// How many hold a place, by unit's index.
    holding: HashMap<usize, i64>,
    /// What does not agree.
    pub findings: Vec<Finding>,
}

/// The books of the database, opened.
pub async fn open_books(app: &App, campaign_id: &str) -> anyhow::Result<Books> {
    Ok(Books {
        places: campaign::tally::by_unit(app, campaign_id).await.map_err(told)?,
        ledger: campaign::tally::ledger(app, campaign_id).await.map_err(told)?,
        standings: tally::standings(app, campaign_id).await.map_err(told)?,
        lines: tally::lines(app, campaign_id).await.map_err(told)?,
        notes: notice::tally::notes(app, campaign_id).await.map_err(told)?,
    })
}

/// What the database has to say against itself: the books, the audit trail, and jobs that were given up.
pub async fn invariants(app: &App, campaign_id: &str) -> anyhow::Result<(Books, Vec<Finding>)> {
    let books = open_books(app, campaign_id).await?;
    let mut findings = books::findings(&books);
    let others = supervision::invariants::check(app).await.map_err(told)?;
    findings.extend(
        others
            .iter()
            .map(|other| Finding::new(SUPERVISION, other.to_string())),
    );
    chain::seal_all(app).await.map_err(told)?;
    let trail = verify::verify(app, None).await.map_err(told)?;
    findings.extend(
        trail
            .findings
            .iter()
            .map(|fault| Finding::new(TRAIL, fault.to_string())),
    );
    for (kind, error) in outbox::dead(&app.db).await? {
        findings.push(Finding::new("后台任务", format!("{kind} 已放弃：{error}")));
    }
    Ok((books, findings))
}

/// Everybody looks.
pub async fn look(
    world: &World,
    options: &Options,
    played: &mut Played<'_>,
    progress: &Progress,
) -> anyhow::Result<Seen> {
    let seen = Mutex::new(Seen::default());
    let twins = twins(&played.workers);
    progress.stage("逐人核对", played.workers.len());
    let (seen_by, twins) = (&seen, &twins);
    stream::iter(played.workers.iter_mut())
        .for_each_concurrent(options.connections, |worker| async move {
            match look_at(world, worker, twins).await {
                Ok(one) => merge(
                    &mut seen_by.lock().unwrap_or_else(PoisonError::into_inner),
                    worker,
                    one,
                ),
                Err(error) => worker.odd(format!("{error:#}")),
            }
            progress.one();
        })
        .await;
    anyhow::ensure!(!world.app.stop.is_cancelled(), "演练已中止");
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    public_places(world, played, &mut seen).await?;
    templates(world, &mut seen).await?;
    let odd = played.workers.iter().flat_map(|worker| &worker.odd);
    seen.findings
        .extend(odd.map(|what| Finding::new("应答", what.clone())));
    Ok(seen)
}

/// Whose ID number two accounts have: only they may be refused for it.
fn twins(workers: &[Worker<'_>]) -> HashSet<usize> {
    let twins = workers.iter().filter(|worker| worker.planned.fate == Fate::Twin);
    twins
        .flat_map(|worker| [worker.planned.no, worker.planned.person])
        .collect()
}

/// What one worker sees.
#[derive(Default)]
struct One {
    states: Vec<String>,
    messages: usize,
    holding: i64,
    findings: Vec<Finding>,
}

fn merge(seen: &mut Seen, worker: &Worker<'_>, one: One) {
    for state in one.states {
        *seen.states.entry(state).or_default() += 1;
    }
    seen.messages += one.messages;
    *seen.holding.entry(worker.planned.unit).or_default() += one.holding;
    seen.findings.extend(one.findings);
}

async fn look_at(world: &World, worker: &Worker<'_>, twins: &HashSet<usize>) -> anyhow::Result<One> {
    let mut one = One::default();
    if worker.caller().token.is_empty() {
        return Ok(one);
    }
    let phone = super::person::phone(world.offset + worker.planned.no);
    let texts = texts(world, &phone).await?;
    let present = (
        worker.application.clone(),
        worker.acknowledged.clone(),
        worker.withdrawn,
    );
    let earlier = worker
        .earlier
        .iter()
        .map(|(id, told, withdrawn)| (Some(id.clone()), told.clone(), *withdrawn));
    for (id, acknowledged, withdrawn) in earlier.chain([present]) {
        let Some(id) = id else { continue };
        let path = format!("/applications/{id}/progress");
        let answer = world.http.get("查看进度", worker.caller(), &path).await?;
        let mut findings = agrees(&answer, acknowledged.as_ref(), withdrawn);
        if acknowledged.is_some() {
            findings.extend(told_once(&answer, &texts));
        }
        let who = |finding: Finding| {
            Finding::new(
                finding.rule,
                format!("职工 {}：{}", worker.planned.no, finding.what),
            )
        };
        one.findings.extend(findings.into_iter().map(who));
        one.states.push(answer.text("state_label").to_owned());
        one.holding += i64::from(answer.body["holds_place"] == Value::Bool(true));
    }
    one.messages = texts.len();
    one.findings.extend(refusals(worker, twins));
    Ok(one)
}

/// Refused only for what the plan made: a second account for one ID number, or a second try while the first one stands.
fn refusals(worker: &Worker<'_>, twins: &HashSet<usize>) -> Vec<Finding> {
    let claimed = twins.contains(&worker.planned.no) || worker.stands;
    let expected = |code: &&String| claimed && code.starts_with("already_this_");
    let odd = worker.refused.iter().filter(|code| !expected(code));
    odd.map(|code| Finding::new("应答", format!("职工 {} 的提交被拒绝：{code}", worker.planned.no)))
        .collect()
}

/// What was acknowledged is there, with its number; what was not is a draft.
fn agrees(answer: &Answer, acknowledged: Option<&Acknowledged>, withdrawn: bool) -> Vec<Finding> {
    let state = answer.text("state");
    let mut found = Vec::new();
    let mut odd = |what: String| found.push(Finding::new(ACKNOWLEDGED, what));
    if !answer.ok() {
        odd(format!("看不到申请：{} {}", answer.status, answer.code()));
        return found;
    }
    let first = answer.body["timeline"][0]["event"].as_str().unwrap_or_default();
    match acknowledged {
        None if state != "draft" => odd(format!("没有受理，却是 {state}")),
        None => {}
        Some(told) if state == "draft" => odd(format!("编号 {} 已受理，却还是草稿", told.number)),
        Some(told) => {
            if answer.text("number") != told.number {
                odd(format!("编号应为 {}，是 {}", told.number, answer.text("number")));
            }
            if (first == "submitted") != told.holds_place {
                odd(format!(
                    "编号 {}：受理时告知占名额={}，记录却是 {first}",
                    told.number, told.holds_place
                ));
            }
            if withdrawn && state != "withdrawn" {
                odd(format!("编号 {} 已撤回，却是 {state}", told.number));
            }
        }
    }
    found
}

/// for each event of the timeline one message on the phone; no two are the same.
fn told_once(answer: &Answer, texts: &[String]) -> Vec<Finding> {
    let number = answer.text("number");
    let about: Vec<&String> = texts.iter().filter(|text| text.contains(number)).collect();
    let timeline = answer.body["timeline"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut found = Vec::new();
    for (event, phrase) in PHRASES {
        let happened = timeline.iter().filter(|line| line["event"] == event).count();
        let told = about
            .iter()
            .filter(|text| text.contains(&format!("：{phrase}，")))
            .count();
        if happened != told {
            let what = format!("编号 {number} 的“{phrase}”发生 {happened} 次，短信 {told} 条");
            found.push(Finding::new(SIMULATOR, what));
        }
    }
    found
}

/// The text messages to a number, without the codes.
async fn texts(world: &World, phone: &str) -> anyhow::Result<Vec<String>> {
    let inbox = world.http.sim_get(&format!("/sim/inbox?phone={phone}")).await?;
    let items = inbox["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = items
        .iter()
        .filter(|item| item["kind"] == "sms")
        .filter_map(|item| item["text"].as_str());
    Ok(texts
        .filter(|text| !text.contains("验证码"))
        .map(str::to_owned)
        .collect())
}

/// The places that anybody can see are those that the workers hold.
async fn public_places(world: &World, played: &Played<'_>, seen: &mut Seen) -> anyhow::Result<()> {
    let units: HashSet<usize> = played.workers.iter().map(|worker| worker.planned.unit).collect();
    let nobody = super::http::Caller {
        address: super::person::address(0),
        token: String::new(),
    };
    for unit in units {
        let Some(union) = world.units.get(unit).map(|unit| &unit.union) else {
            continue;
        };
        let detail = world
            .http
            .get("公开名额", &nobody, &format!("/unions/{}", union.id))
            .await?
            .done("公开名额")?;
        let number = |name: &str| detail["places"][name].as_i64().unwrap_or(-1);
        let taken = number("total") - number("left");
        let holding = seen.holding.get(&unit).copied().unwrap_or_default();
        if taken != holding {
            let what = format!(
                "{}：公开已占 {taken}，职工看到自己占名额的 {holding} 人",
                union.name
            );
            seen.findings.push(Finding::new(PUBLIC, what));
        }
    }
    Ok(())
}

/// each template message appeared once, whatever was sent again.
async fn templates(world: &World, seen: &mut Seen) -> anyhow::Result<()> {
    let stats = world.http.sim_get("/sim/stats").await?;
    seen.templates = stats["templates_shown"].as_u64().unwrap_or_default();
    let by_id = stats["templates_by_client_msg_id"].as_object();
    for (id, times) in by_id
        .into_iter()
        .flatten()
        .filter(|(_, times)| times.as_u64() != Some(1))
    {
        let what = format!("模板消息 {id} 出现 {times} 次");
        seen.findings.push(Finding::new(SIMULATOR, what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Instant;

    fn answer(state: &str, events: &[&str]) -> Answer {
        let timeline: Vec<Value> = events.iter().map(|event| json!({ "event": event })).collect();
        Answer {
            status: 200,
            body: json!({ "state": state, "number": "7K3M-9PXW", "timeline": timeline }),
        }
    }

    fn acknowledged(holds_place: bool) -> Acknowledged {
        Acknowledged {
            number: "7K3M-9PXW".into(),
            holds_place,
            moments: (Instant::now(), Instant::now()),
        }
    }

    /// an acknowledged submission that is a draft, has another number, or another beginning, is found.
    #[test]
    fn what_was_acknowledged_must_be_there() {
        let told = acknowledged(true);
        assert!(agrees(&answer("in_review", &["submitted"]), Some(&told), false).is_empty());
        assert!(agrees(&answer("draft", &[]), None, false).is_empty());
        for (answer, told, withdrawn) in [
            (answer("draft", &[]), Some(&told), false),
            (answer("in_review", &["submitted"]), None, false),
            (answer("waitlisted", &["waitlisted"]), Some(&told), false),
            (answer("in_review", &["submitted"]), Some(&told), true),
        ] {
            assert_eq!(agrees(&answer, told, withdrawn).len(), 1, "{}", answer.body);
        }
    }

    /// one message for each event, neither more nor fewer.
    #[test]
    fn messages_follow_the_timeline() {
        let text = |phrase: &str| {
            format!("【泉城工会】您的求学圆梦补助申请（编号 7K3M-9PXW）：{phrase}，等待审核。")
        };
        let seen = answer("in_review", &["submitted", "passed"]);
        let right = [text("提交成功"), text("审核中")];
        assert!(told_once(&seen, &right).is_empty());
        assert_eq!(told_once(&seen, &right[..1]).len(), 1);
        assert_eq!(
            told_once(&seen, &[right.as_slice(), &right[..1]].concat()).len(),
            1
        );
    }
}
