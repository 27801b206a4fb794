//! "A session that ends while typing → sign in and go on where one was" (issue 4).

use crate::app::TestApp;
use crate::builders::{self, phone, worker};
use crate::on_both_stores;
use crate::visitor::{Page, Visitor};
use yuanmeng::account::sign_ins;
use yuanmeng::application::{self, FormText, State, drafts};
use yuanmeng::kernel::{Phone, Refusal};

async fn sign_in(test: &TestApp, me: &mut Visitor<'_>, n: usize, next: &str) -> Page {
    me.get(&format!("/sign-in?next={next}")).await;
    let index = test.app.phone_index(&Phone::stored(phone(n)));
    test.app.cache.delete(&format!("sms-gap:{index}")).await.unwrap();
    let code = me.code(&phone(n)).await;
    let typed = [("phone", &phone(n)[..]), ("code", &code), ("next", next)];
    me.post("/sign-in", &typed).await
}

/// Sends the form that a page shows, as its button would.
async fn go_on(me: &mut Visitor<'_>, page: &Page) -> Page {
    let form = page.html.split("data-testid=\"kept\"").nth(1).expect("a form");
    let before = page.html.split("data-testid=\"kept\"").next().unwrap();
    let action = before
        .rsplit("action=\"")
        .next()
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let mut fields = Vec::new();
    for part in form
        .split("</form>")
        .next()
        .unwrap()
        .split("type=\"hidden\" name=\"")
        .skip(1)
    {
        let name = part.split('"').next().unwrap();
        let value = part.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        fields.push((
            name.to_owned(),
            value
                .replace("&#34;", "\"")
                .replace("&#60;", "<")
                .replace("&#62;", ">")
                .replace("&#38;", "&"),
        ));
    }
    let fields: Vec<_> = fields
        .iter()
        .filter(|(name, _)| name != "csrf")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    me.post(&action, &fields).await
}

on_both_stores! {
    /// What was typed in the form comes back after signing in, to its own worker alone.
    a_form_survives_the_end_of_its_sign_in
}
async fn a_form_survives_the_end_of_its_sign_in(test: &TestApp) {
    let app = &test.app;
    let who = worker(test, 1).await;
    worker(test, 2).await;
    let mut me = Visitor::new(test);
    sign_in(test, &mut me, 1, "/apply").await.leads("/apply");
    let draft = drafts::begin(app, &who.id, &FormText::default()).await.unwrap();
    me.get("/apply/form").await.shows("填写申请表");
    // Ended elsewhere, while this is being typed.
    sign_ins::end_others(app, &who.id, "").await.unwrap();
    let typed = [
        ("name", "王小梅"),
        ("address", "大学路 1 号 <b>\"东\"&西</b>"),
        ("major", "会计"),
    ];
    let answer = me.post("/apply/form", &typed).await;
    answer.leads("/sign-in?next=%2F");
    assert!(
        !answer.to.contains("1") || !answer.to.contains("大学路"),
        "nothing typed stands in the address"
    );

    // Somebody else at the same browser sees nothing of it.
    let mut thief = Visitor::new(test);
    thief.get("/").await;
    assert!(thief.get("/kept").await.to.starts_with("/sign-in"));

    sign_in(test, &mut me, 1, "/apply/form").await.leads("/kept");
    let page = me.get("/kept").await;
    page.shows("填写申请表")
        .shows("已为您保留")
        .shows("会计")
        .hides("<b>");
    let after = go_on(&mut me, &page).await;
    assert_eq!(after.status, 422, "the form, with what is still missing");
    after.shows("会计").shows("value=\"大学路 1 号").hides("<b>");
    let form = application::find(app, &draft.id)
        .await
        .unwrap()
        .form(app)
        .unwrap();
    assert_eq!((form.get("address"), form.get("major")), (typed[1].1, "会计"));
    me.get("/kept").await.leads("/");
}

on_both_stores! {
    /// Another worker who signs in with the same browser neither sees nor sends it.
    what_one_typed_is_not_given_to_another
}
async fn what_one_typed_is_not_given_to_another(test: &TestApp) {
    let app = &test.app;
    let (who, other) = (worker(test, 1).await, worker(test, 2).await);
    let mut me = Visitor::new(test);
    sign_in(test, &mut me, 1, "/apply").await;
    drafts::begin(app, &who.id, &FormText::default()).await.unwrap();
    let draft = drafts::begin(app, &other.id, &FormText::default()).await.unwrap();
    me.get("/apply/form").await;
    sign_ins::end_others(app, &who.id, "").await.unwrap();
    me.post("/apply/form", &[("major", "会计")])
        .await
        .leads("/sign-in?next=%2F");
    sign_in(test, &mut me, 2, "/apply").await.leads("/kept");
    me.get("/kept").await.leads("/");
    let form = application::find(app, &draft.id)
        .await
        .unwrap()
        .form(app)
        .unwrap();
    assert_eq!(form.get("major"), "");
}

on_both_stores! {
    /// A token from before signing in again in another tab: the same worker confirms and goes on; a forged form is not kept.
    an_old_token_of_the_same_worker_goes_on
}
async fn an_old_token_of_the_same_worker_goes_on(test: &TestApp) {
    let app = &test.app;
    let who = worker(test, 1).await;
    let union = builders::street(app).await;
    let mut me = Visitor::new(test);
    sign_in(test, &mut me, 1, "/apply").await;
    let id = builders::ready(test, &who, 1, &union).await;
    me.get("/apply/confirm").await.shows("提交申请");
    let old = me.csrf.clone();
    me.post("/sign-out", &[]).await;
    sign_in(test, &mut me, 1, "/apply").await.leads("/apply");
    me.get("/apply").await;
    let new = std::mem::replace(&mut me.csrf, old);
    me.post("/apply/confirm", &[]).await.leads("/kept");
    let state = async || application::find(app, &id).await.unwrap().state;
    assert_eq!(state().await, State::Draft, "nothing is sent unasked");
    me.csrf = new.clone();
    let page = me.get("/kept").await;
    page.shows("继续提交申请");
    go_on(&mut me, &page).await.leads("/progress");
    assert_eq!(state().await, State::InReview);

    for forged in ["", "forged", "forged.0123456789abcdef"] {
        me.csrf = forged.to_owned();
        let page = me.post("/progress/withdraw", &[]).await;
        assert_eq!(page.status, 403, "{forged}");
        page.shows(&Refusal::CsrfFailed.text());
    }
    me.get("/kept").await.leads("/");
}
