//! What the city publishes: written, timed, public, withdrawn; attachments; who may (issue 6, 6; ).

use super::{Answer, Desk, officer};
use crate::app::TestApp;
use crate::builders::{CSRF, demo_officers, picture};
use crate::made;
use crate::on_both_stores;
use rust_xlsxwriter::Workbook;
use serde_json::json;
use yuanmeng::content::articles::{Kind, edit, files, latest, plan_2021};
use yuanmeng::kernel::time::{HOUR, MINUTE};
use yuanmeng::union::Role;

const NEW: &str = "/office/articles/new";

/// The centre's administrator, who acts for the city.
async fn city(test: &TestApp) -> Desk<'_> {
    Desk::of(test, &demo_officers(&test.app).await[2].id).await
}

/// What anybody sees.
async fn public(test: &TestApp, path: &str) -> Answer {
    Answer::of(test.http.get(format!("{}{path}", test.url))).await
}

/// Saves a draft and gives its page in the office.
async fn draft(desk: &Desk<'_>, kind: &str, title: &str, body: &str) -> String {
    let fields = [
        ("csrf", CSRF),
        ("wish", "save"),
        ("section", kind),
        ("title", title),
        ("body", body),
    ];
    let made = desk.post(NEW, &fields).await;
    assert_eq!(made.status, 303, "{}", made.text);
    made.location().to_owned()
}

/// Posts to one of an article's forms with the version that its page shows.
async fn act(desk: &Desk<'_>, page: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
    let version = desk.get(page).await.field("version");
    let mut all = vec![("csrf", CSRF), ("version", &version)];
    all.extend_from_slice(fields);
    desk.post(&format!("{page}{what}"), &all).await
}

/// Its public address.
async fn address(test: &TestApp, page: &str) -> String {
    let [_, _, centre] = demo_officers(&test.app).await;
    let id = page.rsplit('/').next().unwrap();
    edit::find(&test.app, &centre, id).await.unwrap().head.path()
}

/// What the account answers to a text.
async fn said(test: &TestApp, text: &str) -> String {
    let said = test
        .sim_post("/sim/say", json!({ "user": "wang", "text": text }))
        .await;
    said["reply"]["text"].as_str().unwrap_or_default().to_owned()
}

/// The trail's lines about articles since the demo's data, oldest first.
async fn acts(test: &TestApp) -> Vec<String> {
    let sql = "SELECT act FROM audit WHERE subject_kind = 'article' AND actor_kind = 'officer' ORDER BY id";
    sqlx::query_scalar(sql)
        .fetch_all(test.app.db.read())
        .await
        .unwrap()
}

on_both_stores! {
    /// a draft is nobody's business, a timed one waits for its time, a withdrawn one is gone; each step in the trail.
    an_article_lives_from_draft_to_withdrawal
}
async fn an_article_lives_from_draft_to_withdrawal(test: &TestApp) {
    let (desk, app) = (city(test).await, &test.app);
    test.follow("wang").await;
    let page = draft(
        &desk,
        "policy",
        "关于秋季批次的通知",
        "秋季入学的职工**注意**时间。",
    )
    .await;
    let path = address(test, &page).await;
    let hidden = async |when: &str| {
        for place in [path.as_str(), "/policies", "/"] {
            let shown = public(test, place).await;
            assert!(!shown.text.contains("关于秋季批次的通知"), "{when}: {place}");
        }
        assert_eq!(public(test, &path).await.status, 404, "{when}");
        assert!(!said(test, "政策").await.contains("秋季批次"), "{when}");
    };
    hidden("draft").await;

    // In Shanghai's time, as the field of the page sends it.
    let later = app.now().plus(2 * HOUR).iso_text()[..16].to_owned();
    let timed = act(&desk, &page, "/publish", &[("publish_at", &later)]).await;
    assert_eq!(timed.status, 303, "{}", timed.text);
    assert!(desk.get(&page).await.text.contains("定于 "));
    hidden("timed").await;
    app.clock.advance(2 * HOUR + MINUTE);
    let shown = public(test, &path).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("<strong>注意</strong>") && shown.text.contains("4000123318"));
    for list in ["/policies", "/"] {
        let list = public(test, list).await;
        assert!(list.text.contains(&format!("href=\"{path}\"")), "{}", list.text);
    }
    let answer = said(test, "通知").await;
    assert!(
        answer.contains(&app.link(&path)) && answer.contains("4000123318"),
        "{answer}"
    );
    // The address belongs to its list alone.
    assert_eq!(
        public(test, &path.replace("/policies/", "/news/")).await.status,
        404
    );

    let words = [
        ("wish", "save"),
        ("title", "关于秋季批次的补充通知"),
        ("body", "改过的正文"),
    ];
    assert_eq!(act(&desk, &page, "", &words).await.status, 303);
    assert!(public(test, &path).await.text.contains("改过的正文"));
    assert_eq!(act(&desk, &page, "/pin", &[("on", "on")]).await.status, 303);
    assert!(public(test, "/policies").await.text.contains("置顶"));
    assert_eq!(act(&desk, &page, "/withdraw", &[]).await.status, 303);
    assert_eq!(public(test, &path).await.status, 404);
    assert!(!public(test, "/policies").await.text.contains(&path));
    // Back again, under its former day.
    assert_eq!(
        act(&desk, &page, "/publish", &[("publish_at", "2022-03-01T08:00")])
            .await
            .status,
        303
    );
    assert!(public(test, "/policies?year=2022").await.text.contains(&path));
    assert!(public(test, &path).await.text.contains("2022年3月1日"));
    assert_eq!(
        acts(test).await,
        [
            "article.add",
            "article.publish",
            "article.edit",
            "article.pin",
            "article.withdraw",
            "article.publish"
        ]
    );
}

