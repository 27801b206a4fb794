//! A union joins: invitation, registration, approval, by link and by WeChat.

use super::{Answer, Desk};
use crate::app::TestApp;
use crate::builders::{self, CSRF, demo_officers};
use crate::on_both_stores;
use crate::visitor::Visitor;
use serde_json::json;
use yuanmeng::account::{slider, sms_code};
use yuanmeng::kernel::{Phone, Refusal};
use yuanmeng::union::invitations::{self, Guest, Wanted};
use yuanmeng::union::registrations::{self, State, Typed};
use yuanmeng::union::{Kind, Officer, Role, Union, approval, officers, tree};

pub const PASSWORD: &str = "quiet-river-7";

/// Slider and code for a phone.
pub async fn prove(test: &TestApp, phone: &str) -> String {
    let app = &test.app;
    let challenge = slider::challenge(app).await.unwrap();
    let pass = slider::solve(app, "10.9.9.9", &challenge, &builders::drag())
        .await
        .unwrap();
    sms_code::send(app, &Phone::stored(phone.to_owned()), "10.9.9.9", &pass)
        .await
        .unwrap();
    builders::code_of(test, phone).await
}

/// A registration that is right but for its code.
pub fn typed<'a>(name: &'a str, phone: &'a str, code: &'a str) -> Typed<'a> {
    Typed {
        name,
        contact: "孙主席",
        address: "济南市长清区文昌街道 1 号",
        office_phone: "0531-87220000",
        officer_name: "孙立",
        phone,
        code,
        password: PASSWORD,
        again: PASSWORD,
    }
}

/// An invitation of the officer's union, as who opens its link sees it.
pub async fn invite(test: &TestApp, by: &Officer, kind: Kind, uses: &str) -> Guest {
    let wanted = Wanted {
        kind: kind.as_str(),
        uses,
        days: "14",
    };
    let id = invitations::invite(&test.app, by, &wanted).await.unwrap();
    let invitation = invitations::find(&test.app, by, &id).await.unwrap();
    let path = invitation.path(&test.app).unwrap();
    let token = path.rsplit('/').next().unwrap();
    invitations::by_token(&test.app, token).await.unwrap()
}

/// Files a registration by an invitation.
pub async fn register(test: &TestApp, guest: &Guest, name: &str, phone: &str) -> String {
    let code = prove(test, phone).await;
    registrations::file(&test.app, guest, &typed(name, phone, &code))
        .await
        .unwrap()
}

/// A union that joined under the officer's, with its first officer.
pub async fn joined(test: &TestApp, by: &Officer, kind: Kind, name: &str, phone: &str) -> (Union, Officer) {
    let guest = invite(test, by, kind, "1").await;
    let id = register(test, &guest, name, phone).await;
    let union_id = approval::approve(&test.app, by, &id).await.unwrap();
    let officer = officers::check_password(&test.app, &Phone::stored(phone.to_owned()), PASSWORD)
        .await
        .unwrap();
    (tree::find(&test.app, &union_id).await.unwrap(), officer)
}

/// What the officers' door says to phone and password, from a fresh browser.
pub async fn door(test: &TestApp, phone: &str, password: &str) -> Answer {
    let desk = Desk {
        test,
        cookie: String::new(),
    };
    let page = desk.get("/office/sign-in").await;
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = page.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("phone", phone), ("password", password)];
    Desk { test, cookie }.post("/office/sign-in", &fields).await
}

/// The acts in the trail about a subject, oldest first; `refused` with what and why.
pub async fn trail(test: &TestApp, subject: &str) -> Vec<String> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT act, detail FROM audit WHERE subject_id = $1 ORDER BY id")
            .bind(subject)
            .fetch_all(test.app.db.read())
            .await
            .unwrap();
    let line = |(act, detail): (String, String)| {
        let detail: serde_json::Value = serde_json::from_str(&detail).unwrap();
        match act.as_str() {
            "refused" => format!(
                "refused {} {}",
                detail["act"].as_str().unwrap(),
                detail["code"].as_str().unwrap()
            ),
            _ => act,
        }
    };
    rows.into_iter().map(line).collect()
}

