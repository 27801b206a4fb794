//! The loops beside the requests: the outbox (`jobs`), what deadlines do, sealing the audit trail, payments.

mod jobs;

pub use jobs::round;

use crate::app::App;
use crate::application::{self, erasure};
use crate::campaign::{digest, transfers};
use crate::enrolment;
use crate::error::Result;
use crate::kernel::time::{DAY, MINUTE};
use crate::notice::{plan, remind};
use crate::outbox;
use crate::payment;
use crate::supervision::chain;
use std::time::Duration;

/// How long a done job is kept, to look things up.
const KEPT: i64 = 14 * DAY;
/// How often deadlines are looked at.
const DEADLINES: Duration = Duration::from_secs(30);
/// How often new lines of the audit trail are sealed.
const SEALING: Duration = Duration::from_secs(1);

/// How often payments are looked after.
const PAYMENTS: Duration = Duration::from_secs(5);

/// Starts the loops; they end when the application is told to stop, having handed back what they claimed.
pub fn start(app: &App) -> tokio::task::JoinSet<()> {
    let mut loops = tokio::task::JoinSet::new();
    loops.spawn(jobs::work(app.clone()));
    loops.spawn(deadline_loop(app.clone()));
    loops.spawn(sealing_loop(app.clone()));
    if app.pay.is_some() {
        loops.spawn(payment_loop(app.clone()));
    }
    loops
}

async fn pause(app: &App, time: Duration) {
    tokio::select! {
        () = app.stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

/// The public chain of places, with the audit trail's head of that moment.
async fn publish_places(app: &App) -> Result<usize> {
    let head = chain::head(app).await?.map(|head| head.to_string());
    digest::publish(app, head.as_deref()).await
}

async fn payment_loop(app: App) {
    let mut fetch_at = app.now();
    while !app.stop.is_cancelled() {
        if fetch_at <= app.now() {
            fetch_at = app.now().plus(certificates(&app).await);
        }
        if let Err(error) = payment::tick(&app).await {
            tracing::error!(%error, "payments could not be looked after");
        }
        pause(&app, PAYMENTS).await;
    }
}

/// WeChat Pay's certificates, for a merchant without its public key; in how many milliseconds they are fetched again.
async fn certificates(app: &App) -> i64 {
    let Some(pay) = app.pay.as_ref() else { return DAY };
    match pay.fetch_certificates().await {
        Ok(_) => DAY / 2,
        Err(error) => {
            tracing::error!(%error, advice = error.advice(), "WeChat Pay's certificates cannot be fetched");
            MINUTE
        }
    }
}

async fn deadline_loop(app: App) {
    while !app.stop.is_cancelled() {
        let moves = app.clock.moves();
        let mut more = false;
        match application::deadlines::expire_overdue(&app).await {
            Ok(0) => {}
            Ok(ended) => {
                tracing::info!(ended, "returned applications passed their deadline");
                // A batch at a time: the night after the last day there may be hundreds.
                more = true;
            }
            Err(error) => tracing::error!(%error, "deadlines could not be looked at"),
        }
        match enrolment::deadlines::release_overdue(&app).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "seats that were not paid in time are free"),
            Err(error) => tracing::error!(%error, "held seats could not be looked at"),
        }
        match erasure::erase_due(&app).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "applications whose term is over were erased"),
            Err(error) => tracing::error!(%error, "what has reached its term could not be erased"),
        }
        match remind::run(&app).await {
            Ok(0) => {}
            Ok(reminded) => tracing::info!(reminded, "deadlines are near"),
            Err(error) => tracing::error!(%error, "reminders could not be made"),
        }
        match transfers::expire_due(&app).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "transfers of places ended with the application window"),
            Err(error) => tracing::error!(%error, "transfers of places could not be ended"),
        }
        match publish_places(&app).await {
            Ok(0) => {}
            Ok(days) => tracing::info!(days, "days of the public chain were published"),
            Err(error) => tracing::error!(%error, "the public chain could not go on"),
        }
        match plan::run(&app).await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "officers are told of the work that waits"),
            Err(error) => tracing::error!(%error, "digests could not be made"),
        }
        if let Err(error) = outbox::sweep(&app.db, app.now().plus(-KEPT)).await {
            tracing::error!(%error, "done jobs could not be swept");
        }
        if !more {
            tokio::select! {
                () = pause(&app, DEADLINES) => {}
                () = app.clock.moved_since(moves) => {}
            }
        }
    }
}

/// Seals new lines of the audit trail; what is left when the process stops, the next one seals.
async fn sealing_loop(app: App) {
    while !app.stop.is_cancelled() {
        match chain::seal(&app).await {
            Ok(sealed) if sealed as i64 == chain::BATCH => {}
            Ok(_) => pause(&app, SEALING).await,
            Err(error) => {
                tracing::error!(%error, "the audit trail could not be sealed");
                pause(&app, SEALING * 10).await;
            }
        }
    }
}
