//! The worker's pages over HTTP, as a browser without script sends them, and as the page's script does.

use crate::app::{Pair, TestApp};
use crate::builders::{self, demo_officers, picture, street, submitted, union, worker};
use crate::on_both_stores;
use crate::visitor::{Visitor, drag};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use yuanmeng::application::{self, Application};
use yuanmeng::cli::seed;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::Verdict;
use yuanmeng::review::decide::{Decision, decide};

on_both_stores!(
    /// …: the whole road without script, from the questions to the number.
    a_worker_applies_without_script
);

async fn a_worker_applies_without_script(test: &TestApp) {
    let mut me = Visitor::new(test);
    me.get("/apply")
        .await
        .shows("每人 <strong>1000 元")
        .shows("3245 个");
    me.get("/apply/check").await.shows("长清区总工会");
    me.post("/apply/check", &[("work", "jinan")])
        .await
        .shows("第 2 题：");
    let answers = [
        ("work", "jinan"),
        ("post", "worker"),
        ("level", "大专"),
        ("entry", "yes"),
        ("agreed", "yes"),
    ];
    me.post("/apply/check", &answers)
        .await
        .shows("您可以申请")
        .shows("/sign-up?next=/apply?checked=yes");

    me.get("/sign-up?next=/apply?checked=yes").await;
    let phone = builders::phone(1);
    let code = me.code(&phone).await;
    let typed = |code| {
        [
            ("phone", phone.as_str()),
            ("code", code),
            ("name", "王小梅"),
            ("employer", "济南示范机械有限公司"),
            ("next", "/apply"),
        ]
    };
    let wrong = me.post("/sign-up", &typed("000000x")).await;
    wrong
        .shows("验证码不正确，还可以再试 4 次")
        .shows("value=\"王小梅\"");
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    me.post("/sign-up", &typed(&code)).await.leads("/apply");

    me.get("/apply").await.shows("注册成功");
    me.post("/apply", &[]).await.leads("/apply");
    me.get("/apply").await.shows("选择工会").shows("继续：选择工会");
    choose_union(&mut me).await;
    fill_in(&mut me, test).await;
    papers(&mut me).await;

    me.get("/apply/confirm")
        .await
        .shows("6222021602001234568")
        .shows("崮云湖街道总工会")
        .hides("还不能提交");
    me.post("/apply/confirm", &[]).await.leads("/progress");
    // A second tap: the same answer.
    me.post("/apply/confirm", &[]).await.leads("/progress");
    me.get("/progress")
        .await
        .shows("提交成功，申请编号")
        .shows("已占用 1 个名额")
        .shows("崮云湖街道总工会");
    me.get("/apply").await.leads("/progress");
    me.post("/apply/form/later", &[("name", "别人")])
        .await
        .leads("/apply");
    assert_eq!(
        me.json("/apply/form/draft", &[("name", "别人")]).await.1["error"]["code"],
        "not_editable"
    );
}

/// level by level, corrected until submission.
async fn choose_union(me: &mut Visitor<'_>) {
    let list = me.get("/apply/union").await;
    list.shows("请向单位所在工会咨询")
        .shows("产业、直属单位工会名单中查找");
    me.post("/apply/union", &[]).await.shows("请从列表中选择一项");
    let industry = list.radio("union-济南市医务工会");
    me.post("/apply/union", &[("union", &industry)])
        .await
        .leads("/apply/form");
    let unit = list.radio(&format!("union-{}", seed::UNIT));
    let below = me.post("/apply/union", &[("union", &unit)]).await.to;
    let below = me.get(&below).await;
    below.hides("济南市医务工会</span>");
    let street = below.radio(&format!("union-{}", seed::STREET));
    me.post("/apply/union", &[("union", &street), ("within", &unit)])
        .await
        .leads("/apply");
    me.get("/apply").await.shows("已选择崮云湖街道总工会");
}

