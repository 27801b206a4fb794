//! From the upload to the desk: what worker and officer are told, on both stores.

use super::cases;
use super::make::{self, Person};
use super::report::Report;
use crate::acts::{number, texts};
use crate::app::TestApp;
use crate::builders::{self, demo_officers, ready, session, street, submitted, union, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use press::scan::{Random, Shot, forwarded};
use yuanmeng::application::form_code::FormCode;
use yuanmeng::application::{self, DocumentKind, documents, drafts, submit};
use yuanmeng::campaign;
use yuanmeng::cli::seed;
use yuanmeng::kernel::Time;
use yuanmeng::papers::{self, Check, How, Kind, Outcome, Reason, Viewer, examine};
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};
use yuanmeng::union::Officer;

pub fn person(n: usize) -> Person {
    Person::new(n, &mut Random(n as u64))
}

/// A photographed receipt of somebody.
pub fn receipt(n: usize) -> Vec<u8> {
    let random = &mut Random(n as u64 + 50);
    let sheet = make::receipt(&person(n), None, random);
    Shot::usual(random).jpeg(&sheet, random)
}

/// A report that agrees with the builders' form, made and valid around the test's present.
pub fn report(test: &TestApp, n: usize) -> (Report, Person) {
    let mut person = person(n);
    let form = builders::form(&test.app, n);
    person.name = form.get("name").to_owned();
    person.id = form.get("id_number").to_owned();
    person.sex = "女";
    let day = |time: Time| time.date().format("%Y年%m月%d日").to_string();
    let mut report = Report::of(&person, n, &mut Random(1));
    report.institution = form.get("institution").to_owned();
    report.level = "专科".to_owned();
    report.entry = format!("{}年09月01日", test.app.now().year());
    report.made = day(test.app.now());
    report.until = day(test.app.now().plus(185 * 86_400_000));
    (report, person)
}

/// Uploads a paper and has it read: a page waits four seconds only, and this machine may be busy.
pub async fn replace(
    test: &TestApp,
    worker_id: &str,
    id: &str,
    kind: DocumentKind,
    bytes: Vec<u8>,
) -> String {
    let document = documents::upload(&test.app, worker_id, id, kind, bytes)
        .await
        .unwrap();
    examine::examine(&test.app, &document.id).await.unwrap();
    document.id
}

async fn checks(test: &TestApp, id: &str, viewer: Viewer<'_>) -> Vec<Check> {
    let app = &test.app;
    let application = application::find(app, id).await.unwrap();
    let intake = campaign::intake(app, &application.intake_id).await.unwrap();
    let papers = documents::of(app, id).await.unwrap();
    let form = application.form(app).unwrap();
    papers::of(app, &application, &form, &papers, &intake, viewer)
        .await
        .unwrap()
        .checks
}

fn outcome(checks: &[Check], kind: Kind, paper: Option<DocumentKind>) -> Outcome {
    let found = checks.iter().find(|c| c.kind == kind && c.paper == paper);
    found
        .unwrap_or_else(|| panic!("no check {kind} of {paper:?}"))
        .outcome
        .clone()
}

/// The other application's number, as far as this viewer sees it.
fn seen(outcome: Outcome) -> (How, Option<String>) {
    match outcome {
        Outcome::Failed(Reason::Used(how, other)) => (how, other.seen.map(|(number, _)| number)),
        other => panic!("not found elsewhere: {other:?}"),
    }
}

