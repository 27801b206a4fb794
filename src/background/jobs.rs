//! The outbox's loop: each fact is mapped to its reaction here. Jobs are claimed and finished in batches, so that a burst
//! costs few commits: what a batch of facts tells is written in one transaction with their ends, and jobs that bear being
//! done twice are finished together. A batch ends in the first half of its lease: what was not begun by then is handed back.

use super::pause;
use crate::account::identity::IDENTITY_JOB;
use crate::account::messages::{self, MESSAGE_JOB};
use crate::app::App;
use crate::application::documents::{self, ERASE_JOB};
use crate::application::moves::EVENT_JOB;
use crate::campaign::transfers::TRANSFER_JOB;
use crate::chat::{self, ANSWER_JOB, LATE_JOB, OUTCOME_JOB, SUBSCRIBE_JOB};
use crate::content::{articles, courses_media};
use crate::enrolment::{self, moves::EVENT_JOB as ENROLMENT_JOB};
use crate::error::Result;
use crate::kernel::Time;
use crate::notice::deliver::{self, Attempt};
use crate::notice::react::{self, Planned};
use crate::notice::{self, NOTICE_JOB, facts, unions};
use crate::outbox::{self, FACT_JOB, Job, LEASE};
use crate::papers::{self, READ_JOB};
use crate::payment;
use crate::review::flags;
use crate::union::registrations::UNION_JOB;
use futures_util::{StreamExt as _, stream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many jobs are claimed at once.
const BATCH: i64 = 64;
/// So many of them are under way at once, where the order does not matter.
const AT_ONCE: usize = 4;
/// A job is begun only within this part of the batch's lease: the rest of it is enough for WeChat to hang at each of them.
const BEGUN_WITHIN: Duration = Duration::from_millis(LEASE as u64 / 2);
/// How long an idle loop sleeps.
const IDLE: Duration = Duration::from_millis(300);

/// Works until the application is told to stop; hands back what it claimed.
pub async fn work(app: App) {
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

/// Claims and works off one batch; gives how many jobs it held. Tests call it instead of waiting for the loop.
pub async fn round(app: &App, claimant: &str) -> Result<usize> {
    let batch = Batch {
        app,
        claimant,
        claimed: Instant::now(),
        left: AtomicBool::new(false),
        finished: Mutex::default(),
    };
    let jobs = outbox::claim(&app.db, claimant, app.now(), BATCH).await?;
    let n = jobs.len();
    // Facts one after the other, as they happened; what they cause may go out side by side.
    let (facts, others): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| tells(&job.kind));
    batch.tell(facts).await;
    stream::iter(others)
        .for_each_concurrent(AT_ONCE, |job| batch.run(job))
        .await;
    batch.finish_together().await?;
    // Who stops hands everything back at the end.
    if batch.left.load(Ordering::Relaxed) && !app.stop.is_cancelled() {
        outbox::hand_back(&app.db, claimant, app.now()).await?;
    }
    Ok(n)
}

/// Whether a job of this kind only says what people are to be told: it is planned from the database, nothing goes out.
fn tells(kind: &str) -> bool {
    [
        EVENT_JOB,
        FACT_JOB,
        UNION_JOB,
        TRANSFER_JOB,
        ENROLMENT_JOB,
        IDENTITY_JOB,
    ]
    .contains(&kind)
}

/// What a fact means for people.
async fn plan(app: &App, job: &Job) -> Result<Vec<Planned>> {
    match job.kind.as_str() {
        EVENT_JOB => {
            flags::after_event(app, &field(job, "event")?).await?;
            react::plan(app, &field(job, "event")?).await
        }
        FACT_JOB => facts::plan(app, &field(job, "fact")?, &field(job, "id")?, &job.id).await,
        UNION_JOB => unions::plan(app, &field(job, "what")?, &field(job, "id")?, &job.id).await,
        TRANSFER_JOB => {
            let (id, state) = (field(job, "transfer")?, field(job, "state")?);
            notice::transfers::plan(app, &id, &state, &job.id).await
        }
        ENROLMENT_JOB => notice::enrolments::plan(app, &field(job, "event")?).await,
        IDENTITY_JOB => notice::enrolments::checked(app, &field(job, "check")?, &job.id).await,
        other => Err(anyhow::anyhow!("jobs of kind {other} tell nothing").into()),
    }
}

/// How a job that was run is finished.
enum End {
    /// Done at once: what it did must not be repeated if it can be helped.
    Now,
    /// With the others of its batch: whoever runs it again finds it done (a notice by its state, a paper by its facts).
    Together,
    /// Not done: it failed, or waits for a channel.
    Again(String),
    Paused(Time),
}

/// What a job of another kind asks for.
async fn carry_out(app: &App, job: &Job) -> Result<End> {
    match job.kind.as_str() {
        NOTICE_JOB => {
            return Ok(match deliver::send(app, &field(job, "notice")?).await? {
                Attempt::Done => End::Together,
                Attempt::Again(error) => End::Again(error),
                Attempt::Paused(until) => End::Paused(until),
            });
        }
        READ_JOB => {
            let document = field(job, "document")?;
            if let Err(error) = papers::examine::examine(app, &document).await {
                // What failed first is what the job is put back with.
                if let Err(error) = flags::without_reading(app, &document).await {
                    tracing::warn!(job = job.id, %error, "the machine's checks could not be kept");
                }
                return Err(error);
            }
            flags::after_reading(app, &document).await?;
            return Ok(End::Together);
        }
        flags::CHECK_JOB => {
            flags::refresh(app, &field(job, "application")?).await?;
            return Ok(End::Together);
        }
        LATE_JOB => chat::answer_late(app, &job.id, &field(job, "message")?).await?,
        ANSWER_JOB => {
            if let Some(until) = chat::send_answer(app, &field(job, "answer")?).await? {
                return Ok(End::Paused(until));
            }
        }
        OUTCOME_JOB => deliver::outcome(app, &field(job, "msgid")?, &field(job, "status")?).await?,
        SUBSCRIBE_JOB => deliver::subscription_outcome(app, &field(job, "grant")?).await?,
        MESSAGE_JOB => messages::send(app, &field(job, "message")?).await?,
        ERASE_JOB => {
            let document = field(job, "document")?;
            documents::erase(app, &document).await?;
            papers::examine::forget(app, &document).await?;
        }
        courses_media::ERASE_JOB => courses_media::erase(app, &field(job, "file")?).await?,
        articles::files::ERASE_JOB => articles::files::erase(app, &field(job, "file")?).await?,
        // What does not go on is kept with its reason, and taken up by the payment loop.
        payment::REFUND_JOB => payment::send_refund(app, &field(job, "refund")?).await?,
        payment::EVENT_JOB => pay_owner(app, &field(job, "order")?, &field(job, "what")?, &job.id).await?,
        other => return Err(anyhow::anyhow!("no reaction to jobs of kind {other}").into()),
    }
    Ok(End::Now)
}

/// One claimed batch.
struct Batch<'a> {
    app: &'a App,
    claimant: &'a str,
    claimed: Instant,
    /// Whether a job was not begun.
    left: AtomicBool,
    /// Jobs to be finished together.
    finished: Mutex<Vec<String>>,
}