/// saved right or wrong, never looking like submitted; all that is wrong is told at once.
async fn fill_in(me: &mut Visitor<'_>, test: &TestApp) {
    let (status, answer) = me
        .json("/apply/form/draft", &[("name", "王"), ("address", "济南<b>")])
        .await;
    assert_eq!(
        (status, answer["print_again"].as_bool()),
        (StatusCode::OK, Some(false))
    );
    let text = answer["text"].as_str().unwrap();
    assert!(
        text.starts_with("已保存 ") && text.ends_with("（尚未提交）"),
        "{text}"
    );
    me.get("/apply/form").await.shows("value=\"济南&#60;b&#62;\"");
    me.get("/apply/print").await.leads("/apply/form");
    let again = me
        .post(
            "/apply/form",
            &[("name", "王小梅"), ("id_number", "370102199003070021")],
        )
        .await;
    again
        .shows("身份证号校验不通过")
        .shows("请填写报读院校")
        .shows("value=\"370102199003070021\"");

    let form = builders::form(&test.app, 1);
    let fields: Vec<_> = application::form::FIELDS
        .iter()
        .map(|(name, _)| (*name, form.get(name)))
        .collect();
    me.post("/apply/form", &fields).await.leads("/apply/print");
    me.get("/apply/print")
        .await
        .shows("单位公章或工会公章")
        .shows("职工文化事业发展中心审核意见")
        .shows("第 1 版");
    me.get("/apply").await.shows("待打印");
    me.post("/apply/print", &[]).await.leads("/apply/print");
    me.get("/apply").await.shows("已打印").hides("需重新打印");
}

///
async fn papers(me: &mut Visitor<'_>) {
    me.get("/apply/documents").await.shows("按要求正确填写申请表");
    me.post("/apply/documents/checks", &[("check_1", "yes")])
        .await
        .shows("请逐项确认");
    let all = [
        ("check_1", "yes"),
        ("check_2", "yes"),
        ("check_3", "yes"),
        ("check_4", "yes"),
    ];
    me.post("/apply/documents/checks", &all)
        .await
        .leads("/apply/documents");
    for kind in ["stamped_form", "receipt", "chsi_report", "id_front", "id_back"] {
        me.upload(kind, picture(), "text/html")
            .await
            .leads(&format!("/apply/documents#doc-{kind}"));
    }
    // A bad one gets its own message, the others stay.
    let bad = me.upload("bank_card", b"no picture".to_vec(), "text/html").await;
    bad.shows("只能上传 jpg、jpeg、png、gif 图片或 pdf 文件")
        .shows("还有 <strong>1</strong> 份");
    let empty = me.upload("bank_card", Vec::new(), "application/json").await;
    assert_eq!(
        serde_json::from_str::<Value>(&empty.html).unwrap()["error"]["code"],
        "file_empty"
    );
    let large = me
        .upload("bank_card", vec![0xFF; 3 * 1024 * 1024 + 1], "application/json")
        .await;
    assert_eq!(
        serde_json::from_str::<Value>(&large.html).unwrap()["error"]["code"],
        "file_too_large"
    );
    me.get("/apply/confirm").await.shows("还没有上传“工商银行卡正面”");
    let good = me.upload("bank_card", picture(), "application/json").await;
    assert_eq!(good.status, StatusCode::OK);
    let list = me.get("/apply/documents").await;
    list.shows("材料齐了");
    let own = me.get(&list.link("/apply/documents/")).await;
    assert_eq!(own.status, StatusCode::OK);

    // a change after printing makes paper and stamp out of date.
    me.post("/apply/form/later", &[("major", "会计")])
        .await
        .leads("/apply");
    me.get("/apply").await.shows("需重新打印").shows("需重新上传");
    me.get("/apply/confirm").await.shows("申请表修改过了");
    me.upload("stamped_form", picture(), "text/html")
        .await
        .leads("/apply/documents#doc-stamped_form");
    me.get("/apply").await.shows("可以提交");
}

async fn returned(test: &TestApp, id: &str, corrections: &[&str]) -> Application {
    let officer = &demo_officers(&test.app).await[0];
    let seen = application::find(&test.app, id).await.unwrap();
    let corrections: Vec<String> = corrections.iter().map(|c| (*c).to_owned()).collect();
    let decision = Decision {
        application_id: id,
        version_seen: seen.version,
        verdict: Verdict::Return,
        reason: "缴费凭证看不清，卡号请核对",
        corrections: &corrections,
    };
    decide(&test.app, officer, &decision).await.unwrap();
    application::find(&test.app, id).await.unwrap()
}

on_both_stores!(
    /// a returned application shows the officer's words, the deadline and only what is to be mended.
    a_returned_application_is_mended
);