on_both_stores! {
    /// Issue 6: two who write at once: the second is told with the words kept, and nothing of the first is lost; a preview
    /// saves nothing; what is wrong is told at once.
    nobody_writes_over_anybody
}
async fn nobody_writes_over_anybody(test: &TestApp) {
    let desk = city(test).await;
    let page = draft(&desk, "news", "服务站新址", "第一稿").await;
    let version = desk.get(&page).await.field("version");
    let save = async |body: &str| {
        let fields = [
            ("csrf", CSRF),
            ("wish", "save"),
            ("version", &version),
            ("section", "news"),
            ("title", "服务站新址"),
            ("body", body),
        ];
        desk.post(&page, &fields).await
    };
    assert_eq!(save("甲的第二稿").await.status, 303);
    let second = save("乙的第二稿").await;
    assert_eq!(second.status, 409);
    assert!(second.text.contains("乙的第二稿") && second.text.contains("有人改过"));
    for what in ["/publish", "/withdraw", "/pin"] {
        let stale = [("csrf", CSRF), ("version", version.as_str())];
        assert_eq!(
            desk.post(&format!("{page}{what}"), &stale).await.status,
            409,
            "{what}"
        );
    }
    let typed = [
        ("wish", "preview"),
        ("section", "news"),
        ("title", "x"),
        ("body", "# 预览\n<script>alert(1)</script>"),
    ];
    let preview = act(&desk, &page, "", &typed).await;
    assert_eq!(preview.status, 200);
    assert!(preview.text.contains("<h2>预览</h2>") && preview.text.contains("&lt;script&gt;alert(1)"));
    assert!(!preview.text.contains("<script>alert"));
    let wrong = [
        ("wish", "save"),
        ("section", "blog"),
        ("title", "x"),
        ("body", " "),
    ];
    let wrong = act(&desk, &page, "", &wrong).await;
    assert_eq!(wrong.status, 422);
    for text in ["标题：太短了", "正文：请填写此项", "栏目：请从列表中选择"] {
        assert!(wrong.text.contains(text), "{text}: {}", wrong.text);
    }
    let late = act(&desk, &page, "/publish", &[("publish_at", "明天")]).await;
    assert!(late.status == 422 && late.text.contains("发布时间：请选择正确的日期"));
    let now = desk.get(&page).await;
    assert!(now.text.contains("甲的第二稿") && !now.text.contains("乙的第二稿"));
    assert!(now.text.contains("草稿"));
}

async fn upload(desk: &Desk<'_>, page: &str, name: &str, bytes: Vec<u8>) -> Answer {
    let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new()
        .text("csrf", CSRF)
        .part("file", part);
    let request = desk.test.http.post(format!("{}{page}/files", desk.test.url));
    Answer::of(request.header("cookie", &desk.cookie).multipart(form)).await
}

