//! What the city's finance officers are told of the workers' money (issue 6): a day that differs, a refund that is stuck.

use super::catalogue::{self, Content, Message};
use super::react::{Planned, Recipient};
use crate::app::App;
use crate::error::{Error, Result};
use crate::payment::{self, RefundState};
use crate::union::{Officer, Role, officers, tree};
use chrono::NaiveDate;

/// A day's open differences; nobody is told when all is settled meanwhile. `job` makes it one message for each.
pub(super) async fn bill_differs(app: &App, day: &str, job: &str) -> Result<Vec<Planned>> {
    let open = payment::desk::open_of(app, day).await?;
    let date = day.parse::<NaiveDate>().map_err(anyhow::Error::from)?;
    if open == 0 {
        return Ok(Vec::new());
    }
    let content = |union: &str| catalogue::bill_differs(union, date, open, app.now());
    to_finance(app, Message::BillDiffers, job, content).await
}

/// A refund that needs somebody; nobody is told when it went on meanwhile, or another one was asked for in its place.
pub(super) async fn refund_stuck(app: &App, id: &str, job: &str) -> Result<Vec<Planned>> {
    let refund = payment::find_refund(app, id).await?;
    let later = payment::refunds(app, &refund.order_id).await?;
    let replaced = later
        .iter()
        .any(|other| other.out_trade_no == refund.out_trade_no && other.id > refund.id);
    let over = refund.state == RefundState::Succeeded || (refund.state == RefundState::Closed && replaced);
    if over {
        return Ok(Vec::new());
    }
    let content = |union: &str| catalogue::refund_stuck(union, &refund.order_id, app.now());
    to_finance(app, Message::RefundStuck, job, content).await
}

async fn to_finance(
    app: &App,
    message: Message,
    job: &str,
    content: impl Fn(&str) -> Content,
) -> Result<Vec<Planned>> {
    let planned = finance(app).await?.into_iter().map(|officer| Planned {
        dedup: format!("{job}:{}", officer.id),
        event: message.to_string(),
        content: content(&officer.union.name),
        recipient: Recipient::Officer(officer.id),
        application_id: String::new(),
    });
    Ok(planned.collect())
}

/// The finance officers of the city and of its centre; where there is none, the administrators, who can make one [ours].
async fn finance(app: &App) -> Result<Vec<Officer>> {
    let root = tree::root(app).await?.ok_or(Error::NotFound)?;
    let chain = tree::review_chain(app, &root.id).await?;
    let mut unions = vec![root.id.clone()];
    unions.extend(
        chain
            .into_iter()
            .map(|union| union.id)
            .filter(|id| *id != root.id),
    );
    for role in [Role::Finance, Role::Administrator] {
        let mut all = Vec::new();
        for union in &unions {
            all.extend(officers::of_union(app, union, role).await?);
        }
        if !all.is_empty() {
            return Ok(all);
        }
    }
    Ok(Vec::new())
}