async fn a_returned_application_is_mended(test: &TestApp) {
    let street = street(&test.app).await;
    let (worker, id) = submitted(test, 7, &street).await;
    let mut me = Visitor::signed_in(test, &worker.id).await;
    let before = me
        .request(Method::GET, "/progress.json")
        .send()
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();
    returned(test, &id, &["receipt"]).await;
    let after = me
        .request(Method::GET, "/progress.json")
        .send()
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();
    assert_ne!(before, after, "R-18: the open page notices");

    let page = me.get("/progress").await;
    page.shows("缴费凭证看不清，卡号请核对")
        .shows("名额为您保留")
        .shows("12月")
        .shows("mend-receipt")
        .hides("mend-card");
    me.get("/apply/documents")
        .await
        .shows("需更换")
        .shows("doc-receipt")
        .hides("doc-bank_card");
    me.get("/apply").await.leads("/progress");
    let refused = me.upload("bank_card", picture(), "application/json").await;
    assert_eq!(
        serde_json::from_str::<Value>(&refused.html).unwrap()["error"]["code"],
        "not_editable"
    );
    me.upload("receipt", picture(), "text/html").await;
    me.get("/apply/documents")
        .await
        .shows("已更换")
        .shows("回到进度，重新提交");
    me.post("/progress/resubmit", &[]).await.leads("/progress");
    me.post("/progress/resubmit", &[]).await.leads("/progress");
    me.get("/progress").await.shows("审核中").hides("请补正以下内容");

    // A field to be mended asks for a new stamp as well, and says so when it is missing.
    returned(test, &id, &["major"]).await;
    me.get("/apply/form").await.shows("f-major").hides("f-card");
    me.get("/progress").await.shows("去修改").hides("mend-print");
    // The script saves while it is typed: nothing is left to be changed when the button is pressed.
    me.json("/apply/form/draft", &[("major", "会计")]).await;
    me.post("/apply/form", &[("major", "会计"), ("card", "1")])
        .await
        .leads("/apply/print");
    me.get("/apply/print")
        .await
        .shows("data-testid=\"print\"")
        .shows("请重新打印、盖章")
        .shows("href=\"/progress\">进度");
    me.get("/progress")
        .await
        .shows("已修改")
        .hides("去修改")
        .shows("mend-print")
        .shows("去打印");
    me.post("/apply/print", &[]).await.leads("/apply/print");
    me.get("/progress").await.shows("已打印");
    me.get("/apply/documents").await.shows("打印新的申请表");
    let again = me.post("/progress/resubmit", &[]).await;
    again
        .shows("请重新打印、盖章并上传新的盖章申请表")
        .shows("mend-stamped_form");
    let form = application::find(&test.app, &id)
        .await
        .unwrap()
        .form(&test.app)
        .unwrap();
    assert_eq!(
        (form.get("major"), form.get("card")),
        ("会计", "6222021602001234568"),
        "R-22"
    );
}

on_both_stores!(
    /// the waiting list's position, live; leaving frees the place and asks first.
    the_waiting_list_is_live
);

