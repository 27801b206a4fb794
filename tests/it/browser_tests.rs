//! The browser helpers against small pages served here.

use super::*;
use crate::guarded::is_running;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Html, Multipart};
use poem::{Request, Route, Server, get, handler, post};

const PAGE: &str = r#"<!doctype html><html lang=zh-CN><meta charset=utf-8>
<meta name=viewport content="width=device-width,initial-scale=1"><title>试验</title>
<style>body{margin:0;font-size:16px}#track{width:300px;height:44px;background:#ddd;position:relative}
#handle{width:44px;height:44px;background:#07c160;position:absolute;left:0;touch-action:none}</style>
<h1>求学圆梦行动</h1>
<div style="height:1500px">职工补助申请</div>
<div id=track><div id=handle></div></div><p id=slid>请向右滑动</p>
<form method=post action=/upload enctype=multipart/form-data>
<input id=name name=name value=旧><input id=born name=born type=date>
<select id=level name=level><option value=a>专科<option value=b>本科</select>
<label>上传<input id=file name=file type=file hidden></label><button id=send>提交</button></form>
<p id=late hidden>审核通过</p>
<iframe id=inner src=/frame width=300 height=80></iframe>
<script>
let from=null,moves=0;const h=document.getElementById('handle'),slid=document.getElementById('slid');
h.onpointerdown=e=>{from=e.clientX;h.setPointerCapture(e.pointerId)};
h.onpointermove=e=>{if(from!==null){moves++;h.style.left=(e.clientX-from)+'px'}};
h.onpointerup=e=>{slid.textContent=`${e.pointerType} ${e.clientX-from} px, ${moves>5?'many':moves} moves, trusted ${e.isTrusted}`;from=null};
setTimeout(()=>document.getElementById('late').hidden=false,600);
</script></html>"#;

#[handler]
async fn page() -> Html<&'static str> {
    Html(PAGE)
}

#[handler]
async fn frame() -> Html<&'static str> {
    Html("<meta charset=utf-8><button id=yes onclick=\"this.textContent='已同意'\">同意</button>")
}

#[handler]
async fn echo(request: &Request) -> String {
    request.header("accept-language").unwrap_or("none").to_string()
}

#[handler]
async fn upload(mut form: Multipart) -> poem::Result<Html<String>> {
    let mut seen = Vec::new();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_string();
        let file = field.file_name().map(str::to_string);
        let bytes = field.bytes().await?;
        seen.push(match file {
            Some(file) => format!("{name}: {file} {} bytes", bytes.len()),
            None => format!("{name}: {}", String::from_utf8_lossy(&bytes)),
        });
    }
    Ok(Html(format!(
        "<meta charset=utf-8><p id=seen>{}</p>",
        seen.join("; ")
    )))
}

/// Serves the pages for the length of the test; returns their address.
async fn serve() -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let port = acceptor.local_addr()[0].as_socket_addr().unwrap().port();
    let app = Route::new()
        .at("/", get(page))
        .at("/frame", get(frame))
        .at("/language", get(echo))
        .at("/upload", post(upload));
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
    format!("http://127.0.0.1:{port}")
}

async fn inner_width(browser: &Browser) -> Result<(u64, u64)> {
    let size = browser
        .script("return [innerWidth, screen.width]", vec![])
        .await?;
    Ok((
        size[0].as_u64().unwrap_or_default(),
        size[1].as_u64().unwrap_or_default(),
    ))
}

#[tokio::test]
async fn the_phone_is_375_wide_and_slides_with_a_finger() -> Result<()> {
    let site = serve().await;
    let browser = Browser::phone().await?;
    browser.goto(&site).await?;
    assert_eq!(inner_width(&browser).await?, (375, 375));
    browser.drag_slider("#handle", 256).await?;
    browser
        .wait_for_text("#slid", "touch 256 px, many moves, trusted true")
        .await?;
    let picture = std::fs::read(browser.screenshot("self-test-phone").await?)?;
    let picture = image::load_from_memory(&picture)?;
    assert_eq!((picture.width(), picture.height()), (2 * PHONE.0, 2 * PHONE.1));
    Ok(())
}

