//! 公益微课: parts of videos, what an upload may be, who keeps it, what is withdrawn (R-36, R-37).

use super::*;
use crate::acts::{eventually, texts};
use crate::app::Pair;
use crate::on_both_stores;
use crate::visitor::Visitor;
use reqwest::header::{HeaderMap, RANGE};
use reqwest::multipart::Part;
use reqwest::{Method, Response};
use yuanmeng::content::courses_media::VIDEO_MAX;
use yuanmeng::kernel::Refusal;

async fn ask(test: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = test.http.request(method, format!("{}{path}", test.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

on_both_stores! {
    /// RFC 9110, 14: any part of a video is its own bytes; what is not there is 416; what is no range is passed over; a part goes
    /// on only in the very same bytes.
    any_part_of_a_video_is_its_own_bytes
}
async fn any_part_of_a_video_is_its_own_bytes(test: &TestApp) {
    let (_, lessons) = sample(test).await;
    let (path, bytes) = (video_of(&lessons[0]), mp4());
    let size = bytes.len();
    let whole = ask(test, Method::GET, &path, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(whole.status(), 200);
    let headers = whole.headers().clone();
    assert_eq!(header(&headers, "content-length"), size.to_string());
    assert_eq!(header(&headers, "content-type"), "video/mp4");
    assert_eq!(header(&headers, "accept-ranges"), "bytes");
    assert!(header(&headers, "cache-control").contains("max-age=2592000"));
    assert_eq!(header(&headers, "set-cookie"), "");
    assert_eq!(header(&headers, "content-encoding"), "");
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    let etag = header(&headers, "etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() > 20, "{etag}");

    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, size),
        ("bytes=100-199", 100, 200),
        ("bytes=-7", size - 7, size),
        (format!("bytes={}-999999", size - 3).as_str(), size - 3, size),
    ] {
        let part = ask(test, Method::GET, &path, &[("range", range), ("if-range", &etag)]).await;
        assert_eq!(part.status(), 206, "{range}");
        let says = format!("bytes {from}-{}/{size}", to - 1);
        assert_eq!(header(part.headers(), "content-range"), says);
        assert_eq!(header(part.headers(), "content-length"), (to - from).to_string());
        assert_eq!(part.bytes().await.unwrap(), &bytes[from..to], "{range}");
    }
    for range in [format!("bytes={size}-"), "bytes=-0".to_owned()] {
        let nowhere = ask(test, Method::GET, &path, &[("range", &range)]).await;
        assert_eq!(nowhere.status(), 416, "{range}");
        assert_eq!(
            header(nowhere.headers(), "content-range"),
            format!("bytes */{size}")
        );
        assert!(nowhere.bytes().await.unwrap().is_empty());
    }
    for headers in [
        &[("range", "bytes=0-1,5-6")][..],
        &[("range", "bytes=9-1")],
        &[("range", "lines=0-1")],
        &[("range", "bytes=0-1"), ("if-range", "\"other\"")],
        &[
            ("range", "bytes=0-1"),
            ("if-range", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ],
    ] {
        let passed = ask(test, Method::GET, &path, headers).await;
        assert_eq!(passed.status(), 200, "{headers:?}");
        assert_eq!(passed.bytes().await.unwrap(), bytes);
    }
    let head = ask(test, Method::HEAD, &path, &[("range", "bytes=0-1")]).await;
    assert_eq!(head.status(), 200);
    assert_eq!(header(head.headers(), "content-length"), size.to_string());
    assert_eq!(header(head.headers(), "etag"), etag);
    let known = ask(test, Method::GET, &path, &[("if-none-match", &etag)]).await;
    assert_eq!(known.status(), 304);
    let none = ask(
        test,
        Method::GET,
        "/courses/media/nothing",
        &[(RANGE.as_str(), "bytes=0-")],
    )
    .await;
    assert_eq!(none.status(), 404);
}

/// A course with one lesson that waits for its video; the paths of both at the desk.
async fn begun(city: &Desk<'_>) -> (String, String) {
    let course = [
        ("title", "办公软件入门"),
        ("summary", "从认识界面讲起"),
        ("teacher", ""),
    ];
    let page = city.post("/office/courses/new", &course).await;
    assert_eq!(page.status, 303, "{}", page.html);
    let lesson = city
        .post(&format!("{}/lessons/new", page.to), &[("title", "第一课")])
        .await;
    assert_eq!(lesson.status, 303, "{}", lesson.html);
    (page.to, lesson.to)
}

on_both_stores! {
    /// R-36: from an empty course to a lesson that everybody watches; withdrawn it is there for nobody but its keepers.
    a_course_is_made_shown_and_withdrawn
}
async fn a_course_is_made_shown_and_withdrawn(test: &TestApp) {
    let (app, city) = (&test.app, Desk::of_the_city(test).await);
    let mut anybody = Visitor::new(test);
    assert_eq!(
        city.post("/office/courses/new", &[("title", "x")]).await.status,
        422
    );
    let (course, lesson) = begun(&city).await;
    let public = course.strip_prefix("/office").unwrap().to_owned();
    assert_eq!(anybody.get(&public).await.status, 404);
    let link = city
        .post(
            &lesson,
            &[
                ("title", "第一课"),
                ("link", "http://v.example.cn/1"),
                ("version", "1"),
            ],
        )
        .await;
    assert_eq!(link.status, 422);
    link.shows(&Refusal::LinkMalformed.text());
    city.upload(&format!("{lesson}/video"), Part::bytes(mp4()), "")
        .await
        .leads(&lesson);
    let shown = city.get(&lesson).await;
    let preview = shown.html.split("src=\"/office/courses/media/").nth(1).unwrap();
    let file = preview.split('"').next().unwrap().to_owned();
    let (inside, outside) = (
        format!("/office/courses/media/{file}"),
        format!("/courses/media/{file}"),
    );
    assert_eq!(city.get(&inside).await.status, 200);
    assert_eq!(anybody.get(&outside).await.status, 404);
    assert_eq!(anybody.get(&inside).await.status, 303);

    city.post(&format!("{course}/state"), &[("state", "show"), ("version", "1")])
        .await
        .leads(&course);
    anybody
        .get("/courses?words=办公 第一课")
        .await
        .shows("办公软件入门");
    anybody.get("/courses?words=没有的词").await.shows("没有找到");
    let page = anybody.get(&public).await;
    page.shows("第一课").shows("未登录时不记录观看进度");
    let play = page.link(&format!("{public}/lessons/"));
    anybody
        .get(&play)
        .await
        .shows(&outside)
        .shows("playsinline")
        .shows("x5-playsinline");
    assert_eq!(
        ask(test, Method::GET, &outside, &[("range", "bytes=0-9")])
            .await
            .status(),
        206
    );

    // Withdrawn: neither pages nor bytes, and the course with nothing left is not in the list.
    city.post(&format!("{lesson}/state"), &[("state", "hide"), ("version", "2")])
        .await
        .leads(&lesson);
    for gone in [&play, &public, &outside] {
        assert_eq!(anybody.get(gone).await.status, 404, "{gone}");
    }
    assert_eq!(city.get(&inside).await.status, 200);
    city.post(&format!("{lesson}/state"), &[("state", "show"), ("version", "3")])
        .await
        .leads(&lesson);
    assert_eq!(anybody.get(&play).await.status, 200);
    let id = lesson.rsplit('/').next().unwrap();
    let acts = texts(app, "SELECT act FROM audit WHERE subject_id = $1 ORDER BY id", id).await;
    assert_eq!(
        acts,
        ["lesson.add", "lesson.video", "lesson.state", "lesson.state"]
    );
}

on_both_stores! {
    /// R-36: an upload is known by its content; what is refused leaves nothing behind, and what it replaced is deleted.
    an_upload_is_known_by_its_content
}
async fn an_upload_is_known_by_its_content(test: &TestApp) {
    let (app, city) = (&test.app, Desk::of_the_city(test).await);
    let (_, lesson) = begun(&city).await;
    let path = format!("{lesson}/video");
    let html = b"<!doctype html><script>alert(1)</script>".to_vec();
    for (bytes, refusal) in [
        (html, Refusal::VideoWrongType),
        (
            b"\x1a\x45\xdf\xa3webm webm webm".to_vec(),
            Refusal::VideoWrongType,
        ),
        (mp4()[..9].to_vec(), Refusal::VideoWrongType),
        (Vec::new(), Refusal::FileEmpty),
    ] {
        let file = Part::bytes(bytes.clone()).file_name("a.mp4");
        let page = city.upload(&path, file, "").await;
        assert_eq!(page.status, 422);
        page.shows(&refusal.text());
        let file = Part::bytes(bytes).file_name("a.mp4");
        let page = city.upload(&path, file, "application/json").await;
        page.shows(refusal.code());
    }
    let none = files_left(test).await;
    assert_eq!(none, 2, "only the demo's videos");
    city.upload(&path, Part::bytes(mp4()), "").await.leads(&lesson);
    let mut longer = mp4();
    longer.extend([0; 1000]);
    let page = city.upload(&path, Part::bytes(longer), "application/json").await;
    page.shows(&format!("\"next\":\"{lesson}\""));
    eventually("the replaced video is deleted", async || {
        let rows = texts(app, "SELECT id FROM public_files WHERE id <> $1", "").await;
        rows.len() == 3 && files_left(test).await == 3
    })
    .await;
    city.post(&format!("{path}/drop"), &[]).await.leads(&lesson);
    eventually("the dropped video is deleted", async || {
        files_left(test).await == 2
    })
    .await;
    // Nobody without the right, and nothing without the token before the file.
    let [street, ..] = builders::demo_officers(app).await;
    let other = Desk::of(test, &street.id).await;
    let page = other.upload(&path, Part::bytes(mp4()), "").await;
    assert_eq!(page.status, 404);
    let cover = city
        .upload(
            &format!("{}/cover", lesson.split("/lessons").next().unwrap()),
            Part::bytes(mp4()),
            "",
        )
        .await;
    assert_eq!(cover.status, 422);
}

/// R-36: 200 MB and not a byte more; the browser gets to read why, and nothing of it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_video_too_large_is_told_so() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let city = Desk::of_the_city(&test).await;
    let (_, lesson) = begun(&city).await;
    let head = mp4()[..64].to_vec();
    let zeros = reqwest::Body::wrap_stream(futures_util::stream::iter(
        std::iter::once(Ok::<_, std::io::Error>(head))
            .chain((0..VIDEO_MAX / 1_048_576).map(|_| Ok(vec![0; 1_048_576]))),
    ));
    let page = city
        .upload(
            &format!("{lesson}/video"),
            Part::stream(zeros),
            "application/json",
        )
        .await;
    assert_eq!(page.status, 413);
    page.shows("video_too_large");
    assert_eq!(files_left(&test).await, 2);
    test.stop().await;
}