async fn desk(test: &TestApp, officer: &Officer, id: &str) -> String {
    let cookie = session(&test.app, "officer", &officer.id).await;
    let request = test.http.get(format!("{}/office/applications/{id}", test.url));
    request
        .header("cookie", cookie)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

on_both_stores! {
    /// issue 4 item 5: a receipt that somebody else used, saved again and smaller, and a report of another
    /// name: the worker is warned and may submit; the officer sees it on top and beside the paper, with the other
    /// application's number only inside their subtree.
    a_warning_reaches_worker_and_officer_and_stops_nobody
}
async fn a_warning_reaches_worker_and_officer_and_stops_nobody(test: &TestApp) {
    let app = &test.app;
    // The first one's union is in another district.
    let elsewhere = union(app, &["历下区总工会"]).await;
    let first = worker(test, 1).await;
    let first_id = ready(test, &first, 1, &elsewhere).await;
    replace(test, &first.id, &first_id, DocumentKind::Receipt, receipt(9)).await;
    let number = submit::submit(app, &first.id, &first_id, &first.phone)
        .await
        .unwrap()
        .number;

    let second = worker(test, 2).await;
    let id = ready(test, &second, 2, &street(app).await).await;
    let again = forwarded(&receipt(9), &mut Random(3));
    replace(test, &second.id, &id, DocumentKind::Receipt, again).await;
    let (mut wrong, person) = report(test, 2);
    wrong.name = "李秀英".to_owned();
    replace(
        test,
        &second.id,
        &id,
        DocumentKind::ChsiReport,
        wrong.pdf(&person),
    )
    .await;

    let mut me = Visitor::signed_in(test, &second.id).await;
    let page = me.get("/apply/documents").await;
    page.shows("同一张图片用在了另一位职工的申请里。请确认上传的是本人的材料。")
        .shows("报告上是“李秀英”")
        .hides(&number)
        .hides(first.phone.digits());
    let page = me.get("/apply/confirm").await;
    page.shows("data-testid=\"machine\"")
        .shows("同一张图片用在了另一位职工的申请里")
        .shows("报告上是“李秀英”")
        .hides(&number);
    me.post("/apply/confirm", &[]).await.leads("/progress");

    let [street, _, centre] = demo_officers(app).await;
    let local = desk(test, &street, &id).await;
    for text in [
        "缴费凭证：材料未用于他人的申请",
        "同一张图片用在了另一位职工的申请里",
        "报告上是“李秀英”",
        "data-testid=\"checks-receipt\" open",
    ] {
        assert!(local.contains(text), "{text} is not on the desk");
    }
    assert!(
        !local.contains(&number) && !local.contains(&first_id),
        "another district's application is not named"
    );
    let city = desk(test, &centre, &id).await;
    assert!(
        city.contains(&format!("（编号 {number}）"))
            && city.contains(&format!("href=\"/office/applications/{first_id}\""))
    );
    // And the other way about: the first one's officers see that it was used again.
    let back = checks(test, &first_id, Viewer::Officer(&centre)).await;
    let (how, other) = seen(outcome(&back, Kind::Elsewhere, Some(DocumentKind::Receipt)));
    assert!(how == How::Picture && other.is_some());
}

on_both_stores! {
    /// the same card in another person's submitted application is found by its keyed hash; a draft's is not
    /// held against anybody, nor one's own.
    the_same_card_in_a_second_application_is_found
}
async fn the_same_card_in_a_second_application_is_found(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let first = worker(test, 1).await;
    let first_id = ready(test, &first, 1, &street).await;
    let second = worker(test, 2).await;
    let id = ready(test, &second, 2, &street).await;
    let card = |checks: &[Check]| outcome(checks, Kind::CardElsewhere, None);
    assert_eq!(
        card(&checks(test, &id, Viewer::Worker).await),
        Outcome::Passed,
        "the other one is a draft"
    );
    let number = submit::submit(app, &first.id, &first_id, &first.phone)
        .await
        .unwrap()
        .number;
    assert_eq!(
        card(&checks(test, &first_id, Viewer::Worker).await),
        Outcome::Passed,
        "one's own"
    );
    assert!(
        matches!(card(&checks(test, &id, Viewer::Worker).await), Outcome::Failed(Reason::CardUsed(other)) if other.seen.is_none())
    );
    let mut me = Visitor::signed_in(test, &second.id).await;
    me.get("/apply/confirm")
        .await
        .shows("同一卡号用在了另一位职工的申请里");
    submit::submit(app, &second.id, &id, &second.phone).await.unwrap();
    let [officer, ..] = demo_officers(app).await;
    assert!(
        desk(test, &officer, &id)
            .await
            .contains(&format!("同一卡号用在了另一位职工的申请里（编号 {number}）"))
    );

    let third = worker(test, 3).await;
    let own = ready(test, &third, 3, &street).await;
    let mut form = builders::form(app, 3);
    form.set("card", &person(77).card);
    drafts::save(app, &third.id, &own, &form).await.unwrap();
    assert_eq!(
        card(&checks(test, &own, Viewer::Worker).await),
        Outcome::Passed,
        "another card"
    );
}

on_both_stores! {
    /// the photographed form's code is held against number and version as they are now, without reading
    /// the picture again.
    the_stamped_form_is_held_against_the_form_as_it_stands
}
async fn the_stamped_form_is_held_against_the_form_as_it_stands(test: &TestApp) {
    let app = &test.app;
    let (worker, id) = submitted(test, 1, &street(app).await).await;
    let [officer, ..] = demo_officers(app).await;
    let row = application::find(app, &id).await.unwrap();
    let decision = Decision {
        application_id: &id,
        version_seen: row.version,
        verdict: Verdict::Return,
        reason: "请重新盖章",
        corrections: &["stamped_form".to_owned(), "address".to_owned()],
    };
    decide(app, &officer, &decision).await.unwrap();
    let scanned = |version| {
        let code = FormCode {
            number: row.number.clone().unwrap(),
            version,
        }
        .text(&app.sealer);
        let random = &mut Random(5);
        let sheet = make::stamped_form(&person(1), &code, random);
        Shot::usual(random).jpeg(&sheet, random)
    };
    let form_code = async || {
        outcome(
            &checks(test, &id, Viewer::Worker).await,
            Kind::FormCode,
            Some(DocumentKind::StampedForm),
        )
    };
    replace(
        test,
        &worker.id,
        &id,
        DocumentKind::StampedForm,
        scanned(row.form_version),
    )
    .await;
    assert_eq!(form_code().await, Outcome::Passed);
    // Correcting the form makes the paper old: the same facts are judged anew.
    let mut form = row.form(app).unwrap();
    form.set("address", "济南市长清区崮云湖街道 2 号");
    drafts::save(app, &worker.id, &id, &form).await.unwrap();
    let now = application::find(app, &id).await.unwrap().form_version;
    assert_eq!(
        form_code().await,
        Outcome::Failed(Reason::FormChanged(row.form_version, now))
    );
    let mut me = Visitor::signed_in(test, &worker.id).await;
    me.get("/apply/documents")
        .await
        .shows("表格已改过，请重新打印、盖章后上传。");
    replace(test, &worker.id, &id, DocumentKind::StampedForm, scanned(now)).await;
    assert_eq!(form_code().await, Outcome::Passed);
}

on_both_stores! {
    /// papers are read in the background once; what they say is sealed; a right report passes each line.
    papers_are_read_once_and_their_facts_are_sealed
}
async fn papers_are_read_once_and_their_facts_are_sealed(test: &TestApp) {
    let app = &test.app;
    let me = worker(test, 1).await;
    let id = ready(test, &me, 1, &street(app).await).await;
    let (report, person) = report(test, 1);
    let uploaded = documents::upload(app, &me.id, &id, DocumentKind::ChsiReport, report.pdf(&person)).await;
    let document = uploaded.unwrap().id;
    test.settle().await;
    let read = "SELECT COUNT(*) FROM paper_facts WHERE document_id = $1";
    assert_eq!(
        number(app, read, &document).await,
        1,
        "read without anybody looking"
    );
    examine::examine(app, &document).await.unwrap();
    assert_eq!(number(app, read, &document).await, 1);
    let checks = checks(test, &id, Viewer::Worker).await;
    for kind in Kind::ALL
        .iter()
        .filter(|kind| kind.as_str().starts_with("report"))
    {
        assert_eq!(
            outcome(&checks, *kind, Some(DocumentKind::ChsiReport)),
            Outcome::Passed,
            "{kind}"
        );
    }
    let kept = [
        texts(
            app,
            "SELECT facts_sealed FROM paper_facts WHERE document_id = $1",
            &document,
        )
        .await,
        texts(
            app,
            "SELECT value FROM paper_marks WHERE document_id = $1",
            &document,
        )
        .await,
    ]
    .concat();
    assert!(kept.len() >= 3, "{kept:?}");
    for clear in [&person.name, &person.id, &report.code, "山东开放大学"] {
        assert!(
            kept.iter().all(|text| !text.contains(clear)),
            "{clear} stands in clear"
        );
    }
}

on_both_stores! {
    /// identity is the ID number: who begins again with a second account brings the same papers rightly. Of two
    /// papers read at the same moment each side knows of the other.
    ones_own_papers_are_never_held_against_one
}
async fn ones_own_papers_are_never_held_against_one(test: &TestApp) {
    let app = &test.app;
    let street = street(app).await;
    let (first, _) = submitted(test, 1, &street).await;
    let same_person = worker(test, 2).await;
    let id = ready(test, &same_person, 2, &street).await;
    let mut form = builders::form(app, 2);
    form.set("id_number", builders::form(app, 1).get("id_number"));
    drafts::save(app, &same_person.id, &id, &form).await.unwrap();
    test.settle().await;
    let own = checks(test, &id, Viewer::Worker).await;
    assert_eq!(
        outcome(&own, Kind::Elsewhere, Some(DocumentKind::Receipt)),
        Outcome::Passed
    );
    assert_eq!(outcome(&own, Kind::CardElsewhere, None), Outcome::Passed);
    form.set("id_number", builders::form(app, 2).get("id_number"));
    drafts::save(app, &same_person.id, &id, &form).await.unwrap();
    let (how, _) = seen(outcome(
        &checks(test, &id, Viewer::Worker).await,
        Kind::Elsewhere,
        Some(DocumentKind::Receipt),
    ));
    assert_eq!(how, How::File);
    let pairs = "SELECT COUNT(*) FROM paper_twins t JOIN paper_twins b ON b.document_id = t.twin_id AND b.twin_id = t.document_id \
                 JOIN documents d ON d.id = t.document_id JOIN applications a ON a.id = d.application_id WHERE a.worker_id = $1";
    assert!(
        number(app, pairs, &first.id).await > 0,
        "each pair stands for both"
    );
}

/// The demo's unit is where the street is: the journeys above rely on it.
#[test]
fn the_other_district_is_not_the_demos() {
    assert_ne!(seed::UNIT, "历下区总工会");
    assert_ne!(cases::number(1), cases::number(2));
}
