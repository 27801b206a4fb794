//! Bad input at the unions' doors: each a plain sentence, nothing changed, one line in the trail (issue 5; ).

use super::joining::{PASSWORD, invite, joined, prove, register, trail, typed};
use super::{Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, union};
use crate::on_both_stores;
use crate::visitor::Visitor;
use yuanmeng::error::Error;
use yuanmeng::kernel::Refusal;
use yuanmeng::kernel::time::DAY;
use yuanmeng::union::registrations::{self, State, Typed};
use yuanmeng::union::{Kind, Role, approval, invitations};

on_both_stores! {
    /// R-25, bad input: an expired, a revoked, a used and an invented link open a plain page with whom to ask.
    links_that_hold_no_more
}
async fn links_that_hold_no_more(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let used = invite(test, &unit, Kind::Street, "1").await.invitation;
    let guest = invitations::by_token(
        &test.app,
        used.path(&test.app).unwrap().rsplit('/').next().unwrap(),
    )
    .await
    .unwrap();
    register(test, &guest, "双泉街道总工会", "13700137011").await;
    let revoked = invite(test, &unit, Kind::Street, "1").await.invitation;
    invitations::revoke(&test.app, &unit, &revoked.id).await.unwrap();
    let old = invite(test, &unit, Kind::Street, "1").await.invitation;
    let mut visitor = Visitor::new(test);
    visitor.get("/office/sign-in").await;
    for (invitation, refusal) in [
        (&used, Refusal::InvitationUsedUp),
        (&revoked, Refusal::InvitationRevoked),
    ] {
        let path = invitation.path(&test.app).unwrap();
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 410);
        page.shows(&refusal.text())
            .shows("请联系长清区总工会的李强重新邀请")
            .shows("4000123318");
        let last = trail(test, &invitation.id).await.pop().unwrap();
        assert_eq!(last, format!("refused registration.file {}", refusal.code()));
    }
    test.app.clock.advance(14 * DAY);
    let path = old.path(&test.app).unwrap();
    assert_eq!(visitor.get(&path).await.status, 410);
    let posted = visitor.post(&path, &[("name", "双泉街道总工会")]).await;
    assert!(posted.status == 410 || posted.status == 403, "{}", posted.status);
    let page = visitor.get("/office/join/invented").await;
    assert_eq!(page.status, 410);
    page.shows(&Refusal::InvitationUnknown.text()).shows("上级工会");
    assert_eq!(
        approval::list(&test.app, &unit, State::Pending)
            .await
            .unwrap()
            .len(),
        1,
        "nothing changed"
    );
}

fn code_of<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Invalid(fields)) => {
            let told = fields
                .0
                .iter()
                .map(|(field, refusal)| format!("{field} {}", refusal.code()));
            told.collect::<Vec<_>>().join(", ")
        }
        Err(Error::Refused(refusal)) => refusal.code().to_owned(),
        Err(Error::NotFound) => "not_found".to_owned(),
        other => panic!("{other:?}"),
    }
}

on_both_stores! {
    /// R-25, bad input: every line of the registration form, the union's name that exists, phones that are known.
    registrations_that_are_refused
}
async fn registrations_that_are_refused(test: &TestApp) {
    let [_, unit, _] = demo_officers(&test.app).await;
    let guest = invite(test, &unit, Kind::Street, "5").await;
    let filed = async |typed: &Typed<'_>| code_of(registrations::file(&test.app, &guest, typed).await);
    let empty = filed(&Typed::default()).await;
    for field in [
        "name",
        "contact",
        "address",
        "office_phone",
        "officer_name",
        "phone",
        "code",
        "password",
        "again",
    ] {
        assert!(empty.contains(&format!("{field} empty")), "{empty}");
    }
    let (name, phone) = ("万德街道总工会", "13700137021");
    let code = prove(test, phone).await;
    let right = typed(name, phone, &code);
    for (wrong, expected) in [
        (
            Typed {
                name: "工会",
                ..right.clone()
            },
            "name too_short",
        ),
        (
            Typed {
                name: "崮云湖街道总工会",
                ..right.clone()
            },
            "name union_name_taken",
        ),
        (
            Typed {
                office_phone: "八七二二",
                ..right.clone()
            },
            "office_phone contact_phone_malformed",
        ),
        (
            Typed {
                phone: "1370013702",
                ..right.clone()
            },
            "phone phone_malformed",
        ),
        (
            Typed {
                phone: "17000137021",
                ..right.clone()
            },
            "phone phone_virtual",
        ),
        (
            Typed {
                password: "12345678",
                again: "12345678",
                ..right.clone()
            },
            "password password_simple",
        ),
        (
            Typed {
                password: "x13700137021",
                again: "x13700137021",
                ..right.clone()
            },
            "password password_is_phone",
        ),
        (
            Typed {
                again: "another-1",
                ..right.clone()
            },
            "again passwords_differ",
        ),
        (
            Typed {
                code: "000000",
                ..right.clone()
            },
            "code sms_code_wrong",
        ),
        (
            Typed {
                phone: "13700137099",
                ..right.clone()
            },
            "code sms_code_none",
        ),
    ] {
        assert_eq!(filed(&wrong).await, expected);
    }
    registrations::file(&test.app, &guest, &right).await.unwrap();
    let code = prove(test, "13700137022").await;
    assert_eq!(
        filed(&typed(name, "13700137022", &code)).await,
        "name union_name_taken",
        "one that waits has its name already"
    );
    let fresh = format!(
        "sms-gap:{}",
        test.app
            .phone_index(&yuanmeng::kernel::Phone::stored(phone.to_owned()))
    );
    test.app.cache.delete(&fresh).await.unwrap();
    let code = prove(test, phone).await;
    assert_eq!(
        filed(&typed("张夏街道总工会", phone, &code)).await,
        "phone officer_phone_waits"
    );
    let code = prove(test, "13900139001").await;
    assert_eq!(
        filed(&typed("张夏街道总工会", "13900139001", &code)).await,
        "phone officer_phone_taken"
    );
    let pending = approval::list(&test.app, &unit, State::Pending).await.unwrap();
    assert_eq!(pending.len(), 1, "nothing changed by what was refused");
    let refused = trail(test, &guest.invitation.id).await;
    assert_eq!(
        refused.iter().filter(|line| line.starts_with("refused")).count(),
        14,
        "{refused:?}"
    );
}

