//! Who may apply, on both stores: an own post that is not too high, and an employer that agrees.

use crate::acts::{refused, wrong_field};
use crate::app::TestApp;
use crate::builders::{ready, street, worker};
use crate::on_both_stores;
use crate::visitor::Visitor;
use yuanmeng::application::{DocumentKind, FormText, State, documents, drafts, find, removal, submit};
use yuanmeng::kernel::Refusal;

on_both_stores! {
    /// up to 车间主任 or 科级; a post above is refused with the reason, at the self-check and at the submission, and what
    /// was typed stays.
    a_post_too_high_is_refused_with_the_reason
}
async fn a_post_too_high_is_refused_with_the_reason(test: &TestApp) {
    let mut stranger = Visitor::new(test);
    stranger.get("/apply/check").await;
    let answers = |post| {
        [
            ("work", "jinan"),
            ("post", post),
            ("level", "大专"),
            ("entry", "yes"),
            ("agreed", "yes"),
        ]
    };
    let page = stranger.post("/apply/check", &answers("above")).await;
    page.shows(&Refusal::PostTooHigh.text()).hides("您可以申请");
    stranger
        .post("/apply/check", &answers("section"))
        .await
        .shows("您可以申请");

    let who = worker(test, 1).await;
    let id = ready(test, &who, 1, &street(&test.app).await).await;
    let typed = FormText::from_posted([("post", "above")]);
    drafts::save(&test.app, &who.id, &id, &typed).await.unwrap();
    let answer = submit::submit(&test.app, &who.id, &id, &who.phone).await;
    assert_eq!(wrong_field(answer), ("post", Refusal::PostTooHigh));
    let kept = find(&test.app, &id).await.unwrap();
    assert_eq!(kept.state, State::Draft);
    assert_eq!(kept.form(&test.app).unwrap().get("post"), "above");
}

on_both_stores! {
    /// the employer, or the street for who is out of work, agrees: asked at the self-check, proven by the stamped form,
    /// without which nothing is submitted.
    the_employers_word_is_the_stamped_form
}
async fn the_employers_word_is_the_stamped_form(test: &TestApp) {
    let mut stranger = Visitor::new(test);
    stranger.get("/apply/check").await;
    let answers = [
        ("work", "migrant"),
        ("post", "worker"),
        ("level", "大专"),
        ("entry", "yes"),
        ("agreed", "no"),
    ];
    let page = stranger.post("/apply/check", &answers).await;
    page.shows(&Refusal::EmployerDisagrees.text()).hides("您可以申请");

    let who = worker(test, 1).await;
    let id = ready(test, &who, 1, &street(&test.app).await).await;
    let standing = documents::of(&test.app, &id).await.unwrap();
    let stamped = standing
        .iter()
        .find(|paper| paper.kind == DocumentKind::StampedForm);
    removal::remove(&test.app, &who.id, &id, &stamped.unwrap().id)
        .await
        .unwrap();
    let answer = submit::submit(&test.app, &who.id, &id, &who.phone).await;
    let said = refused(answer);
    assert_eq!(said.code(), "document_missing");
    assert_eq!(find(&test.app, &id).await.unwrap().state, State::Draft);
}
