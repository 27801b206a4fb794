//! What became of a transfer of places, and who is told: who has to act next, and both units at its end.

use super::catalogue::{self, Content};
use super::react::{Planned, Recipient};
use crate::app::App;
use crate::campaign::transfers::{self, State, Transfer};
use crate::error::{Error, Result};
use crate::union::{Officer, staff, tree};

/// Reads what a transfer's step means for people. `job` is the outbox job's id: one message for it and a recipient.
pub async fn plan(app: &App, id: &str, state: &str, job: &str) -> Result<Vec<Planned>> {
    let Some(state) = State::parse(state) else {
        return Err(anyhow::anyhow!("no message for a transfer that is {state}").into());
    };
    let transfer = transfers::find(app, id).await?;
    let content = content(&transfer, state);
    let officers = match told(app, &transfer, state).await {
        // A union that was closed meanwhile: nobody is left to be told.
        Err(Error::NotFound) => Vec::new(),
        other => other?,
    };
    let planned = officers.into_iter().map(|officer| Planned {
        dedup: format!("{job}:{}", officer.id),
        event: format!("transfer_{state}"),
        recipient: Recipient::Officer(officer.id),
        application_id: String::new(),
        content: content.clone(),
    });
    Ok(planned.collect())
}

async fn told(app: &App, transfer: &Transfer, state: State) -> Result<Vec<Officer>> {
    let (from, to) = (transfer.from_id.as_str(), transfer.to_id.as_str());
    match state {
        State::Proposed | State::Withdrawn => administrators(app, &[to]).await,
        State::Refused => administrators(app, &[from]).await,
        State::Approved | State::Rejected | State::Expired => administrators(app, &[from, to]).await,
        State::Accepted => city(app).await,
    }
}

async fn administrators(app: &App, unions: &[&str]) -> Result<Vec<Officer>> {
    let mut all = Vec::new();
    for id in unions {
        let union = tree::find(app, id).await?;
        all.extend(staff::administrators(app, &union).await?);
    }
    Ok(all)
}

/// The city's administrators, and those of its centre, who act for it.
async fn city(app: &App) -> Result<Vec<Officer>> {
    let root = tree::root(app).await?.ok_or(Error::NotFound)?;
    let chain = tree::review_chain(app, &root.id).await?;
    let centre = chain.last().map(|centre| centre.id.clone());
    let mut unions = vec![root.id.as_str()];
    unions.extend(centre.as_deref().filter(|centre| *centre != root.id));
    administrators(app, &unions).await
}

fn content(transfer: &Transfer, state: State) -> Content {
    let (from, to, places) = (&transfer.from, &transfer.to, transfer.places);
    let (about, note) = match state {
        State::Proposed => ("名额调剂待确认", format!("请确认是否接受 {places} 个名额")),
        State::Accepted => ("名额调剂待批准", format!("{places} 个名额，请登录审批")),
        State::Refused => ("名额调剂未接受", format!("{places} 个名额，请看原因")),
        State::Approved => ("名额已调剂", format!("{places} 个名额已调剂")),
        State::Rejected => ("名额调剂未批准", format!("{places} 个名额，请看原因")),
        State::Withdrawn => ("名额调剂已撤回", "无需办理".to_owned()),
        State::Expired => ("名额调剂已过期", "申请时间结束前没有批准".to_owned()),
    };
    let sms = format!(
        "【泉城工会】{about}：{from}调剂给{to} {places} 个求学圆梦名额。{note}，详情请登录工会审核平台“名额”查看。"
    );
    let path = format!("/office/places/{}", transfer.id);
    catalogue::about_union((about, &note), from, &path, transfer.changed_at, sms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Time;
    use crate::wechat::template::shorten;

    /// every state has its message, inside WeChat's limits.
    #[test]
    fn every_state_has_its_words() {
        for state in State::ALL {
            let transfer = Transfer {
                id: "t".to_owned(),
                campaign_id: String::new(),
                from_id: String::new(),
                from: "长清区总工会".to_owned(),
                to_id: String::new(),
                to: "历下区总工会".to_owned(),
                places: 12_345,
                reason: String::new(),
                state: *state,
                answer: String::new(),
                until: Time(0),
                created_at: Time(0),
                changed_at: Time(0),
            };
            let content = content(&transfer, *state);
            for (name, value) in &content.fields {
                assert_eq!(
                    shorten(name, value).as_deref(),
                    Ok(value.as_str()),
                    "{state} {name}"
                );
            }
            assert!(content.sms.contains("长清区总工会调剂给历下区总工会 12345 个"));
        }
    }
}