on_both_stores! {
    /// the city invites by a link, a unit registers itself, waits, is approved and told, signs in.
    a_union_joins_by_a_link
}
async fn a_union_joins_by_a_link(test: &TestApp) {
    test.follow("chen").await;
    let [_, _, city] = demo_officers(&test.app).await;
    let desk = Desk::of(test, &city.id).await;
    assert!(desk.get("/office/invitations").await.text.contains("还没有邀请"));
    let made = desk
        .post(
            "/office/invitations",
            &[("csrf", CSRF), ("kind", "unit"), ("uses", "1"), ("days", "14")],
        )
        .await;
    assert_eq!(made.status, 303);
    let shown = desk.get(made.location()).await;
    let link = shown.text.split("/office/join/").nth(1).unwrap();
    let path = format!("/office/join/{}", link.split('<').next().unwrap());
    assert!(
        desk.get(&format!("{}/qr", made.location()))
            .await
            .text
            .contains("<svg")
    );

    let mut guest = Visitor::new(test);
    guest
        .get(&path)
        .await
        .shows("济南市总工会")
        .shows("区县（产业、直属、企业集团）工会");
    let phone = "13700137001";
    let code = guest.code(phone).await;
    let fields = [
        ("name", "济南新材料集团工会"),
        ("contact", "孙主席"),
        ("address", "济南市历城区工业路 8 号"),
        ("office_phone", "0531-88880000"),
        ("officer_name", "孙立"),
        ("phone", phone),
        ("code", &code),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    let filed = guest.post(&path, &fields).await;
    assert_eq!(filed.status, 200);
    filed.shows("data-testid=\"filed\"").hides(PASSWORD);
    guest
        .get(&path)
        .await
        .shows(&Refusal::InvitationUsedUp.text())
        .shows("陈静");

    let waits = door(test, phone, PASSWORD).await;
    assert!(
        waits.text.contains("正在等待“济南市总工会”审核"),
        "{}",
        waits.text
    );
    let wrong = door(test, phone, "not-that-1").await;
    assert!(
        wrong.text.contains(&Refusal::PasswordWrong.text()),
        "only who knows the password is told"
    );
    test.settle().await;
    assert!(
        test.templates("chen")
            .await
            .iter()
            .any(|card| card.contains("工会入网待审批|济南新材料集团工会"))
    );

    let list = desk.get("/office/registrations").await;
    let href = list
        .text
        .split("/office/registrations/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let one = format!("/office/registrations/{href}");
    let opened = desk.get(&one).await;
    assert!(opened.text.contains(phone) && opened.text.contains("0531-88880000"));
    let approved = desk.post(&one, &[("csrf", CSRF), ("verdict", "approve")]).await;
    assert_eq!(
        (approved.status, approved.location()),
        (303, "/office/registrations")
    );
    test.settle().await;
    let told = test.sms(phone).await;
    assert!(
        told.last().unwrap().contains("已通过济南市总工会审核"),
        "{told:?}"
    );
    let entered = door(test, phone, PASSWORD).await;
    assert_eq!((entered.status, entered.location()), (303, "/office"));
    let officer = officers::check_password(&test.app, &Phone::stored(phone.to_owned()), PASSWORD)
        .await
        .unwrap();
    assert_eq!(officer.union.name, "济南新材料集团工会");
    assert!(officer.may(Role::Administrator) && officer.may(Role::Reviewer) && !officer.may(Role::Finance));
    let root = tree::root(&test.app).await.unwrap().unwrap();
    assert_eq!(officer.union.path, format!("{}{}/", root.path, officer.union.id));
    assert_eq!(
        trail(test, href).await,
        ["registration.file", "registration.read", "registration.approve"]
    );
}

on_both_stores! {
    /// following by the QR code, and scanning it, answer with the registration page; the approved officer's WeChat
    /// is the one that scanned.
    a_union_joins_by_a_qr_code
}
async fn a_union_joins_by_a_qr_code(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let invitation = invite(test, &unit, Kind::Street, "2").await.invitation;
    test.sim_post(
        "/sim/users",
        json!({ "user": "sun", "nickname": "孙立", "phone": "13700137002" }),
    )
    .await;
    let scan = json!({ "user": "sun", "scene": invitation.scene() });
    for _ in ["follows by it", "scans it again"] {
        let answer = test.sim_post("/sim/scan", scan.clone()).await;
        assert_eq!(answer["reply"]["kind"], "news", "{answer}");
    }
    let inbox = test.sim_get("/sim/inbox?user=sun").await.to_string();
    let token = inbox.rsplit("/office/join/").next().unwrap();
    let token: String = token
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let guest = invitations::by_token(&test.app, &token).await.unwrap();
    let id = register(test, &guest, "平安街道总工会", "13700137002").await;
    approval::approve(&test.app, &unit, &id).await.unwrap();
    let officer = officers::check_password(&test.app, &Phone::stored("13700137002".to_owned()), PASSWORD)
        .await
        .unwrap();
    assert_eq!(
        officer.openid.as_deref(),
        Some(yuanmeng::sim::openid_of("sun").as_str())
    );
    test.settle().await;
    let cards = test.templates("sun").await;
    assert!(
        cards
            .iter()
            .any(|card| card.contains("工会入网已通过|平安街道总工会")),
        "{cards:?}"
    );
    let rows: Vec<(Option<String>,)> = sqlx::query_as("SELECT scene FROM followers")
        .fetch_all(test.app.db.read())
        .await
        .unwrap();
    assert!(
        !format!("{rows:?}").contains(&token),
        "the store keeps no token in clear"
    );

    invitations::revoke(&test.app, &unit, &invitation.id)
        .await
        .unwrap();
    let answer = test.sim_post("/sim/scan", scan).await.to_string();
    assert!(
        answer.contains("已被撤回") && answer.contains("长清区总工会的李强"),
        "{answer}"
    );
}

on_both_stores! {
    /// two upper officers approve at the same moment: one union, and the second is told who was first.
    two_approve_at_once
}
async fn two_approve_at_once(test: &TestApp) {
    let [_, unit, city] = demo_officers(&test.app).await;
    let guest = invite(test, &unit, Kind::Street, "1").await;
    let id = register(test, &guest, "归德街道总工会", "13700137003").await;
    let (one, two) = tokio::join!(
        approval::approve(&test.app, &unit, &id),
        approval::approve(&test.app, &city, &id)
    );
    let lost = match (one, two) {
        (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => format!("{lost:?}"),
        both => panic!("{both:?}"),
    };
    assert!(
        lost.contains("RegistrationDecided") && (lost.contains("李强") || lost.contains("陈静")),
        "{lost}"
    );
    let streets = tree::choices(&test.app, Some(&unit.union.id)).await.unwrap();
    assert_eq!(streets.iter().filter(|s| s.name == "归德街道总工会").count(), 1);
    let twice = approval::reject(&test.app, &unit, &id, "理由").await;
    assert!(format!("{twice:?}").contains("RegistrationDecided"), "{twice:?}");
}

on_both_stores! {
    /// who is rejected is told why, by SMS and at the door, and may register again by the same invitation.
    a_rejected_union_may_try_again
}
async fn a_rejected_union_may_try_again(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let guest = invite(test, &unit, Kind::Street, "1").await;
    let (phone, name) = ("13700137004", "五峰山街道工会");
    let id = register(test, &guest, name, phone).await;
    let missing = approval::reject(&test.app, &unit, &id, " ").await;
    assert!(format!("{missing:?}").contains("Empty"));
    approval::reject(&test.app, &unit, &id, "名称请与公章一致")
        .await
        .unwrap();
    test.settle().await;
    assert!(test.sms(phone).await.last().unwrap().contains("名称请与公章一致"));
    let told = door(test, phone, PASSWORD).await;
    assert!(
        told.text
            .contains("没有通过“长清区总工会”的审核：名称请与公章一致"),
        "{}",
        told.text
    );

    test.app.clock.advance(61_000);
    test.app
        .cache
        .delete(&format!(
            "sms-gap:{}",
            test.app.phone_index(&Phone::stored(phone.to_owned()))
        ))
        .await
        .unwrap();
    let again = register(test, &guest, "五峰山街道总工会", phone).await;
    approval::approve(&test.app, &unit, &again).await.unwrap();
    assert_eq!(door(test, phone, PASSWORD).await.status, 303);
    assert_eq!(
        approval::list(&test.app, &unit, State::Rejected)
            .await
            .unwrap()
            .len(),
        1
    );
}

on_both_stores! {
    /// a unit that Annex 1 put into the tree, without an officer yet, registers under its name and keeps its places.
    a_unit_of_annex_1_joins
}
async fn a_unit_of_annex_1_joins(test: &TestApp) {
    let [_, _, city] = demo_officers(&test.app).await;
    let unit = builders::union(&test.app, &["市中区总工会"]).await;
    let (joined, officer) = joined(test, &city, Kind::Unit, "市中区总工会", "13700137005").await;
    assert_eq!((joined.id, &officer.union.id), (unit.id.clone(), &unit.id));
    let campaign = yuanmeng::campaign::current(&test.app)
        .await
        .unwrap()
        .unwrap()
        .campaign_id;
    let places = yuanmeng::campaign::places::of_unit(&test.app, &campaign, &unit.id)
        .await
        .unwrap();
    assert_eq!(places.unwrap().total, 350);
    let guest = invite(test, &city, Kind::Unit, "1").await;
    let code = prove(test, "13700137006").await;
    let again = registrations::file(&test.app, &guest, &typed("市中区总工会", "13700137006", &code)).await;
    assert!(
        format!("{again:?}").contains("UnionNameTaken"),
        "now it has one: {again:?}"
    );
}
