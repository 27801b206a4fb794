//! What is agreed to is what was seen (R-34; issue 6: "refund rules of the program shown before paying").

use super::*;
use crate::visitor::Visitor;
use yuanmeng::enrolment::catalogue::Typed;
use yuanmeng::union::providers;

/// Changes fields of a program as the centre does.
async fn change(app: &App, seen: &Program, fields: &[(&str, &str)]) {
    let by = keeper(app).await;
    let now = books::find(app, &seen.id).await.unwrap();
    let mut typed = Typed::of(&now);
    for (field, value) in fields {
        *typed.get_mut(field).unwrap() = (*value).to_owned();
    }
    let all = providers::list(app).await.unwrap();
    let saved = books::save(app, &by, Some((&now.id, now.version)), &typed, &all).await;
    assert_eq!(saved.unwrap(), Ok(now.id));
}

on_both_stores! {
    /// fee, instalments or refund rules that change between looking and sending: nothing is enrolled, what changed is
    /// shown, and it has to be ticked again; what was typed stays. Other changes of the program disturb nobody.
    who_saw_other_terms_is_asked_again
}
async fn who_saw_other_terms_is_asked_again(test: &TestApp) {
    let app = &test.app;
    let worker = verified(test, 1).await;
    let program = program(app, "机电一体化").await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    let intake = program.intakes[0].id.as_str();
    let path = format!("/enrol/programs/{}/begin", program.id);
    let seen = me
        .get(&format!("{path}?intake={intake}"))
        .await
        .hidden("agreed")
        .remove(0);
    assert_eq!(seen, Agreed::of(&program).text());
    let send = async |me: &mut Visitor<'_>, agreed: &str, ticked: bool| {
        let mut fields = vec![
            ("intake", intake),
            ("employer", "济南示范机械有限公司"),
            ("address", "济南市历下区文化东路 1 号"),
            ("education", "高中"),
            ("agreed", agreed),
        ];
        fields.extend(ticked.then_some(("agree", "on")));
        me.post(&path, &fields).await
    };
    change(
        app,
        &program,
        &[("fee", "6000"), ("terms", "3000;3000"), ("refunds", "30:100;0:0")],
    )
    .await;
    let page = send(&mut me, &seen, true).await;
    assert_eq!(page.status, 409);
    page.shows("与刚才看到的不一样")
        .shows(&Refusal::TermsChanged.text())
        .shows("原来：5500 元")
        .shows("现在：6000 元")
        .shows("分 2 期：第 1 期 3000 元")
        .shows("退学退费规定")
        .shows("文化东路 1 号")
        .hides(" checked");
    assert!(moves::of_worker(app, &worker.id).await.unwrap().is_empty());
    seats_are_exact(app).await;
    // Not ticked again, or without what was seen: nothing either.
    let now = page.hidden("agreed").remove(0);
    for (agreed, ticked) in [(now.as_str(), false), ("", true), ("1|1|nonsense", true)] {
        let page = send(&mut me, agreed, ticked).await;
        assert_eq!(page.status, 422, "{agreed}");
        page.shows(&Refusal::RulesNotAgreed.text());
    }
    assert!(moves::of_worker(app, &worker.id).await.unwrap().is_empty());
    // A change of other words is no change of terms.
    change(app, &program, &[("about", "周末授课")]).await;
    assert_eq!(send(&mut me, &now, true).await.status, 303);
    let mine = moves::of_worker(app, &worker.id).await.unwrap();
    assert_eq!((mine.len(), mine[0].fee), (1, Fen::yuan(6000)));
}