async fn the_waiting_list_is_live(test: &TestApp) {
    let two = union(&test.app, &["国际医学中心总工会"]).await;
    let (first, _) = submitted(test, 1, &two).await;
    submitted(test, 2, &two).await;
    submitted(test, 3, &two).await;
    let (fourth, _) = submitted(test, 4, &two).await;
    let mut me = Visitor::signed_in(test, &fourth.id).await;
    let page = me.get("/progress").await;
    page.shows("您排在候补第 2 位").shows("候补中").shows("自动递补");
    let stamp = |html: &str| {
        html.split("data-stamp=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let before = stamp(&page.html);

    let mut other = Visitor::signed_in(test, &first.id).await;
    other.get("/progress/withdraw").await.shows("不能要回");
    other.post("/progress/withdraw", &[]).await.leads("/progress");
    other.post("/progress/withdraw", &[]).await.leads("/progress");
    other.get("/progress").await.shows("已撤回").shows("重新申请");
    let page = me.get("/progress").await;
    page.shows("您排在候补第 1 位");
    assert_ne!(stamp(&page.html), before, "what others move is noticed too");
    other.post("/apply", &[]).await.leads("/apply");
    other.get("/apply").await.shows("选择工会");
}

/// outside the window the dates are told, a draft stays and can be filled in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_window_the_dates_are_told() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let worker = worker(&test, 1).await;
    builders::ready(&test, &worker, 1, &street).await;
    test.app.clock.advance(40 * DAY);
    let mut me = Visitor::signed_in(&test, &worker.id).await;
    me.get("/apply").await.shows("现在不在申请时间内");
    let page = me.post("/apply/confirm", &[]).await;
    page.shows("现在不在申请时间内")
        .shows("已填写的内容会为您保留")
        .shows(" disabled");
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = me.json("/apply/form/draft", &[("major", "会计")]).await;
    assert_eq!(status, StatusCode::OK);
    test.stop().await;
}

/// Bad input at the doors: each gets its own words, and what was typed stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doors_answer_in_words() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let mut me = Visitor::new(&test);
    me.get("/apply/form").await.leads("/sign-in?next=%2Fapply%2Fform");
    me.get("/sign-in?next=//evil.example")
        .await
        .shows("name=\"next\" value=\"/\"");
    // no code without the slider; a used pass, a jump and an invented challenge do not hold.
    let code_of =
        |answer: (StatusCode, Value)| answer.1["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        code_of(me.json("/sms/code", &[("phone", "13800138001")]).await),
        "slider_missing"
    );
    assert_eq!(
        code_of(
            me.json("/sms/code", &[("phone", "16200138001"), ("pass", "x")])
                .await
        ),
        "phone_virtual",
        "R-6"
    );
    assert_eq!(
        code_of(
            me.json("/slider", &[("challenge", "x"), ("track", &drag())])
                .await
        ),
        "slider_failed"
    );
    let challenge = me.challenge().await;
    let jump = [("challenge", challenge.as_str()), ("track", "[[0,0],[1000,5]]")];
    assert_eq!(code_of(me.json("/slider", &jump).await), "slider_failed");
    me.post("/sign-in", &[("phone", "13800138001"), ("code", "123456")])
        .await
        .shows("验证码已过期或已使用");
    me.post("/sign-in", &[("phone", "1380013"), ("code", "")])
        .await
        .shows("请填写 11 位手机号码")
        .shows("value=\"1380013\"");
    let code = me.code("13800138009").await;
    me.post("/sign-in", &[("phone", "13800138009"), ("code", &code)])
        .await
        .shows("还没有注册，请先注册");
    test.stop().await;
}

/// Every POST of the worker's pages refuses a request without the session's token; a stranger's paper is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_post_without_the_token_and_no_look_at_others() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    let (owner, id) = submitted(&test, 1, &street).await;
    let mut me = Visitor::signed_in(&test, &owner.id).await;
    me.csrf = "forged".to_owned();
    for path in [
        "/sign-in",
        "/sign-up",
        "/sign-out",
        "/slider",
        "/sms/code",
        "/apply",
        "/apply/check",
        "/apply/union",
        "/apply/form",
        "/apply/form/draft",
        "/apply/form/later",
        "/apply/print",
        "/apply/documents/checks",
        "/apply/confirm",
        "/progress/withdraw",
        "/progress/resubmit",
    ] {
        let fields = [("challenge", ""), ("track", ""), ("phone", "")];
        assert_eq!(
            me.post(path, &fields).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let upload = me.upload("receipt", picture(), "text/html").await;
    assert_eq!(upload.status, StatusCode::FORBIDDEN);

    let papers = application::documents::of(&test.app, &id).await.unwrap();
    let path = format!("/apply/documents/{}", papers[0].id);
    assert_eq!(me.get(&path).await.status, StatusCode::OK);
    let (stranger, _) = submitted(&test, 2, &street).await;
    let mut other = Visitor::signed_in(&test, &stranger.id).await;
    assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
    other.get("/me").await.shows("136****0002").hides("13600000002");
    other.post("/sign-out", &[]).await.leads("/");
    other.get("/me").await.leads("/sign-in?next=%2Fme");
    test.stop().await;
}

/// what is refused for another application is not called incomplete, and whose phone that was is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_with_two_phones_is_told_so() {
    let test = TestApp::start(Pair::SqliteMemory).await;
    let street = street(&test.app).await;
    submitted(&test, 1, &street).await;
    let second = worker(&test, 2).await;
    builders::ready(&test, &second, 2, &street).await;
    let first = builders::form(&test.app, 1);
    let mut me = Visitor::signed_in(&test, &second.id).await;
    let typed = [("id_number", first.get("id_number")), ("sex", first.get("sex"))];
    me.post("/apply/form", &typed).await;
    me.upload("stamped_form", picture(), "text/html").await;
    let page = me.post("/apply/confirm", &[]).await;
    page.shows("没有提交成功")
        .hides("请先完成")
        .shows("请用原手机号登录查看");
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    test.stop().await;
}
