//! Everything that happened to one application: its timeline, decisions, messages, and the lines of the trail.

use super::store::trail as store;
use super::trail::{self, Entry};
use crate::app::App;
use crate::application::progress::{self, Progress};
use crate::audit::{self, Line};
use crate::error::Result;
use crate::kernel::Time;
use crate::review::{Verdict, desk};
use crate::union::Officer;
use serde_json::json;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Time,
    /// The union's name.
    pub union: String,
    /// The officer's name.
    pub officer: String,
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When it was made.
    pub at: Time,
    /// To the worker, or to officers.
    pub to_worker: bool,
    /// `notices.channel`.
    pub channel: String,
    /// `notices.state`.
    pub state: String,
}

/// The whole.
pub struct History {
    /// State, steps, timeline.
    pub progress: Progress,
    /// Decisions, oldest first.
    pub decisions: Vec<Decision>,
    /// Messages, oldest first.
    pub notices: Vec<Notice>,
    /// Lines of the trail, oldest first; the last 500.
    pub trail: Vec<Entry>,
}

/// Opens it for an officer in whose subtree it is; the look is recorded. [`crate::error::Error::NotFound`] outside, and for
/// drafts.
pub async fn open(app: &App, officer: &Officer, id: &str) -> Result<History> {
    let application = desk::visible(app, officer, id).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "application.history",
        subject: ("application", id),
        detail: json!({}),
    };
    let mut tx = app.db.write().await?;
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    let decisions = store::decisions(app, id).await?.into_iter();
    let decisions = decisions.filter_map(|(at, union, officer, verdict, reason)| {
        Some(Decision {
            at: Time(at),
            union,
            officer,
            verdict: Verdict::parse(&verdict)?,
            reason,
        })
    });
    let notices = store::notices(app, id).await?.into_iter();
    let notices = notices.map(|(at, to, channel, state)| Notice {
        at: Time(at),
        to_worker: to == "worker",
        channel,
        state,
    });
    Ok(History {
        decisions: decisions.collect(),
        notices: notices.collect(),
        trail: trail::of_application(app, id).await?,
        progress: progress::of(app, application).await?,
    })
}
