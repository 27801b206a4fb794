//! axe-core over the officers' pages, at a PC's width.

use crate::app::{Pair, TestApp};
use crate::axe::Findings;
use crate::browser::Browser;
use crate::builders::{demo_officers, street, submitted};
use crate::office::{invite, register};
use crate::steps::{id, signed_in};
use anyhow::Result;
use yuanmeng::union::Kind;

struct Tour<'a> {
    test: &'a TestApp,
    pc: &'a Browser,
    findings: Findings,
}

impl Tour<'_> {
    async fn open(&mut self, path: &str) -> Result<()> {
        self.pc.goto(&format!("{}{path}", self.test.url)).await?;
        self.look(path).await
    }

    async fn look(&mut self, name: &str) -> Result<()> {
        self.findings.look(self.pc, name).await
    }
}

/// and ux.md: sign-in, queue, desk, decision, unions, invitations, officers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_officers() -> Result<()> {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let officers = demo_officers(&test.app).await;
    let (_, application) = submitted(&test, 1, &street).await;
    submitted(&test, 2, &street).await;
    let [_, unit, city] = &officers;
    let guest = invite(&test, unit, Kind::Street, "2").await;
    let registration = register(&test, &guest, "归德街道总工会", "13700137003").await;
    let pc = Browser::pc().await?;
    let findings = Findings::default();
    let mut tour = Tour {
        test: &test,
        pc: &pc,
        findings,
    };
    for path in [
        "/office",
        "/office/reset",
        &guest.invitation.path(&test.app).unwrap(),
    ] {
        tour.open(path).await?;
    }
    pc.click(&id("submit")).await?;
    tour.look("join with errors").await?;
    pc.goto(&format!("{}/office/sign-in", test.url)).await?;
    pc.click(&id("sign-in")).await?;
    tour.look("sign-in with errors").await?;

    signed_in(&test, &pc, "officer", &officers[0].id).await?;
    for path in [
        "/office",
        "/office?tab=all",
        "/office/me",
        "/office/unions",
        "/office/nothing",
    ] {
        tour.open(path).await?;
    }
    tour.open(&format!("/office/applications/{application}")).await?;
    pc.click(&id("decide")).await?;
    tour.look("desk with errors").await?;

    signed_in(&test, &pc, "officer", &unit.id).await?;
    let of_unit = |path: &str| format!("/office/unions/{}{path}", street.id);
    for path in [
        "/office/invitations".to_owned(),
        format!("/office/invitations/{}", guest.invitation.id),
        "/office/registrations".to_owned(),
        format!("/office/registrations/{registration}"),
        "/office/unions".to_owned(),
        of_unit(""),
        of_unit("/rename"),
        of_unit("/move"),
        of_unit("/close"),
        of_unit("/officers"),
        format!("/office/officers/{}", officers[0].id),
    ] {
        tour.open(&path).await?;
    }
    signed_in(&test, &pc, "officer", &city.id).await?;
    for path in [
        "/office/unions",
        "/office/articles",
        "/office/articles/new",
        "/office/stations",
        "/office/stations/import",
        "/office/courses",
        "/office/courses/new",
    ] {
        tour.open(path).await?;
    }
    pc.click(&id("submit")).await?;
    tour.look("course with errors").await?;
    tour.open("/office/stations/new").await?;
    pc.click(&id("submit")).await?;
    tour.look("station with errors").await?;
    for (path, links) in [
        ("/office/stations", &["open"][..]),
        ("/office/courses", &["open", "open-lesson"]),
    ] {
        pc.goto(&format!("{}{path}", test.url)).await?;
        for link in links {
            pc.click(&id(link)).await?;
            tour.look(link).await?;
        }
    }
    tour.findings.none()?;
    drop(pc);
    test.stop().await;
    Ok(())
}
