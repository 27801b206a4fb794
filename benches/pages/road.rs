//! The main road, request by request: a worker from sign-up to the submitted application, three officers.

use crate::browser::Browser;
use crate::demo::Demo;
use anyhow::{Context as _, Result, ensure};
use chrono::Datelike as _;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::Value;
use std::time::Duration;
use yuanmeng::application::DocumentKind;
use yuanmeng::cli::seed;

const PHONE: &str = "13800138001";

/// Slider, SMS code, account.
pub async fn sign_up(demo: &Demo, me: &mut Browser) -> Result<()> {
    for path in ["/", "/apply", "/apply/check", "/sign-up?next=/apply"] {
        me.get(path).await?;
    }
    let challenge: Value = serde_json::from_str(&me.get("/slider").await?.html)?;
    let track: Vec<(i32, i32)> = (0..=20).map(|i| (i * 50, i * 20)).collect();
    let track = serde_json::to_string(&track)?;
    let fields = [
        (
            "challenge",
            challenge["challenge"].as_str().context("a challenge")?,
        ),
        ("track", &track),
    ];
    let solved = me.json("/slider", &fields).await?;
    let pass = solved["pass"].as_str().with_context(|| solved.to_string())?;
    me.json("/sms/code", &[("phone", PHONE), ("pass", pass)]).await?;
    let code = code(demo).await?;
    let typed = [
        ("phone", PHONE),
        ("code", code.as_str()),
        ("name", "王小梅"),
        ("employer", "济南示范机械有限公司"),
        ("next", "/apply"),
    ];
    let page = me.post("/sign-up", &typed).await?;
    ensure!(page.to == "/apply", "{}", page.html);
    Ok(())
}

/// The code in the simulator's newest text message.
async fn code(demo: &Demo) -> Result<String> {
    let inbox: Value = reqwest::get(format!("{}/sim/inbox?phone={PHONE}", demo.sim_url))
        .await?
        .json()
        .await?;
    let newest = inbox["items"]
        .as_array()
        .and_then(|items| items.last())
        .context("a text message")?;
    let text = newest["text"].as_str().unwrap_or_default();
    Ok(text
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect())
}

/// Union, form, paper, documents: everything up to 提交前核对.
pub async fn write(me: &mut Browser) -> Result<()> {
    me.get("/apply").await?;
    me.post("/apply", &[]).await?;
    let unit = me
        .get("/apply/union")
        .await?
        .radio(&format!("union-{}", seed::UNIT))?;
    let below = me.post("/apply/union", &[("union", &unit)]).await?.to;
    let street = me.get(&below).await?.radio(&format!("union-{}", seed::STREET))?;
    me.post("/apply/union", &[("union", &street), ("within", &unit)])
        .await?;
    me.get("/apply/form").await?;
    let entry = format!("{}-09-01", chrono::Utc::now().year());
    let page = me.post("/apply/form", &form(&entry)).await?;
    ensure!(page.to == "/apply/print", "{}", page.html);
    me.get("/apply/print").await?;
    me.post("/apply/print", &[]).await?;
    let checks = ["check_1", "check_2", "check_3", "check_4"].map(|name| (name, "yes"));
    me.post("/apply/documents/checks", &checks).await?;
    for kind in DocumentKind::needed(true) {
        me.upload(&format!("/apply/documents/{kind}"), photo()?).await?;
    }
    Ok(())
}

fn form(entry: &str) -> [(&'static str, &str); 17] {
    [
        ("name", "王小梅"),
        ("id_number", "370102199003070024"),
        ("sex", "女"),
        ("phone", PHONE),
        ("address", "济南市长清区崮云湖街道 1 号"),
        ("card", "6222021602001234568"),
        ("employer", "济南示范机械有限公司"),
        ("employer_contact", "刘主任"),
        ("employer_address", "济南市长清区工业南路 9 号"),
        ("employer_phone", "0531-85826289"),
        ("post", "worker"),
        ("migrant", "no"),
        ("entry_date", entry),
        ("level", "大专"),
        ("degree", "no"),
        ("institution", "山东开放大学"),
        ("major", "机电一体化技术"),
    ]
}

/// As a telephone's camera makes them, in size: three megapixels, about a megabyte.
fn photo() -> Result<Vec<u8>> {
    let image = RgbImage::from_fn(2048, 1536, |x, y| {
        let noise =
            (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 28;
        image::Rgb([(x / 8 + noise) as u8, (y / 6 + noise) as u8, 99])
    });
    let mut out = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut out, ImageFormat::Jpeg)?;
    Ok(out.into_inner())
}

/// The application goes in.
pub async fn submit(me: &mut Browser) -> Result<()> {
    let page = me.post("/apply/confirm", &[]).await?;
    ensure!(page.to == "/progress", "{}", page.html);
    Ok(())
}

/// Street, unit and centre sign in, look at form and papers, and pass it.
pub async fn decide_three_times(demo: &Demo, worker: &mut Browser) -> Result<()> {
    for officer in &seed::OFFICERS {
        let mut me = Browser::new(demo)?;
        me.get("/office/sign-in").await?;
        let typed = [
            ("phone", officer.phone),
            ("password", seed::PASSWORD),
            ("next", "/office"),
        ];
        ensure!(
            me.post("/office/sign-in", &typed).await?.to == "/office",
            "signing in"
        );
        let queue = me.get("/office").await?;
        let path = format!(
            "/office/applications/{}",
            queue.between("/office/applications/", "\"")?
        );
        let desk = me.get(&path).await?;
        let paper = desk.between(&format!("{path}/documents/"), "\"")?;
        me.get(&format!("{path}/documents/{paper}")).await?;
        let version = desk.between("name=\"version\" value=\"", "\"")?;
        me.post(
            &path,
            &[("version", &version), ("verdict", "pass"), ("reason", "")],
        )
        .await?;
        worker.get("/progress").await?;
    }
    // Each step's messages are on their way meanwhile.
    for _ in 0..100 {
        if worker.get("/progress").await?.html.contains("审核通过") {
            tokio::time::sleep(Duration::from_secs(2)).await;
            return Ok(());
        }
    }
    anyhow::bail!("the application was not approved")
}