on_both_stores! {
    /// to an officer of another branch unions, officers, invitations and registrations are not there; without the
    /// role they are there and not to be changed.
    nothing_outside_the_subtree
}
async fn nothing_outside_the_subtree(test: &TestApp) {
    let [street, unit, _] = demo_officers(&test.app).await;
    let guest = invite(test, &unit, Kind::Street, "5").await;
    let registration = register(test, &guest, "马山街道总工会", "13700137031").await;
    let elsewhere = union(&test.app, &["历下区总工会"]).await;
    let stranger = officer(test, &elsewhere, "13900139008", &[Role::Administrator]).await;
    let reviewer = officer(
        test,
        &unit.union,
        "13900139007",
        &[Role::Reviewer, Role::Finance, Role::Supervisor],
    )
    .await;
    let (stranger, reviewer) = (Desk::of(test, &stranger).await, Desk::of(test, &reviewer).await);
    let (street_union, invitation) = (&street.union.id, &guest.invitation.id);
    let gets = [
        format!("/office/unions/{street_union}"),
        format!("/office/unions?at={street_union}"),
        format!("/office/unions/{street_union}/rename"),
        format!("/office/unions/{street_union}/move"),
        format!("/office/unions/{street_union}/close"),
        format!("/office/unions/{street_union}/officers"),
        format!("/office/officers/{}", street.id),
        format!("/office/invitations/{invitation}"),
        format!("/office/invitations/{invitation}/qr"),
        format!("/office/registrations/{registration}"),
    ];
    for path in &gets {
        assert_eq!(stranger.get(path).await.status, 404, "{path}");
    }
    let posts = [
        format!("/office/unions/{street_union}/rename"),
        format!("/office/unions/{street_union}/move"),
        format!("/office/unions/{street_union}/close"),
        format!("/office/unions/{street_union}/officers"),
        format!("/office/officers/{}", street.id),
        format!("/office/officers/{}/leave", street.id),
        format!("/office/officers/{}/unbind", street.id),
        format!("/office/invitations/{invitation}/revoke"),
        format!("/office/registrations/{registration}"),
    ];
    let fields = [
        ("csrf", CSRF),
        ("name", "改过的名称"),
        ("phone", "13900139006"),
        ("role_reviewer", "on"),
        ("to", elsewhere.id.as_str()),
        ("confirm", "on"),
        ("verdict", "approve"),
    ];
    for path in &posts {
        assert_eq!(stranger.post(path, &fields).await.status, 404, "{path}");
        assert_eq!(reviewer.post(path, &fields).await.status, 403, "{path}");
        assert_eq!(
            stranger.post(path, &fields[1..]).await.status,
            403,
            "{path} without its token"
        );
    }
    assert_eq!(reviewer.post("/office/invitations", &fields).await.status, 403);
    assert_eq!(reviewer.get("/office/registrations").await.status, 403);
    let seen = reviewer.get(&gets[0]).await;
    assert!(seen.status == 200 && !seen.text.contains("data-testid=\"rename\""));
    assert!(
        !stranger
            .get("/office/unions?words=崮云湖")
            .await
            .text
            .contains("/office/unions/0")
    );
    assert_eq!(
        approval::list(&test.app, &unit, State::Pending)
            .await
            .unwrap()
            .len(),
        1,
        "nothing changed"
    );
    assert!(
        trail(test, street_union)
            .await
            .contains(&"refused union.close not_found".to_owned())
    );
}

on_both_stores! {
    /// R-25, bad input: an invitation for a kind that does not belong there, and for no number of unions or days.
    invitations_that_cannot_be
}
async fn invitations_that_cannot_be(test: &TestApp) {
    let [_, unit, city] = demo_officers(&test.app).await;
    let desk = Desk::of(test, &unit.id).await;
    for (kind, uses, days) in [
        ("unit", "1", "14"),
        ("city", "1", "14"),
        ("street", "0", "14"),
        ("street", "一", "14"),
        ("street", "1", "31"),
        ("", "", ""),
    ] {
        let fields = [("csrf", CSRF), ("kind", kind), ("uses", uses), ("days", days)];
        let answer = desk.post("/office/invitations", &fields).await;
        assert_eq!(answer.status, 422, "{kind} {uses} {days}");
        assert!(answer.text.contains("请从列表中选择一项"));
    }
    assert!(invitations::list(&test.app, &unit).await.unwrap().is_empty());
    let (company, boss) = joined(test, &unit, Kind::Enterprise, "长清机械公司工会", "13700137041").await;
    assert_eq!(company.kind, Kind::Enterprise);
    let below = invite(test, &boss, Kind::Enterprise, "1").await;
    assert_eq!(below.invitation.union.id, company.id);
    assert!(
        invitations::find(&test.app, &city, &below.invitation.id)
            .await
            .is_ok(),
        "from above it is seen"
    );
    assert!(
        invitations::find(&test.app, &boss, &below.invitation.id)
            .await
            .is_ok()
    );
    assert_ne!(PASSWORD, "");
}
