//! The digests and reminders of a slot (`digest`): what waits is read, and all its messages are written in the transaction
//! that takes the slot, so that each is made once, whichever process comes first and whatever happens to it.

use super::catalogue::{self, Message, Waiting};
use super::digest::{self, Due, Slot, Tell};
use super::react::{self, Planned, Recipient};
use super::store::{self, OpenRow};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::Time;
use crate::union::{Kind, Officer, Role, Union, officers, staff, tree};
use std::collections::BTreeMap;

/// Plans the slot that is due now, if there is one; gives how many messages were made. The first look at a database only
/// notes the slot: who starts using the program in the middle of a day is not told of what they just did.
pub async fn run(app: &App) -> Result<usize> {
    let now = app.now();
    let calendar = &app.config.told.calendar;
    let last = store::last_slot(app).await?;
    let last = last.as_deref().and_then(Slot::parse);
    let Some(due) = digest::due(now, calendar, last) else {
        return Ok(0);
    };
    if due.first_of_day && !calendar.knows(now.year()) {
        tracing::warn!(
            year = now.year(),
            "no file says the holidays of this year: Monday to Friday count as working days (HOLIDAYS_FILE)"
        );
    }
    let planned = match last {
        Some(_) => messages(app, due, now).await?,
        None => Vec::new(),
    };
    let mut tx = app.db.write().await?;
    if !store::take_slot(&mut tx, &due.slot.text(), now).await? {
        return Ok(0);
    }
    react::enqueue(app, &mut tx, &planned).await?;
    tx.commit().await?;
    Ok(planned.len())
}

async fn messages(app: &App, due: Due, now: Time) -> Result<Vec<Planned>> {
    let told = &app.config.told;
    let mut planned = Vec::new();
    let mut late: BTreeMap<String, Vec<OpenRow>> = BTreeMap::new();
    for open in store::open_work(app, now).await? {
        let until = Time(open.until);
        if let Some(tell) = digest::tell(due, &told.calendar, until) {
            planned.extend(to_reviewers(app, due, &open, tell).await?);
        }
        let since = (Time(open.oldest), until);
        if let (true, Some(upper)) = (
            digest::is_late(due, &told.calendar, since, told.late_after),
            open.parent_id.clone(),
        ) {
            late.entry(upper).or_default().push(open);
        }
    }
    for (upper, unions) in late {
        planned.extend(to_upper(app, due, &upper, unions).await?);
    }
    Ok(planned)
}

fn waiting(open: &OpenRow, due: Due) -> Waiting<'_> {
    let today = due.slot.date();
    let until = Time(open.until);
    Waiting {
        union: &open.name,
        count: open.waiting,
        oldest_days: (today - Time(open.oldest).date()).num_days().max(0),
        days_left: digest::days_left(today, until),
        until,
    }
}

async fn to_reviewers(app: &App, due: Due, open: &OpenRow, tell: Tell) -> Result<Vec<Planned>> {
    let waiting = waiting(open, due);
    let union = &open.union_id;
    let (message, cause) = match tell {
        Tell::Digest => (Message::Digest, format!("digest:{}:{union}", due.slot.text())),
        Tell::Closing { days } => {
            let day = waiting.until.date();
            (Message::Closing, format!("closing:{day}:{days}:{union}"))
        }
    };
    let content = catalogue::to_digest(&waiting, message == Message::Closing);
    let reviewers = officers::of_union(app, union, Role::Reviewer).await?;
    Ok(planned(message, &cause, reviewers, &content))
}

/// One message a day for all lower unions that are late, to who administers the union above.
async fn to_upper(app: &App, due: Due, upper: &str, mut unions: Vec<OpenRow>) -> Result<Vec<Planned>> {
    let upper = match tree::find(app, upper).await {
        // Closed meanwhile.
        Err(Error::NotFound) => return Ok(Vec::new()),
        other => other?,
    };
    unions.sort_by_key(|open| (open.oldest, open.union_id.clone()));
    let late: Vec<Waiting<'_>> = unions.iter().map(|open| waiting(open, due)).collect();
    let Some(content) = catalogue::lower_late(&late) else {
        return Ok(Vec::new());
    };
    let cause = format!("late:{}:{}", due.slot.date(), upper.id);
    let people = responsible(app, &upper).await?;
    Ok(planned(Message::LowerLate, &cause, people, &content))
}

/// The union's administrators, for the city those of its centre too, who act for it; its reviewers when there are none.
async fn responsible(app: &App, union: &Union) -> Result<Vec<Officer>> {
    let mut people = staff::administrators(app, union).await?;
    if union.kind == Kind::City {
        let chain = tree::review_chain(app, &union.id).await?;
        if let Some(centre) = chain.last().filter(|centre| centre.id != union.id) {
            people.extend(staff::administrators(app, centre).await?);
        }
    }
    if people.is_empty() {
        people = officers::of_union(app, &union.id, Role::Reviewer).await?;
    }
    Ok(people)
}

fn planned(
    message: Message,
    cause: &str,
    people: Vec<Officer>,
    content: &catalogue::Content,
) -> Vec<Planned> {
    let told = |officer: Officer| Planned {
        dedup: format!("{cause}:{}", officer.id),
        event: message.to_string(),
        recipient: Recipient::Officer(officer.id),
        application_id: String::new(),
        content: content.clone(),
    };
    people.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the age is counted by calendar days, the day of arrival being 0.
    #[test]
    fn a_digest_says_age_and_days_left() {
        let open = OpenRow {
            union_id: "u".into(),
            name: "长清区总工会".into(),
            kind: Kind::Unit.to_string(),
            parent_id: None,
            waiting: 7,
            oldest: Time::shanghai(2026, 11, 20, 23, 0, 0).0,
            until: Time::end_of(Time::shanghai(2026, 12, 7, 0, 0, 0).date()).0,
        };
        let slot = Slot::parse("2026-11-24T09").unwrap();
        let due = Due {
            slot,
            first_of_day: true,
        };
        let said = waiting(&open, due);
        assert_eq!((said.count, said.oldest_days, said.days_left), (7, 4, 13));
    }
}
