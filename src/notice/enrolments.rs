//! What happened to an enrolment, and who is told: the worker at each step, the provider's officers of what they have to
//! do; and how a real-name check ended. The words stand in the catalogue.

use super::catalogue::{self, Content, Enrolled, Message};
use super::react::{Planned, Recipient};
use crate::account::identity::{self, State as Checked};
use crate::app::App;
use crate::enrolment::moves::{self, Happened};
use crate::error::Result;
use crate::union::{Role, officers};

/// Reads what an enrolment's event means for people. Each is told once of each event.
pub async fn plan(app: &App, event_id: &str) -> Result<Vec<Planned>> {
    let Some(happened) = moves::event(app, event_id).await? else {
        return Ok(Vec::new());
    };
    let enrolment = moves::find(app, &happened.enrolment_id).await?;
    let about = Enrolled {
        event: happened.event,
        note: &happened.note,
        id: &enrolment.id,
        number: &enrolment.number,
        institution: &enrolment.institution,
        held_until: enrolment.held_until,
        at: happened.at,
    };
    let mut planned = Vec::new();
    if let Some(message) = catalogue::to_student(&about) {
        planned.push(one(
            &happened,
            Recipient::Worker(enrolment.worker_id.clone()),
            message,
        ));
    }
    if let Some((message, content)) = catalogue::to_provider(&about) {
        for officer in officers::of_union(app, &enrolment.provider_id, Role::Reviewer).await? {
            let to = Recipient::Officer(officer.id);
            planned.push(one(&happened, to, (message, content.clone())));
        }
    }
    Ok(planned)
}

fn one(happened: &Happened, recipient: Recipient, (message, content): (Message, Content)) -> Planned {
    Planned {
        dedup: format!("{}:{}", happened.id, recipient.parts().1),
        event: message.to_string(),
        recipient,
        application_id: String::new(),
        content,
    }
}

/// How a real-name check ended, for the worker. `job` is the outbox job's id: one message for it.
pub async fn checked(app: &App, check_id: &str, job: &str) -> Result<Vec<Planned>> {
    let Some(check) = identity::find(app, check_id).await? else {
        return Ok(Vec::new());
    };
    let passed = match check.state {
        Checked::Waiting => return Ok(Vec::new()),
        Checked::Passed => true,
        Checked::Refused => false,
    };
    Ok(vec![Planned {
        dedup: format!("{job}:{}", check.worker_id),
        event: Message::IdentityChecked.to_string(),
        recipient: Recipient::Worker(check.worker_id),
        application_id: String::new(),
        content: catalogue::identity_checked(passed, app.now()),
    }])
}
