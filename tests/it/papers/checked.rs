//! How the checks are kept with their application (R-16, ADR 0021, ADR 0029): when, and what is no longer true meanwhile.

use super::journeys::{person, replace};
use crate::acts::{eventually, number, texts};
use crate::app::TestApp;
use crate::builders::{self, ready, street, submitted, worker};
use crate::on_both_stores;
use image::{DynamicImage, GrayImage, Luma};
use press::scan::{self, Random};
use serde_json::json;
use yuanmeng::account::Worker;
use yuanmeng::application::{self, Application, DocumentKind, documents, drafts, submit};
use yuanmeng::campaign;
use yuanmeng::kernel::time::HOUR;
use yuanmeng::outbox;
use yuanmeng::papers::{self, Looked, READ_JOB, Viewer, examine};
use yuanmeng::review::flags::{self, Kept};

/// A picture that the checks find nothing with; another for each `n`.
fn plain(n: usize) -> Vec<u8> {
    let mut random = Random(n as u64);
    let mut blocks = [0u8; 72];
    blocks.fill_with(|| (random.next() >> 32) as u8);
    let picture = GrayImage::from_fn(810, 32, |x, y| Luma([blocks[(y / 4 * 9 + x / 90) as usize]]));
    scan::png(&DynamicImage::ImageLuma8(picture))
}

fn receipt_of(n: usize) -> Vec<u8> {
    plain(n * 10)
}

/// Somebody's draft that no check finds fault with.
async fn faultless(test: &TestApp, n: usize) -> (Worker, String) {
    let app = &test.app;
    let worker = worker(test, n).await;
    let id = ready(test, &worker, n, &street(app).await).await;
    with_card(test, &worker, &id, n, n).await;
    for (at, kind) in DocumentKind::needed(true).enumerate() {
        let bytes = match kind {
            DocumentKind::Receipt => receipt_of(n),
            _ => plain(n * 10 + at + 1),
        };
        replace(test, &worker.id, &id, kind, bytes).await;
    }
    (worker, id)
}

/// Gives a draft the card of this person.
async fn with_card(test: &TestApp, worker: &Worker, id: &str, n: usize, whose: usize) {
    let app = &test.app;
    let mut form = builders::form(app, n);
    form.set("card", &person(whose).card);
    drafts::save(app, &worker.id, id, &form).await.unwrap();
    drafts::mark_printed(app, &worker.id, id).await.unwrap();
    drafts::tick_checks(app, &worker.id, id, [true; 4]).await.unwrap();
}

async fn hand_in(test: &TestApp, (worker, id): &(Worker, String)) {
    submit::submit(&test.app, &worker.id, id, &worker.phone)
        .await
        .unwrap();
    test.settle().await;
}

/// Whether a check failed, and whether all were made.
async fn kept(test: &TestApp, id: &str) -> (bool, bool) {
    let flagged = "SELECT COUNT(*) FROM applications WHERE id = $1 AND flagged = 1";
    let made = "SELECT COUNT(*) FROM applications WHERE id = $1 AND checked_at > 0";
    let app = &test.app;
    (
        number(app, flagged, id).await == 1,
        number(app, made, id).await == 1,
    )
}

async fn look(test: &TestApp, id: &str) -> (Application, Looked) {
    let app = &test.app;
    let application = application::find(app, id).await.unwrap();
    let intake = campaign::intake(app, &application.intake_id).await.unwrap();
    let papers = documents::of(app, id).await.unwrap();
    let form = application.form(app).unwrap();
    let looked = papers::of(app, &application, &form, &papers, &intake, Viewer::Worker)
        .await
        .unwrap();
    (application, looked)
}