fn table() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "名额").unwrap();
    book.save_to_buffer().unwrap()
}

on_both_stores! {
    /// attachments by content, under their Chinese names, for as long as the article is public; a removed one's bytes
    /// are deleted.
    attachments_come_and_go_with_their_article
}
async fn attachments_come_and_go_with_their_article(test: &TestApp) {
    let (desk, app) = (city(test).await, &test.app);
    let body = "![流程](流程-图.png)\n\n[名额表](附件1-名额表.xlsx)，![没有](别处.png)";
    let page = draft(&desk, "policy", "带附件的通知", body).await;
    let path = address(test, &page).await;
    for (name, bytes) in [
        ("流程 图.jpg", picture()),
        ("附件1：名额表.xlsx", table()),
        ("方案.pdf", made::pdf(40, None)),
    ] {
        let done = upload(&desk, &page, name, bytes).await;
        assert_eq!(done.status, 303, "{name}: {}", done.text);
    }
    for (name, bytes, words) in [
        (
            "通知.pdf",
            b"<!doctype html><script>alert(1)</script>".to_vec(),
            "附件只能是 PDF",
        ),
        ("a.docx", b"PK\x03\x04 not an archive".to_vec(), "附件只能是 PDF"),
        ("a.gif", b"GIF89a".to_vec(), "文件不完整"),
        ("a.pdf", made::locked_pdf(), "设置了密码"),
        ("空.pdf", Vec::new(), "文件是空的"),
        ("大.pdf", vec![b'%'; files::MAX_BYTES + 1], "超过了 10 MB"),
    ] {
        let refused = upload(&desk, &page, name, bytes).await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(
            refused.text.contains(words) && refused.text.contains("流程-图.png"),
            "{name}: {}",
            refused.text
        );
    }
    let article = page.rsplit('/').next().unwrap();
    let kept = files::of(app, article).await.unwrap();
    let names: Vec<&str> = kept.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["流程-图.png", "附件1-名额表.xlsx", "方案.pdf"]);
    let at = |path: &str, n: usize| format!("{path}/files/{}", kept[n].id);
    assert_eq!(public(test, &at(&path, 1)).await.status, 404, "not public yet");
    assert_eq!(desk.get(&at(&page, 1)).await.status, 200, "its keepers see it");

    assert_eq!(act(&desk, &page, "/publish", &[]).await.status, 303);
    let shown = public(test, &path).await;
    assert!(
        shown
            .text
            .contains(&format!("<img src=\"{}\" alt=\"流程\"", at(&path, 0)))
    );
    assert!(
        shown
            .text
            .contains(&format!("<a href=\"{}\">名额表</a>", at(&path, 1)))
    );
    assert!(shown.text.contains("［图片：没有］") && shown.text.contains("方案.pdf"));
    let given = public(test, &at(&path, 1)).await;
    assert_eq!(given.header("content-type"), files::FileType::Xlsx.as_str());
    assert_eq!(given.header("x-content-type-options"), "nosniff");
    assert_eq!(
        given.header("content-disposition"),
        "attachment; filename=\"attachment.xlsx\"; filename*=UTF-8''%E9%99%84%E4%BB%B61-%E5%90%8D%E9%A2%9D%E8%A1%A8.xlsx"
    );
    assert!(
        public(test, &at(&path, 0))
            .await
            .header("content-disposition")
            .starts_with("inline;")
    );
    let again = test.http.get(format!("{}{}", test.url, at(&path, 1)));
    let again = Answer::of(again.header("if-none-match", given.header("etag"))).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    // Another article's address does not lead to it.
    let other = format!("/policies/{}", plan_2021::SLUG);
    assert_eq!(public(test, &at(&other, 1)).await.status, 404);

    // The same name again replaces; the former one's bytes are deleted.
    assert_eq!(
        upload(&desk, &page, "方案.PDF", made::pdf(2, None)).await.status,
        303
    );
    let removed = desk
        .post(&format!("{}/remove", at(&page, 0)), &[("csrf", CSRF)])
        .await;
    assert_eq!(removed.status, 303);
    test.settle().await;
    for gone in [0, 2] {
        assert_eq!(public(test, &at(&path, gone)).await.status, 404);
        assert!(files::bytes_of(app, &kept[gone]).await.is_err());
    }
    assert_eq!(files::of(app, article).await.unwrap().len(), 2);
    assert_eq!(act(&desk, &page, "/withdraw", &[]).await.status, 303);
    assert_eq!(
        public(test, &at(&path, 1)).await.status,
        404,
        "withdrawn with its article"
    );
    let lines = acts(test).await;
    assert_eq!(lines.iter().filter(|act| *act == "article.attach").count(), 4);
    assert_eq!(lines.iter().filter(|act| *act == "article.detach").count(), 1);
}

