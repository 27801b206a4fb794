//! The loops beside the requests: the outbox, and what deadlines do. Each fact is mapped to its reaction here.

use crate::account::identity::IDENTITY_JOB;
use crate::account::messages::{self, MESSAGE_JOB};
use crate::app::App;
use crate::application::documents::{self, ERASE_JOB};
use crate::application::erasure;
use crate::application::moves::EVENT_JOB;
use crate::application::{self};
use crate::campaign::transfers::TRANSFER_JOB;
use crate::campaign::{digest, transfers};
use crate::chat::{self, ANSWER_JOB, LATE_JOB, OUTCOME_JOB, SUBSCRIBE_JOB};
use crate::content::courses_media;
use crate::enrolment::{self, moves::EVENT_JOB as ENROLMENT_JOB};
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::{DAY, MINUTE};
use crate::notice::deliver::{self, Attempt};
use crate::notice::{self, NOTICE_JOB, facts, plan, react, remind, unions};
use crate::outbox::{self, FACT_JOB, Job};
use crate::papers::{self, READ_JOB};
use crate::payment;
use crate::review::flags;
use crate::supervision::chain;
use crate::union::registrations::UNION_JOB;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;

/// So many jobs are claimed at once: few enough to be done within a lease though WeChat hangs at each.
const BATCH: i64 = 8;
/// So many of them are under way at once.
const AT_ONCE: usize = 4;
/// How long an idle loop sleeps.
const IDLE: Duration = Duration::from_millis(300);
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
    loops.spawn(outbox_loop(app.clone()));
    loops.spawn(deadline_loop(app.clone()));
    loops.spawn(sealing_loop(app.clone()));
    if app.pay.is_some() {
        loops.spawn(payment_loop(app.clone()));
    }
    loops
}

async fn outbox_loop(app: App) {
    let claimant = app.entropy.token();
    while !app.stop.is_cancelled() {
        match round(&app, &claimant).await {
            Ok(0) => pause(&app, IDLE).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the outbox could not be worked on");
                pause(&app, IDLE * 10).await;
            }
        }
    }
    match outbox::hand_back(&app.db, &claimant, app.now()).await {
        Ok(0) => {}
        Ok(jobs) => tracing::info!(jobs, "handed back claimed jobs"),
        Err(error) => {
            tracing::error!(%error, "claimed jobs could not be handed back; their claims run out by themselves")
        }
    }
}

