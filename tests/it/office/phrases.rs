//! Ready-made sentences: a union's own, inherited, in order, switched off (R-22, ux.md).

use super::{Desk, officer, path};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, street, submitted};
use crate::on_both_stores;
use yuanmeng::review::phrases;
use yuanmeng::union::Role;

on_both_stores! {
    /// A union adds, orders and deletes its own; those below it have them too, and switch off what they do not want.
    sentences_are_inherited
}
async fn sentences_are_inherited(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, _] = demo_officers(app).await;
    let (_, id) = submitted(test, 1, &street(app).await).await;
    let (unit, below) = (
        Desk::of(test, &at_unit.id).await,
        Desk::of(test, &at_street.id).await,
    );
    const PAGE: &str = "/office/phrases";
    for text in ["请补盖区总工会要求的骑缝章。", "请到区总工会窗口核对原件。"] {
        let fields = [
            ("csrf", CSRF),
            ("act", "add"),
            ("verdict", "return"),
            ("why", "no_seal"),
            ("fix", "stamped_form"),
            ("text", text),
        ];
        assert_eq!(unit.post(PAGE, &fields).await.status, 303);
    }
    let wrong = [
        ("csrf", CSRF),
        ("act", "add"),
        ("verdict", "pass"),
        ("why", "x"),
        ("fix", "y"),
        ("text", ""),
    ];
    let again = unit.post(PAGE, &wrong).await;
    assert!(
        again.status == 422 && again.text.contains("原因分类：请从列表中选择一项"),
        "{}",
        again.text
    );

    let own = |all: Vec<phrases::Phrase>| all.into_iter().filter(|p| p.own).collect::<Vec<_>>();
    let two = own(phrases::all(app, &at_unit).await.unwrap());
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "down"), ("id", &two[0].id)])
            .await
            .status,
        303
    );
    let turned = own(phrases::all(app, &at_unit).await.unwrap());
    assert_eq!((&turned[0].id, &turned[1].id), (&two[1].id, &two[0].id));

    // On the desk of the street: inherited; what it switches off is gone there alone.
    assert!(below.get(&path(&id)).await.text.contains("骑缝章"));
    for off in [two[0].id.as_str(), "seal"] {
        assert_eq!(
            below
                .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", off)])
                .await
                .status,
            303
        );
    }
    let desk = below.get(&path(&id)).await.text;
    assert!(!desk.contains("骑缝章") && !desk.contains("公章不清楚") && desk.contains("窗口核对原件"));
    let on = |all: Vec<phrases::Phrase>, id: &str| all.iter().find(|p| p.id == id).unwrap().on;
    assert!(on(phrases::all(app, &at_unit).await.unwrap(), "seal"));
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "on"), ("id", "seal")])
            .await
            .status,
        303
    );
    assert!(on(phrases::all(app, &at_street).await.unwrap(), "seal"));
    // What the unit switches off is off below, and only the unit switches it on.
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "seal")])
            .await
            .status,
        303
    );
    assert!(!on(phrases::all(app, &at_street).await.unwrap(), "seal"));

    // Not one's own, not there, without the right.
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "remove"), ("id", &two[0].id)])
            .await
            .status,
        404
    );
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "no")])
            .await
            .status,
        404
    );
    assert_eq!(
        below
            .post(PAGE, &[("csrf", CSRF), ("act", "burn"), ("id", "seal")])
            .await
            .status,
        400
    );
    let finance = officer(test, &at_street.union, "13900139008", &[Role::Finance]).await;
    let finance = Desk::of(test, &finance).await;
    assert_eq!(
        finance
            .post(PAGE, &[("csrf", CSRF), ("act", "off"), ("id", "seal")])
            .await
            .status,
        403
    );
    assert_eq!(
        unit.post(PAGE, &[("csrf", CSRF), ("act", "remove"), ("id", &two[0].id)])
            .await
            .status,
        303
    );
    assert_eq!(own(phrases::all(app, &at_unit).await.unwrap()).len(), 1);
}
