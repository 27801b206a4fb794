//! What happened among unions, and who is told.

use super::catalogue;
use super::react::{Planned, Recipient};
use crate::app::App;
use crate::error::{Error, Result};
use crate::review::inbox;
use crate::union::registrations::{self, Registration, State, What};
use crate::union::{Kind, Officer, Role, officers, staff, tree};

/// Reads what a union's event means for people. `job` is the outbox job's id: one message for it and a recipient.
pub async fn plan(app: &App, what: &str, id: &str, job: &str) -> Result<Vec<Planned>> {
    let planned = match What::parse(what) {
        Some(What::Filed) => filed(app, id).await,
        Some(What::Decided) => decided(app, id).await,
        Some(What::OfficerAdded) => officer_added(app, id).await,
        Some(What::PasswordVoided) => password_voided(app, id).await,
        Some(What::WorkArrived) => work_arrived(app, id).await,
        None => return Err(anyhow::anyhow!("no message for {what}").into()),
    };
    // A union that was closed, an officer who left meanwhile: nobody is left to be told.
    let planned = match planned {
        Err(Error::NotFound) => Vec::new(),
        other => other?,
    };
    let with_job = |(recipient, content): (Recipient, catalogue::Content)| Planned {
        dedup: format!("{job}:{}", recipient.parts().1),
        event: what.to_owned(),
        recipient,
        application_id: String::new(),
        content,
    };
    Ok(planned.into_iter().map(with_job).collect())
}

type Told = Vec<(Recipient, catalogue::Content)>;

fn to_all(officers: Vec<Officer>, content: &catalogue::Content) -> Told {
    let told = |officer: Officer| (Recipient::Officer(officer.id), content.clone());
    officers.into_iter().map(told).collect()
}

/// The upper union's administrators; for the city those of its centre too, who act for it.
async fn filed(app: &App, id: &str) -> Result<Told> {
    let registration = registrations::find(app, id).await?;
    if registration.state != State::Pending {
        return Ok(Vec::new());
    }
    let parent = tree::find(app, &registration.parent_id).await?;
    let mut administrators = staff::administrators(app, &parent).await?;
    if parent.kind == Kind::City {
        let chain = tree::review_chain(app, &parent.id).await?;
        if let Some(centre) = chain.last().filter(|centre| centre.id != parent.id) {
            administrators.extend(staff::administrators(app, centre).await?);
        }
    }
    let content = catalogue::registration_filed(&registration.name, registration.created_at);
    Ok(to_all(administrators, &content))
}

async fn decided(app: &App, id: &str) -> Result<Told> {
    let registration = registrations::find(app, id).await?;
    let content = decision(app, &registration);
    Ok(vec![(Recipient::Registration(registration.id), content)])
}

fn decision(app: &App, registration: &Registration) -> catalogue::Content {
    let (name, parent) = (&registration.name, &registration.parent);
    let at = registration.decided_at.unwrap_or(registration.created_at);
    if registration.state == State::Approved {
        catalogue::registration_approved(name, parent, &app.link("/office/sign-in"), at)
    } else {
        catalogue::registration_rejected(name, parent, &registration.reason, at)
    }
}

async fn officer_added(app: &App, id: &str) -> Result<Told> {
    let officer = officers::find(app, id).await?;
    let link = app.link("/office/reset");
    let content = catalogue::officer_added(&officer.union.name, &link, app.now());
    Ok(vec![(Recipient::Officer(officer.id), content)])
}

async fn password_voided(app: &App, id: &str) -> Result<Told> {
    let officer = officers::find(app, id).await?;
    let content = catalogue::password_voided(&officer.union.name, &app.link("/office/reset"), app.now());
    Ok(vec![(Recipient::Officer(officer.id), content)])
}

async fn work_arrived(app: &App, union_id: &str) -> Result<Told> {
    let waiting = inbox::waiting_at(app, union_id).await?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let union = tree::find(app, union_id).await?;
    let content = catalogue::work_arrived(&union.name, waiting, app.now());
    let reviewers = officers::of_union(app, union_id, Role::Reviewer).await?;
    Ok(to_all(reviewers, &content))
}