async fn pause(app: &App, time: Duration) {
    tokio::select! {
        () = app.stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

/// Claims and works off one batch; gives how many jobs it held. Tests call it instead of waiting for the loop.
pub async fn round(app: &App, claimant: &str) -> Result<usize> {
    let jobs = outbox::claim(&app.db, claimant, app.now(), BATCH).await?;
    let n = jobs.len();
    let work = |job: Job| async move {
        if app.stop.is_cancelled() {
            return; // handed back at the end
        }
        if let Err(error) = run(app, claimant, &job).await {
            let text = error.to_string();
            tracing::error!(job = job.id, kind = job.kind, error = text, "a job failed");
            if let Err(error) = put_back(app, claimant, &job, &text).await {
                tracing::error!(job = job.id, %error, "a failed job could not be put back; its claim runs out by itself");
            }
        }
    };
    // Events one after the other, as they happened; what they cause may go out side by side.
    let (events, others): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.kind == EVENT_JOB);
    stream::iter(events).for_each(work).await;
    stream::iter(others).for_each_concurrent(AT_ONCE, work).await;
    Ok(n)
}

async fn run(app: &App, claimant: &str, job: &Job) -> Result<()> {
    match job.kind.as_str() {
        EVENT_JOB => {
            // Messages do not wait for a check that cannot be made; whoever opens the application makes it again.
            if let Err(error) = flags::after_event(app, &field(job, "event")?).await {
                tracing::warn!(job = job.id, %error, "the machine's checks could not be kept");
            }
            let planned = react::plan(app, &field(job, "event")?).await?;
            told(app, claimant, job, &planned).await
        }
        FACT_JOB => {
            let (fact, id) = (field(job, "fact")?, field(job, "id")?);
            let planned = facts::plan(app, &fact, &id, &job.id).await?;
            told(app, claimant, job, &planned).await
        }
        NOTICE_JOB => match deliver::send(app, &field(job, "notice")?).await? {
            Attempt::Done => finish(app, claimant, job).await,
            Attempt::Again(error) => put_back(app, claimant, job, &error).await,
            Attempt::Paused(until) => postpone(app, claimant, job, until).await,
        },
        LATE_JOB => {
            chat::answer_late(app, &job.id, &field(job, "message")?).await?;
            finish(app, claimant, job).await
        }
        ANSWER_JOB => match chat::send_answer(app, &field(job, "answer")?).await? {
            Some(until) => postpone(app, claimant, job, until).await,
            None => finish(app, claimant, job).await,
        },
        READ_JOB => {
            let document = field(job, "document")?;
            papers::examine::examine(app, &document).await?;
            flags::after_reading(app, &document).await?;
            finish(app, claimant, job).await
        }
        UNION_JOB => {
            let (what, id) = (field(job, "what")?, field(job, "id")?);
            let planned = unions::plan(app, &what, &id, &job.id).await?;
            told(app, claimant, job, &planned).await
        }
        TRANSFER_JOB => {
            let (id, state) = (field(job, "transfer")?, field(job, "state")?);
            let planned = notice::transfers::plan(app, &id, &state, &job.id).await?;
            told(app, claimant, job, &planned).await
        }
        ENROLMENT_JOB => {
            let planned = notice::enrolments::plan(app, &field(job, "event")?).await?;
            told(app, claimant, job, &planned).await
        }
        IDENTITY_JOB => {
            let planned = notice::enrolments::checked(app, &field(job, "check")?, &job.id).await?;
            told(app, claimant, job, &planned).await
        }
        OUTCOME_JOB => {
            deliver::outcome(app, &field(job, "msgid")?, &field(job, "status")?).await?;
            finish(app, claimant, job).await
        }
        SUBSCRIBE_JOB => {
            deliver::subscription_outcome(app, &field(job, "grant")?).await?;
            finish(app, claimant, job).await
        }
        MESSAGE_JOB => {
            messages::send(app, &field(job, "message")?).await?;
            finish(app, claimant, job).await
        }
        ERASE_JOB => {
            let document = field(job, "document")?;
            documents::erase(app, &document).await?;
            papers::examine::forget(app, &document).await?;
            finish(app, claimant, job).await
        }
        courses_media::ERASE_JOB => {
            courses_media::erase(app, &field(job, "file")?).await?;
            finish(app, claimant, job).await
        }
        payment::REFUND_JOB => {
            // What does not go on is kept with its reason, and taken up by the payment loop.
            payment::send_refund(app, &field(job, "refund")?).await?;
            finish(app, claimant, job).await
        }
        payment::EVENT_JOB => {
            let (order, what) = (field(job, "order")?, field(job, "what")?);
            pay_owner(app, &order, &what).await?;
            finish(app, claimant, job).await
        }
        other => Err(anyhow::anyhow!("no reaction to jobs of kind {other}").into()),
    }
}

/// The public chain of places, with the audit trail's head of that moment.
async fn publish_places(app: &App) -> Result<usize> {
    let head = chain::head(app).await?.map(|head| head.to_string());
    digest::publish(app, head.as_deref()).await
}

/// The job is done and its messages are made, in one transaction. Whoever lost the claim meanwhile leaves the reaction to the
/// new claimant.
async fn told(app: &App, claimant: &str, job: &Job, planned: &[react::Planned]) -> Result<()> {
    let mut tx = app.db.write().await?;
    if outbox::done(&mut tx, &job.id, claimant).await? {
        react::enqueue(app, &mut tx, planned).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn field(job: &Job, name: &str) -> Result<String> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(anyhow::Error::from)?;
    let text = payload
        .get(name)
        .and_then(|value| value.as_str())
        .map(str::to_owned);
    Ok(text.ok_or_else(|| anyhow::anyhow!("job {} has no {name}", job.id))?)
}

async fn finish(app: &App, claimant: &str, job: &Job) -> Result<()> {
    let mut tx = app.db.write().await?;
    outbox::done(&mut tx, &job.id, claimant).await?;
    tx.commit().await?;
    Ok(())
}

async fn put_back(app: &App, claimant: &str, job: &Job, error: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    outbox::failed(&mut tx, job, claimant, app.now(), error).await?;
    if job.kind == NOTICE_JOB && job.attempts >= outbox::MAX_ATTEMPTS {
        deliver::give_up(app, &mut tx, &field(job, "notice")?, error).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn postpone(app: &App, claimant: &str, job: &Job, until: Time) -> Result<()> {
    let mut tx = app.db.write().await?;
    outbox::postpone(&mut tx, &job.id, claimant, until).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells the owner of a payment what happened to it, by the order's purpose; it must bear being told twice.
async fn pay_owner(app: &App, order: &str, what: &str) -> Result<()> {
    let order = payment::order(app, order).await?;
    if order.purpose_kind == enrolment::enrol::PURPOSE {
        let what =
            payment::Happened::parse(what).ok_or_else(|| anyhow::anyhow!("a payment cannot be {what}"))?;
        return enrolment::paying::happened(app, &order.id, what).await;
    }
    tracing::info!(
        order = order.id,
        purpose = order.purpose_kind,
        what,
        "a payment has no owner to be told"
    );
    Ok(())
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
