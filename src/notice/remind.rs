//! Reminders before a deadline: one message a person, application and day, however many processes look (R-23 [ours]).

use super::catalogue::{self, Message};
use super::react::{self, Planned, Recipient};
use crate::app::App;
use crate::application::reminders::{self, Due, JUST_TOLD, Reminder, What};
use crate::application::states::State;
use crate::campaign::{self, Intake};
use crate::error::Result;
use crate::kernel::time::HOUR;
use std::time::Duration;

/// So many are written in one transaction.
const PAGE: i64 = 100;

/// Plans the reminders of this hour; gives how many applications were looked at. Whoever comes first in an hour goes
/// through them, so one that was returned today is found too; that nobody is told twice is the notices' `dedup`.
pub async fn run(app: &App) -> Result<usize> {
    let now = app.now();
    let mut looked_at = 0;
    let Some(current) = campaign::current(app).await? else {
        return Ok(0);
    };
    let due = reminders::due(&current.intake, now);
    if due.is_empty() {
        return Ok(0);
    }
    let turn = format!("reminders:{}:{}", current.intake.id, now.0 / HOUR);
    if !app.cache.set_new(&turn, "", Duration::from_secs(7200)).await? {
        return Ok(0);
    }
    for reminder in &due {
        looked_at += all(app, &current.intake, reminder).await?;
    }
    Ok(looked_at)
}

async fn all(app: &App, intake: &Intake, reminder: &Reminder) -> Result<usize> {
    let (mut after, mut looked_at) = (String::new(), 0);
    loop {
        let page = reminders::concerned(app, intake, reminder, &after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(looked_at);
        };
        after = last.id.clone();
        looked_at += page.len();
        let planned: Vec<Planned> = page
            .iter()
            .filter(|due| due.state == State::Draft || due.since.plus(JUST_TOLD) <= app.now())
            .map(|due| plan(due, reminder, intake))
            .collect();
        let mut tx = app.db.write().await?;
        react::enqueue(app, &mut tx, &planned).await?;
        tx.commit().await?;
    }
}

fn plan(due: &Due, reminder: &Reminder, intake: &Intake) -> Planned {
    let event = match reminder.what {
        What::Correction => Message::CorrectionDue,
        What::Submission => Message::SubmissionDue,
    };
    Planned {
        dedup: format!("{event}:{}:{}:{}", due.id, reminder.until.date(), reminder.days),
        event: event.to_string(),
        recipient: Recipient::Worker(due.worker_id.clone()),
        application_id: due.id.clone(),
        // A draft's number stands on its paper already, but means nothing to anybody else yet.
        content: catalogue::reminder(
            reminder,
            due.number.as_deref().filter(|_| due.state != State::Draft),
            intake,
        ),
    }
}
