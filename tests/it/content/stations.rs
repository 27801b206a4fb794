//! Service stations: who keeps them, what everybody sees, the table, the chat.

use super::*;
use crate::acts::texts;
use crate::on_both_stores;
use crate::visitor::Visitor;
use reqwest::multipart::Part;
use rust_xlsxwriter::Workbook;
use serde_json::json;
use yuanmeng::content::stations::{self, FIELDS};
use yuanmeng::kernel::Refusal;

const STATION: &[(&str, &str)] = &[
    ("name", "章丘区职工服务站"),
    ("district", "章丘区"),
    ("address", "章丘区双山街道测试路 8 号"),
    ("hours", "周一至周五 9:00—17:00"),
    ("helps", "政策咨询 <b>报读</b>"),
    ("at", "117.534000,36.712000"),
];

on_both_stores! {
    /// address, hours, phone, what they help with; the hotline above all; by district, kept in the address.
    everybody_finds_a_station
}
async fn everybody_finds_a_station(test: &TestApp) {
    let mut anybody = Visitor::new(test);
    let page = anybody.get("/stations").await;
    page.shows("href=\"tel:4000123318\"")
        .shows("4000123318 转 0")
        .shows("历下区工会职工服务中心（示例）")
        .shows("示例，不是真实地点")
        .shows("暂停服务")
        .shows("https://uri.amap.com/marker?position=117.076000%2C36.666000");
    let one = page.link("/stations/");
    let filtered = anybody.get("/stations?district=长清区").await;
    filtered.shows("长清区示例路 6 号").hides("历下区示例路 1 号");
    anybody
        .get("/stations?district=商河县")
        .await
        .shows("商河县还没有登记服务站");
    anybody
        .get("/stations?district=<script>")
        .await
        .shows("历下区示例路 1 号");
    anybody.get(&one).await.shows("服务时间").shows("打开地图");
    assert_eq!(anybody.get("/stations/nothing").await.status, 404);
}

on_both_stores! {
    /// kept by the city's administrators alone; what they change is in the trail; what is wrong is told at its field.
    the_city_keeps_stations
}
async fn the_city_keeps_stations(test: &TestApp) {
    let (app, city) = (&test.app, Desk::of_the_city(test).await);
    let [street, unit, _] = builders::demo_officers(app).await;
    for officer in [street, unit] {
        let other = Desk::of(test, &officer.id).await;
        for path in ["/office/stations", "/office/stations/import", "/office/courses"] {
            assert_eq!(other.get(path).await.status, 404, "{path}");
        }
        assert_eq!(other.post("/office/stations/new", STATION).await.status, 404);
    }
    let before = stations::all(app).await.unwrap().len();
    let mut wrong = STATION.to_vec();
    wrong[5] = ("at", "36.712,117.534");
    wrong.push(("paused", "on"));
    let page = city.post("/office/stations/new", &wrong).await;
    assert_eq!(page.status, 422);
    page.shows("坐标：经度和纬度写反了")
        .shows("说明：暂停服务时")
        .shows("章丘区双山街道测试路 8 号");
    assert_eq!(stations::all(app).await.unwrap().len(), before);

    city.post("/office/stations/new", STATION)
        .await
        .leads("/office/stations");
    let again = city.post("/office/stations/new", STATION).await;
    again.shows("已有同名的服务站");
    let mut anybody = Visitor::new(test);
    let page = anybody.get("/stations?district=章丘区").await;
    page.shows("章丘区双山街道测试路 8 号").hides("<b>报读</b>");
    let all = stations::all(app).await.unwrap();
    let station = all.iter().find(|s| s.name == STATION[0].1).unwrap();
    let path = format!("/office/stations/{}", station.id);
    let mut changed = STATION.to_vec();
    changed.extend([
        ("paused", "on"),
        ("note", "装修，7 月 1 日恢复"),
        ("version", "1"),
    ]);
    city.post(&path, &changed).await.leads("/office/stations");
    anybody
        .get(&format!("/stations/{}", station.id))
        .await
        .shows("暂停服务。")
        .shows("7 月 1 日恢复");
    // Seen before it changed.
    let stale = city.post(&path, &changed).await;
    assert_eq!(stale.status, 422);
    stale.shows(&Refusal::ChangedMeanwhile.text());

    let remove = format!("{path}/remove");
    assert_eq!(city.post(&remove, &[("version", "2")]).await.status, 422);
    city.post(&remove, &[("version", "2"), ("confirm", "on")])
        .await
        .leads("/office/stations");
    assert_eq!(
        anybody.get(&format!("/stations/{}", station.id)).await.status,
        404
    );
    let acts = texts(
        app,
        "SELECT act FROM audit WHERE subject_id = $1 ORDER BY id",
        &station.id,
    )
    .await;
    assert_eq!(acts, ["station.add", "station.change", "station.remove"]);
}