#[tokio::test]
async fn a_form_with_a_file_and_a_frame_is_filled_in_by_a_phone() -> Result<()> {
    let site = serve().await;
    let browser = Browser::phone().await?;
    browser.goto(&site).await?;
    browser.enter_frame("#inner").await?;
    browser.click("#yes").await?;
    browser.wait_for_text("#yes", "已同意").await?;
    browser.leave_frame().await?;
    browser.wait_for("#late").await?;

    let file = tempfile::Builder::new().suffix(".jpg").tempfile()?;
    std::fs::write(file.path(), [7; 321])?;
    browser.fill("#name", "王小梦").await?;
    browser.fill("#born", "1990-03-01").await?;
    browser.choose("#level", "b").await?;
    browser.attach("#file", file.path()).await?;
    browser.click("#send").await?;
    browser
        .wait_for_text("#seen", "name: 王小梦; born: 1990-03-01; level: b; file: ")
        .await?;
    assert!(browser.text("#seen").await?.ends_with(" 321 bytes"));
    assert_eq!(browser.path().await?, "/upload");
    Ok(())
}

#[tokio::test]
async fn phone_and_pc_together_speak_chinese_and_leave_nothing_behind() -> Result<()> {
    let site = serve().await;
    let (phone, pc) = Browser::phone_and_pc().await?;
    for browser in [&phone, &pc] {
        browser.goto(&format!("{site}/language")).await?;
        let language = browser.text("body").await?;
        assert!(language.starts_with("zh-CN"), "Accept-Language: {language}");
    }
    pc.goto(&site).await?;
    assert_eq!(inner_width(&pc).await?.0, u64::from(PC.0));
    pc.drag_slider("#handle", 200).await?;
    pc.wait_for_text("#slid", "mouse 200 px, many moves, trusted true")
        .await?;
    pc.screenshot("self-test-pc").await?;
    assert!(!pc.has("#nothing").await?);

    let drivers = [&phone, &pc].map(|browser| (browser.driver.pid(), browser.driver.dir.clone()));
    let family: Vec<u32> = drivers.iter().flat_map(|(pid, _)| descendants(*pid)).collect();
    assert!(family.len() > 4, "Chromium has many processes: {family:?}");
    drop((phone, pc));
    let left: Vec<&u32> = family.iter().filter(|pid| is_running(**pid)).collect();
    assert!(left.is_empty(), "still running: {left:?}");
    assert!(drivers.iter().all(|(_, dir)| !dir.exists()));
    Ok(())
}

#[tokio::test]
async fn what_does_not_come_is_an_error_with_a_picture_and_the_source() -> Result<()> {
    let site = serve().await;
    let browser = Browser::pc().await?.impatient(Duration::from_secs(3));
    browser.goto(&site).await?;
    let error = browser
        .wait_for_text("h1", "没有的字")
        .await
        .expect_err("no such text")
        .to_string();
    assert!(
        error.contains("求学圆梦行动"),
        "it says what is there instead: {error}"
    );
    let kept = |label: &str| {
        error
            .lines()
            .find_map(|line| line.trim().strip_prefix(label).map(PathBuf::from))
    };
    let (picture, source) = (kept("picture: ").unwrap(), kept("source: ").unwrap());
    assert!(std::fs::read(&picture)?.starts_with(b"\x89PNG"));
    assert!(std::fs::read_to_string(&source)?.contains("职工补助申请"));
    std::fs::remove_file(picture)?;
    std::fs::remove_file(source)?;

    let away = browser
        .goto("http://example.com/")
        .await
        .expect_err("nothing outside is reached");
    assert!(away.to_string().contains("ERR_"), "{away}");
    Ok(())
}

/// All processes below this one.
fn descendants(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children: String = tasks
        .map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default() + " ")
        .collect();
    children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}