on_both_stores! {
    /// the city's administrators alone; for others it is not there, or not theirs, and the trail says that they tried.
    only_the_city_publishes
}
async fn only_the_city_publishes(test: &TestApp) {
    let app = &test.app;
    let [street, unit, centre] = demo_officers(app).await;
    let page = draft(&city(test).await, "policy", "市里的通知", "正文").await;
    let reviewer = officer(
        test,
        &centre.union,
        "13700137009",
        &[Role::Reviewer, Role::Supervisor],
    )
    .await;
    for (who, status) in [(&street.id, 404), (&unit.id, 404), (&reviewer, 403)] {
        let desk = Desk::of(test, who).await;
        for path in ["/office/articles", NEW, &page] {
            assert_eq!(desk.get(path).await.status, status, "{path}");
        }
        assert!(!desk.get("/office?tab=all").await.text.contains("tab-content"));
        let fields = [
            ("csrf", CSRF),
            ("version", "1"),
            ("wish", "save"),
            ("section", "policy"),
            ("title", "别人的"),
            ("body", "x"),
        ];
        for path in [
            NEW.to_owned(),
            page.clone(),
            format!("{page}/publish"),
            format!("{page}/withdraw"),
            format!("{page}/pin"),
        ] {
            assert_eq!(desk.post(&path, &fields).await.status, status, "{path}");
        }
        assert_eq!(upload(&desk, &page, "a.png", picture()).await.status, status);
    }
    let stranger = public(test, "/office/articles").await;
    assert_eq!(stranger.status, 303);
    assert!(stranger.location().starts_with("/office/sign-in"));
    let id = page.rsplit('/').next().unwrap();
    let article = edit::find(app, &centre, id).await.unwrap();
    assert_eq!(
        (article.head.title.as_str(), article.head.version),
        ("市里的通知", 1)
    );
    let refused = super::campaigns::refused(test).await;
    assert_eq!(refused.len(), 3 * 6, "{refused:?}");
    assert!(refused.iter().any(|line| line == "article.publish not_allowed"));
    assert!(
        city(test)
            .await
            .get("/office?tab=all")
            .await
            .text
            .contains("tab-content")
    );
}

on_both_stores! {
    /// Issue 6: the source's own plan is the first 政策通知, under its day; its tables and links stand in the page.
    the_plan_of_2021_is_the_first_notice
}
async fn the_plan_of_2021_is_the_first_notice(test: &TestApp) {
    let app = &test.app;
    let path = format!("/policies/{}", plan_2021::SLUG);
    for list in ["/", "/policies", "/policies?year=2021"] {
        assert!(public(test, list).await.text.contains(&path), "{list}");
    }
    assert!(!public(test, "/policies?year=2020").await.text.contains(&path));
    assert!(!public(test, "/news").await.text.contains(&path));
    let shown = public(test, &path).await;
    for words in [
        "2021年2月19日",
        "济工办〔2021〕3号",
        "<td>历下区总工会</td>",
        "<td>3245</td>",
        "<a href=\"https://zgjy.jngh.org.cn\">",
    ] {
        assert!(shown.text.contains(words), "{words}");
    }
    assert!(public(test, "/news").await.text.contains("示例数据"));
    // Bringing it in again changes nothing.
    let mut tx = app.db.write().await.unwrap();
    let system = yuanmeng::audit::Actor::System;
    assert!(!plan_2021::publish(app, &mut tx, &system).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(latest(app, Kind::Policy, 9).await.unwrap().len(), 1);
    for odd in [
        "/policies?page=99&year=x",
        "/policies?year=99999999999",
        "/policies?page=-1",
        "/news?page=0",
    ] {
        assert_eq!(public(test, odd).await.status, 200, "{odd}");
    }
}