impl Batch<'_> {
    /// Whether another job may be begun; else it is handed back.
    fn may_begin(&self) -> bool {
        let may = !self.app.stop.is_cancelled() && self.claimed.elapsed() < BEGUN_WITHIN;
        if !may {
            self.left.store(true, Ordering::Relaxed);
        }
        may
    }

    /// Plans what facts tell, and writes it all at once; if that cannot be, each by itself.
    async fn tell(&self, facts: Vec<Job>) {
        let mut planned = Vec::with_capacity(facts.len());
        for job in facts {
            if self.may_begin() {
                match plan(self.app, &job).await {
                    Ok(messages) => planned.push((job, messages)),
                    Err(error) => self.failed(&job, &error.to_string()).await,
                }
            }
        }
        if planned.is_empty() || self.told(&planned).await.is_ok() {
            return;
        }
        for one in &planned {
            if let Err(error) = self.told(std::slice::from_ref(one)).await {
                self.failed(&one.0, &error.to_string()).await;
            }
        }
    }

    /// The jobs are done and their messages are made, in one transaction. Whoever lost a claim meanwhile leaves the reaction
    /// to the new claimant.
    async fn told(&self, planned: &[(Job, Vec<Planned>)]) -> Result<()> {
        let mut tx = self.app.db.write().await?;
        for (job, messages) in planned {
            if outbox::done(&mut tx, &job.id, self.claimant).await? {
                react::enqueue(self.app, &mut tx, messages).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn run(&self, job: Job) {
        if !self.may_begin() {
            return;
        }
        let ended = match carry_out(self.app, &job).await {
            Ok(End::Together) => {
                let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
                finished.push(job.id);
                return;
            }
            Ok(End::Now) => self.finish(std::slice::from_ref(&job.id)).await,
            Ok(End::Paused(until)) => self.postpone(&job, until).await,
            Ok(End::Again(error)) => self.put_back(&job, &error).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            self.failed(&job, &error.to_string()).await;
        }
    }

    async fn finish_together(&self) -> Result<()> {
        let finished = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        match finished.is_empty() {
            true => Ok(()),
            false => self.finish(&finished).await,
        }
    }

    async fn finish(&self, jobs: &[String]) -> Result<()> {
        let mut tx = self.app.db.write().await?;
        for job in jobs {
            outbox::done(&mut tx, job, self.claimant).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn failed(&self, job: &Job, error: &str) {
        tracing::error!(job = job.id, kind = job.kind, error, "a job failed");
        if let Err(error) = self.put_back(job, error).await {
            tracing::error!(job = job.id, %error, "a failed job could not be put back; its claim runs out by itself");
        }
    }

    async fn put_back(&self, job: &Job, error: &str) -> Result<()> {
        let app = self.app;
        let mut tx = app.db.write().await?;
        outbox::failed(&mut tx, job, self.claimant, app.now(), error).await?;
        if job.kind == NOTICE_JOB && job.attempts >= outbox::MAX_ATTEMPTS {
            deliver::give_up(app, &mut tx, &field(job, "notice")?, error).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn postpone(&self, job: &Job, until: Time) -> Result<()> {
        let mut tx = self.app.db.write().await?;
        outbox::postpone(&mut tx, &job.id, self.claimant, until).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn field(job: &Job, name: &str) -> Result<String> {
    let payload: serde_json::Value = serde_json::from_str(&job.payload).map_err(anyhow::Error::from)?;
    let text = payload
        .get(name)
        .and_then(|value| value.as_str())
        .map(str::to_owned);
    Ok(text.ok_or_else(|| anyhow::anyhow!("job {} has no {name}", job.id))?)
}

/// Tells the owner of a payment what happened to it, by the order's purpose; it must bear being told twice.
async fn pay_owner(app: &App, order: &str, what: &str, job: &str) -> Result<()> {
    let order = payment::order(app, order).await?;
    if order.purpose_kind == enrolment::enrol::PURPOSE {
        let what =
            payment::Happened::parse(what).ok_or_else(|| anyhow::anyhow!("a payment cannot be {what}"))?;
        return enrolment::paying::happened(app, &order.id, what, job).await;
    }
    tracing::info!(
        order = order.id,
        purpose = order.purpose_kind,
        what,
        "a payment has no owner to be told"
    );
    Ok(())
}
