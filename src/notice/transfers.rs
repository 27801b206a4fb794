//! What became of a transfer of places, and who is told: who has to act next, and both units at its end.

use super::catalogue;
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
    let (from, to) = (transfer.from.as_str(), transfer.to.as_str());
    let content = catalogue::transfer(
        (from, to, transfer.places),
        state,
        &transfer.id,
        transfer.changed_at,
    );
    let officers = match told(app, &transfer, state).await {
        // A union that was closed meanwhile: nobody is left to be told.
        Err(Error::NotFound) => Vec::new(),
        other => other?,
    };
    let planned = officers.into_iter().map(|officer| Planned {
        dedup: format!("{job}:{}", officer.id),
        event: catalogue::Message::of_transfer(state).to_string(),
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
