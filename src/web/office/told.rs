//! On an application's page: what became of its messages.

use super::view::{Tag, tone};
use crate::app::App;
use crate::error::Result;
use crate::notice::deliveries::{self, Told};

/// The messages of an application.
#[derive(Default)]
pub struct ToldLines {
    pub lines: Vec<ToldLine>,
    /// Nothing reached the worker.
    pub unreached: bool,
}

/// One message.
pub struct ToldLine {
    pub at: String,
    pub title: &'static str,
    pub to: String,
    pub channel: &'static str,
    pub state: Tag,
    pub reason: String,
    pub resent: bool,
}

/// The messages of an application that the officer may see.
pub async fn lines(app: &App, id: &str) -> Result<ToldLines> {
    let told = deliveries::of_application(app, id).await?;
    Ok(ToldLines {
        unreached: deliveries::worker_unreached(&told),
        lines: told.into_iter().map(line).collect(),
    })
}

/// A line in words; the list of lost messages has the same.
pub fn line(told: Told) -> ToldLine {
    ToldLine {
        at: told.at.minute_text(),
        title: told.title,
        to: match (told.to_worker, told.union.is_empty()) {
            (true, _) => "职工本人".to_owned(),
            (false, true) => told.officer,
            (false, false) => format!("{} {}", told.union, told.officer),
        },
        channel: told.channel.map_or("", |channel| channel.label()),
        state: Tag {
            text: told.state.label().to_owned(),
            tone: tone(told.state),
        },
        reason: told.reason,
        resent: told.resent,
    }
}