async fn keep(test: &TestApp, (application, looked): &(Application, Looked)) -> Kept {
    let app = &test.app;
    let mut tx = app.db.write().await.unwrap();
    let kept = flags::keep(&mut tx, application, looked, app.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    kept
}

async fn forget(test: &TestApp, sql: &'static str, id: &str) {
    let mut tx = test.app.db.write().await.unwrap();
    sqlx::query(sql).bind(id).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_stores! {
    /// R-16, ADR 0029: the checks are kept once, when the last of an application's papers was read; and when one cannot be read
    /// now, with what the others say.
    an_application_is_checked_when_its_last_paper_was_read
}
async fn an_application_is_checked_when_its_last_paper_was_read(test: &TestApp) {
    let app = &test.app;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    test.settle().await;
    let checked = "SELECT COUNT(*) FROM applications WHERE id = $1 AND checked_at > 0";
    assert_eq!(number(app, checked, &id).await, 1);
    let papers = documents::of(app, &id).await.unwrap();
    let unread = async || {
        forget(
            test,
            "DELETE FROM paper_facts WHERE document_id = $1",
            &papers[0].id,
        )
        .await;
        forget(test, "UPDATE applications SET checked_at = 0 WHERE id = $1", &id).await;
    };

    unread().await;
    flags::after_reading(app, &papers[1].id).await.unwrap();
    assert_eq!(number(app, checked, &id).await, 0, "one is still to be read");
    examine::examine(app, &papers[0].id).await.unwrap();
    flags::after_reading(app, &papers[0].id).await.unwrap();
    assert_eq!(number(app, checked, &id).await, 1, "the last was read");

    unread().await;
    flags::without_reading(app, &papers[1].id).await.unwrap();
    let read = "SELECT COUNT(*) FROM paper_facts WHERE document_id = $1";
    assert_eq!(number(app, read, &papers[0].id).await, 1, "read on the way");
    assert_eq!(number(app, checked, &id).await, 1);
}

on_both_stores! {
    /// R-16, ADR 0029: a reading that has not come for hours has failed for good; the other papers do not wait for it.
    a_reading_is_not_waited_for_for_ever
}
async fn a_reading_is_not_waited_for_for_ever(test: &TestApp) {
    let app = &test.app;
    let one = faultless(test, 1).await;
    hand_in(test, &one).await;
    let id = &one.1;
    let papers = documents::of(app, id).await.unwrap();
    forget(
        test,
        "DELETE FROM paper_facts WHERE document_id = $1",
        &papers[0].id,
    )
    .await;
    forget(test, "UPDATE applications SET checked_at = 0 WHERE id = $1", id).await;
    flags::after_reading(app, &papers[1].id).await.unwrap();
    assert_eq!(kept(test, id).await, (false, false), "awaited");
    app.clock.advance(7 * HOUR);
    // It is read on the way, for which a busy machine may need more than once.
    eventually("it was checked", async || {
        flags::after_reading(app, &papers[1].id).await.unwrap();
        kept(test, id).await == (false, true)
    })
    .await;
}

on_both_stores! {
    /// R-16, ADR 0029: a paper whose file cannot be read leaves its application unchecked, with what the others say; its job is
    /// put back with the file's error.
    a_paper_that_cannot_be_read_keeps_nothing_from_the_others
}
async fn a_paper_that_cannot_be_read_keeps_nothing_from_the_others(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = faultless(test, 1).await;
    let small = builders::picture();
    replace(test, &worker.id, &id, DocumentKind::Receipt, small).await;
    hand_in(test, &(worker, id.clone())).await;
    assert_eq!(kept(test, &id).await, (true, true), "the receipt is too small");
    let papers = documents::of(app, &id).await.unwrap();
    let lost = papers.iter().find(|paper| paper.kind == DocumentKind::IdFront);
    let lost = &lost.unwrap().id;
    app.files.delete(&format!("documents/{lost}")).await.unwrap();
    forget(test, "DELETE FROM paper_facts WHERE document_id = $1", lost).await;
    forget(
        test,
        "UPDATE applications SET flagged = 0, checked_at = 0 WHERE id = $1",
        &id,
    )
    .await;
    let mut tx = app.db.write().await.unwrap();
    let payload = json!({ "document": lost });
    outbox::enqueue(&mut tx, "again", READ_JOB, &payload, app.now(), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let failed = "SELECT error FROM outbox WHERE id = $1 AND error <> ''";
    eventually("the job failed and stands again", async || {
        texts(app, failed, "again").await.len() == 1
    })
    .await;
    assert_eq!(kept(test, &id).await, (true, false));
}

on_both_stores! {
    /// of two applications with the same paper or the same card both are left to a person, the one that was there
    /// first as soon as the other is submitted. A draft is held against nobody.
    who_was_there_first_is_looked_at_again
}
async fn who_was_there_first_is_looked_at_again(test: &TestApp) {
    let first = faultless(test, 1).await;
    hand_in(test, &first).await;
    let second = faultless(test, 2).await;
    replace(
        test,
        &second.0.id,
        &second.1,
        DocumentKind::Receipt,
        receipt_of(1),
    )
    .await;
    test.settle().await;
    assert_eq!(kept(test, &first.1).await, (false, true), "the other is a draft");
    hand_in(test, &second).await;
    assert_eq!(kept(test, &second.1).await, (true, true));
    assert_eq!(kept(test, &first.1).await, (true, true), "the same receipt");

    let third = faultless(test, 3).await;
    hand_in(test, &third).await;
    assert_eq!(kept(test, &third.1).await, (false, true));
    let fourth = faultless(test, 4).await;
    with_card(test, &fourth.0, &fourth.1, 4, 3).await;
    let form = DocumentKind::StampedForm;
    replace(test, &fourth.0.id, &fourth.1, form, plain(49)).await;
    hand_in(test, &fourth).await;
    assert_eq!(kept(test, &fourth.1).await, (true, true));
    assert_eq!(kept(test, &third.1).await, (true, true), "the same card");
}

on_both_stores! {
    /// ADR 0034: what was seen before something was found is not kept over it, whoever looked.
    an_older_look_is_not_kept
}
async fn an_older_look_is_not_kept(test: &TestApp) {
    let first = faultless(test, 1).await;
    hand_in(test, &first).await;
    let before = look(test, &first.1).await;
    let second = faultless(test, 2).await;
    let (worker, id) = &second;
    replace(test, &worker.id, id, DocumentKind::Receipt, receipt_of(1)).await;
    hand_in(test, &second).await;
    assert_eq!(kept(test, &first.1).await, (true, true));
    assert_eq!(keep(test, &before).await, Kept::Overtaken);
    assert_eq!(kept(test, &first.1).await, (true, true), "nothing was kept");
    let now = look(test, &first.1).await;
    assert_eq!(keep(test, &now).await, Kept::Yes);
    assert_eq!(kept(test, &first.1).await, (true, true));
    let mut gone = look(test, &first.1).await;
    gone.0.version += 1;
    assert_eq!(keep(test, &gone).await, Kept::Changed);
}
