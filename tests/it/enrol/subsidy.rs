//! From an enrolment made here to the subsidy's application.

use super::*;
use yuanmeng::application::{self, DocumentKind, documents, drafts, from_enrolment, submit};
use yuanmeng::print::tuition;

on_both_stores! {
    /// one tap fills institution, major, level and entry date; the tuition's receipt is among the papers, with the
    /// payment's number in it; the application can be submitted.
    an_enrolment_fills_the_application
}
async fn an_enrolment_fills_the_application(test: &TestApp) {
    let app = &test.app;
    let (worker, enrolment) = paid(test, 1, &program(app, "机电一体化").await).await;
    let draft = from_enrolment::begin(app, &worker, &enrolment).await.unwrap();
    let form = draft.form(app).unwrap();
    let entry = enrolment.entry.to_string();
    for (field, value) in [
        ("institution", "山东开放大学"),
        ("major", "机电一体化技术"),
        ("level", "大专"),
        ("entry_date", entry.as_str()),
        ("name", "王小梅"),
    ] {
        assert_eq!(form.get(field), value, "{field}");
    }
    assert!(
        !tuition::attach(app, &worker, &draft.id).await.unwrap(),
        "no papers before the checks are ticked (R-15)"
    );
    let street = builders::street(app).await;
    drafts::choose_union(app, &worker.id, &draft.id, &street.id)
        .await
        .unwrap();
    let mut rest = builders::form(app, 1);
    for field in ["institution", "major", "level", "entry_date"] {
        rest.set(field, form.get(field));
    }
    drafts::save(app, &worker.id, &draft.id, &rest).await.unwrap();
    drafts::mark_printed(app, &worker.id, &draft.id).await.unwrap();
    drafts::tick_checks(app, &worker.id, &draft.id, [true; 4])
        .await
        .unwrap();
    assert!(tuition::attach(app, &worker, &draft.id).await.unwrap());
    assert!(!tuition::attach(app, &worker, &draft.id).await.unwrap(), "once");
    let papers = documents::of(app, &draft.id).await.unwrap();
    assert_eq!(
        papers.iter().map(|d| d.kind).collect::<Vec<_>>(),
        [DocumentKind::Receipt]
    );
    let bytes = documents::bytes_of(app, &papers[0]).await.unwrap();
    let text = lopdf::Document::load_mem(&bytes)
        .unwrap()
        .extract_text(&[1])
        .unwrap();
    let order = moves::terms(app, &enrolment.id).await.unwrap()[0]
        .order_id
        .clone()
        .unwrap();
    let transaction = payment::order(app, &order).await.unwrap().transaction_id.unwrap();
    let bare = text.replace(char::is_whitespace, "");
    assert!(
        bare.contains(&transaction) && bare.contains(&enrolment.number.replace(' ', "")),
        "{text}"
    );
    for kind in DocumentKind::needed(true).filter(|kind| *kind != DocumentKind::Receipt) {
        documents::upload(app, &worker.id, &draft.id, kind, builders::picture())
            .await
            .unwrap();
    }
    submit::submit(app, &worker.id, &draft.id, &worker.phone)
        .await
        .unwrap();
    assert_eq!(
        application::find(app, &draft.id).await.unwrap().institution,
        "山东开放大学"
    );
    let again = from_enrolment::begin(app, &worker, &enrolment).await;
    assert_eq!(refused(again), Refusal::NotEditable);
}
