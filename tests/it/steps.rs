//! What a worker does in a browser, step by step, whichever door they came in by: from the questions to the submitted
//! application, and mending what an officer asks for. Each page is kept as a picture, may not be wider than the screen,
//! and is looked over by axe-core.

use crate::app::TestApp;
use crate::axe::Findings;
use crate::browser::Browser;
use crate::builders;
use anyhow::{Context as _, Result};
use serde_json::json;
use std::path::PathBuf;
use yuanmeng::application::{DocumentKind, FormText};
use yuanmeng::cli::seed;
use yuanmeng::kernel::{Phone, code};

/// The selector of a `data-testid`.
pub fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

/// Signs a browser in without the doors; `who` is `worker` or `officer`. A worker's proof of being themselves is fresh.
pub async fn signed_in(test: &TestApp, page: &Browser, who: &str, id: &str) -> Result<()> {
    let cookie = builders::session(&test.app, who, id).await;
    let secret = cookie.split_once('=').context("a cookie")?.1;
    let key = format!("session:{}", code::sha256_hex(secret.as_bytes()));
    let entries = test.app.cache.get(&key).await?.context("a session")?;
    let mut entries: serde_json::Value = serde_json::from_str(&entries)?;
    if let Some(entries) = entries.as_object_mut() {
        // The pages then make a token of their own, with the worker's mark.
        entries.remove("csrf");
    }
    entries["proved"] = json!(test.app.now().0);
    let hour = std::time::Duration::from_secs(3600);
    test.app.cache.set(&key, &entries.to_string(), hour).await?;
    // A page that has no session, so that the browser has no cookie that a script could not replace.
    page.goto(&format!("{}/healthz", test.url)).await?;
    page.forget_cookies().await?;
    page.script("document.cookie = arguments[0] + '; path=/'", vec![json!(cookie)])
        .await?;
    Ok(())
}

/// A choice, whether the page shows it as a list or as buttons.
async fn pick(page: &Browser, field: &str, value: &str) -> Result<()> {
    if page.has(&format!("select#f-{field}")).await? {
        return page.choose(&format!("#f-{field}"), value).await;
    }
    page.click(&format!("input[name={field}][value=\"{value}\"]"))
        .await
}

/// One worker on one way through the pages.
pub struct Walk<'a> {
    pub test: &'a TestApp,
    pub page: &'a Browser,
    /// Begins the names of the pictures.
    name: &'static str,
    /// What is typed into the form.
    form: FormText,
    /// A page inside the simulated phone has that phone's width.
    in_frame: bool,
    findings: Findings,
    shots: usize,
}

impl<'a> Walk<'a> {
    /// Pages that fill the browser.
    pub fn new(test: &'a TestApp, page: &'a Browser, name: &'static str, form: FormText) -> Self {
        Walk {
            test,
            page,
            name,
            form,
            in_frame: false,
            findings: Findings::default(),
            shots: 0,
        }
    }

    /// Pages in the webview of the simulated phone.
    pub fn in_frame(self) -> Self {
        Walk {
            in_frame: true,
            ..self
        }
    }

    /// Looks at the page: a picture, its width, axe-core.
    pub async fn shot(&mut self, what: &str) -> Result<()> {
        const WIDER: &str = "const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1)
                .map(e => e.tagName + '.' + e.className)";
        let wider = self.page.script(WIDER, vec![]).await?;
        anyhow::ensure!(
            wider.as_array().is_none_or(Vec::is_empty),
            "{what}: wider than the screen: {wider}"
        );
        self.shots += 1;
        let name = format!("{}-{:02}-{what}", self.name, self.shots);
        self.page.screenshot(&name).await?;
        if self.in_frame {
            self.findings.look(self.page, &name).await
        } else {
            self.findings.look_at_both_widths(self.page, &name).await
        }
    }

    /// A picture of what is no page of ours: the phone around it.
    pub async fn picture(&mut self, what: &str) -> Result<()> {
        self.shots += 1;
        let name = format!("{}-{:02}-{what}", self.name, self.shots);
        self.page.screenshot(&name).await?;
        Ok(())
    }

    /// Fails with what axe-core found on the way.
    pub fn accessible(&self) -> Result<()> {
        self.findings.none()
    }

    /// Slider and code, where the page asks for a phone's proof; the number is typed where there is a field for it. Gives the
    /// code, which is to be typed.
    pub async fn asked_for_code(&self, number: &str) -> Result<String> {
        let index = self.test.app.phone_index(&Phone::stored(number.to_owned()));
        self.test.app.cache.delete(&format!("sms-gap:{index}")).await?;
        if self.page.has("#f-phone").await? {
            self.page.fill("#f-phone", number).await?;
        }
        const ROOM: &str = "const s = document.querySelector('[data-slider]');
            return s.clientWidth - s.querySelector('.knob').offsetWidth";
        let room = self.page.script(ROOM, vec![]).await?;
        let room = room.as_u64().context("the slider's room")?;
        self.page
            .drag_slider(&id("slider-knob"), u32::try_from(room)?)
            .await?;
        self.page.wait_for(&format!("{}.done", id("slider"))).await?;
        let before = self.test.sms(number).await.len();
        self.page.click(&id("send-code")).await?;
        crate::acts::eventually("an SMS comes", async || {
            self.test.sms(number).await.len() > before
        })
        .await;
        Ok(builders::code_of(self.test, number).await)
    }