fn xlsx(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*row) {
            sheet.write(at, column, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

on_both_stores! {
    /// a table is looked at first, every error by row; brought in twice it changes nothing.
    a_table_of_stations_is_checked_by_row
}
async fn a_table_of_stations_is_checked_by_row(test: &TestApp) {
    let city = Desk::of_the_city(test).await;
    let path = "/office/stations/import";
    let head: Vec<&str> = FIELDS.iter().map(|(_, heading, _)| *heading).collect();
    let good = [
        "平阴县职工服务站",
        "平阴县",
        "平阴县测试路 1 号",
        "9:00—17:00",
        "",
        "咨询",
        "116.456000,36.289000",
        "1",
        "否",
        "",
    ];
    let mut bad = good;
    (bad[0], bad[1], bad[6], bad[7]) = ("重复站", "青岛", "120,36", "很前");
    let table = xlsx(&[&head, &good, &bad, &good]);
    let page = city
        .upload(path, Part::bytes(table).file_name("x.xlsx"), "")
        .await;
    assert_eq!(page.status, 422);
    page.shows("表格有 4 处错误")
        .shows("请选择济南市的区县")
        .shows("不在济南市范围内")
        .shows("请填 0 至 999 的整数")
        .shows("与第 2 行重复");
    for (file, words) in [
        (&b""[..], Refusal::TableEmpty.text()),
        (b"%PDF-1.7\0", Refusal::TableWrongType.text()),
        ("名称\n站".as_bytes(), "表头缺少这一列".to_owned()),
    ] {
        let page = city.upload(path, Part::bytes(file.to_vec()), "").await;
        assert_eq!(page.status, 422);
        page.shows(&words);
    }
    for (new, words) in [(true, "新增 1 个，修改 0 个，不变 0 个"), (false, "不变 1 个")] {
        let table = xlsx(&[&head, &good]);
        let page = city.upload(path, Part::bytes(table), "").await;
        page.shows(words);
        if new {
            let token = page.html.split("name=\"token\" value=\"").nth(1).unwrap();
            let token = token.split('"').next().unwrap().to_owned();
            let apply = "/office/stations/import/apply";
            city.post(apply, &[("token", &token)])
                .await
                .leads("/office/stations");
            // The preview is used up.
            city.post(apply, &[("token", &token)]).await.leads(path);
        }
    }
    let mut anybody = Visitor::new(test);
    anybody
        .get("/stations?district=平阴县")
        .await
        .shows("平阴县测试路 1 号");
}

on_both_stores! {
    /// the account answers with the hotline, and with links that need no sign-in.
    the_chat_names_hotline_and_stations
}
async fn the_chat_names_hotline_and_stations(test: &TestApp) {
    test.follow("wang").await;
    for (text, link) in [
        ("热线", "/stations"),
        ("你们电话多少", "/stations"),
        ("服务站在哪里", "/stations"),
        ("微课", "/courses"),
    ] {
        test.sim_post("/sim/say", json!({ "user": "wang", "text": text }))
            .await;
        let inbox = test.sim_get("/sim/inbox?user=wang").await;
        let last = inbox["items"].as_array().unwrap().last().unwrap().clone();
        let said = last["text"].as_str().unwrap().to_owned();
        assert!(said.contains("4000123318 转 0"), "{text}: {said}");
        assert!(
            said.contains(&format!("href=\"{}{link}\"", test.url)),
            "{text}: {said}"
        );
    }
    let tapped = Kind::Click {
        key: "HOTLINE".to_owned(),
    };
    let reply = said(test, tapped).await;
    assert!(
        reply.contains("4000123318 转 0") && reply.contains("/stations"),
        "{reply}"
    );
}