    /// The questions of the self-check, answered so that one may apply.
    pub async fn check_eligibility(&mut self) -> Result<()> {
        let page = self.page;
        page.click(&id("check")).await?;
        for (name, value) in [
            ("work", "jinan"),
            ("post", "worker"),
            ("level", "大专"),
            ("entry", "yes"),
            ("agreed", "yes"),
        ] {
            page.click(&format!("input[name={name}][value=\"{value}\"]"))
                .await?;
        }
        self.shot("eligibility-questions").await?;
        page.click(&id("submit")).await?;
        page.wait_for(&id("eligible")).await?;
        self.shot("eligible").await
    }

    /// From the list of tasks to the first paper.
    pub async fn fill_in(&mut self) -> Result<()> {
        self.page.wait_for(&id("tasks")).await?;
        self.shot("tasks").await?;
        self.choose_union().await?;
        self.write_and_print().await?;
        self.tick_checks().await
    }

    async fn choose_union(&mut self) -> Result<()> {
        let page = self.page;
        page.click(&id("task-union")).await?;
        page.wait_for(&id(&format!("union-{}", seed::UNIT))).await?;
        self.shot("union").await?;
        page.click(&id(&format!("union-{}", seed::UNIT))).await?;
        page.click(&id("submit")).await?;
        page.wait_for(&id(&format!("union-{}", seed::STREET))).await?;
        self.shot("street").await?;
        page.click(&id(&format!("union-{}", seed::STREET))).await?;
        page.click(&id("submit")).await
    }

    async fn fill_form(&self) -> Result<()> {
        for field in [
            "name",
            "id_number",
            "address",
            "card",
            "employer",
            "employer_contact",
            "employer_address",
            "employer_phone",
            "entry_date",
            "institution",
            "major",
        ] {
            self.page
                .fill(&format!("#f-{field}"), self.form.get(field))
                .await?;
        }
        for field in ["sex", "post", "migrant", "level", "degree"] {
            pick(self.page, field, self.form.get(field)).await?;
        }
        Ok(())
    }

    async fn write_and_print(&mut self) -> Result<()> {
        let page = self.page;
        page.wait_for("#f-id_number").await?;
        // First with a slip, to see it told and the rest kept.
        self.fill_form().await?;
        page.fill("#f-card", "6217001234567890123").await?;
        page.wait_for_text(&id("draft-state"), "已保存").await?;
        self.shot("form").await?;
        page.click(&id("submit")).await?;
        page.wait_for(&id("errors")).await?;
        self.shot("form-error").await?;
        page.fill("#f-card", self.form.get("card")).await?;
        page.click(&id("submit")).await?;
        page.wait_for(&id("sheet")).await?;
        self.shot("print").await?;
        page.click(&id("next")).await
    }

    async fn tick_checks(&mut self) -> Result<()> {
        for n in 1..=4 {
            self.page.click(&id(&format!("check_{n}"))).await?;
        }
        self.shot("checks").await?;
        self.page.click(&id("submit")).await?;
        self.page.wait_for("#papers-left").await
    }

    /// A photo on this machine's disk.
    pub fn photo(&self) -> PathBuf {
        let path = self.test.app.config.stores.data_dir.join("photo.png");
        std::fs::write(&path, builders::picture()).unwrap();
        path
    }

    /// Uploads these papers; a bad file is told at its place first, and the others are not touched by it.
    pub async fn upload(&mut self, kinds: impl Iterator<Item = DocumentKind>) -> Result<()> {
        let photo = self.photo();
        let bad = photo.with_file_name("bad.jpg");
        std::fs::write(&bad, b"<!doctype html><html>")?;
        for (n, kind) in kinds.enumerate() {
            if n == 0 {
                self.page.attach(&id(&format!("photo-{kind}")), &bad).await?;
                self.page
                    .wait_for_text(&format!("#doc-{kind} .err"), "这是一个网页文件")
                    .await?;
                self.shot("document-refused").await?;
            }
            self.page.attach(&id(&format!("photo-{kind}")), &photo).await?;
            self.page
                .wait_for_text(&id(&format!("state-{kind}")), "已上传")
                .await?;
        }
        self.page.script("scrollTo(0, 0)", vec![]).await?;
        self.shot("documents").await
    }

    /// 提交前核对 and the submission.
    pub async fn submit(&mut self) -> Result<()> {
        self.page.click(&id("next")).await?;
        self.page.wait_for_text("main", "提交前核对").await?;
        self.shot("confirm").await?;
        self.page.click(&id("submit")).await?;
        self.page.wait_for_text(&id("state"), "审核中").await?;
        self.shot("submitted").await
    }

    /// The returned application's page: the officer's words, the receipt to replace and nothing else; then again to the
    /// officers.
    pub async fn mend_receipt(&mut self) -> Result<()> {
        let page = self.page;
        page.wait_for(&id("correction")).await?;
        self.shot("returned").await?;
        let links = "return document.querySelectorAll('[data-testid^=mend-]').length";
        anyhow::ensure!(page.script(links, vec![]).await? == json!(1), "one thing to mend");
        page.click(&id("mend-receipt")).await?;
        page.wait_for(&id("doc-receipt")).await?;
        self.shot("mend").await?;
        let open = "return [].map.call(document.querySelectorAll('[data-testid^=photo-]'), e => e.dataset.testid).join()";
        let open = page.script(open, vec![]).await?;
        anyhow::ensure!(
            open == json!("photo-receipt"),
            "only what is asked for is open: {open}"
        );
        page.attach(&id("photo-receipt"), &self.photo()).await?;
        page.wait_for_text("#papers-left", "重新提交").await?;
        self.shot("mended").await?;
        page.click(&id("next")).await?;
        page.click(&id("resubmit")).await?;
        page.wait_for_text(&id("state"), "审核中").await?;
        self.shot("resubmitted").await
    }
}
