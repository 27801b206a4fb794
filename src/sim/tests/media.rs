use serde_json::{Value, json};

use super::*;

pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nxxxx";
pub(super) const MP4: &[u8] = b"\x00\x00\x00\x18ftypmp42xxxx";

pub(super) async fn upload(world: &World, kind: &str, name: &str, bytes: &[u8]) -> Value {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    send(world, kind, reqwest::multipart::Form::new().part("media", part)).await
}

async fn send(world: &World, kind: &str, form: reqwest::multipart::Form) -> Value {
    let token = world.token().await;
    let url = world.url(&format!("/cgi-bin/media/upload?access_token={token}&type={kind}"));
    let sent = world.http.post(url).multipart(form).send().await.unwrap();
    sent.json().await.unwrap()
}

async fn get(world: &World, id: &str) -> reqwest::Response {
    let token = world.token().await;
    let path = format!("/cgi-bin/media/get?access_token={token}&media_id={id}");
    world.http.get(world.url(&path)).send().await.unwrap()
}

/// What was put in comes out, in pieces and under its type; three days long.
#[tokio::test]
async fn a_file_comes_back_the_same() {
    let world = world().await;
    let mut picture = PNG.to_vec();
    picture.extend((0..500_000u32).map(|n| n.to_le_bytes()[1]));
    let made = upload(&world, "image", "a.png", &picture).await;
    assert_eq!(made["type"], "image", "{made}");
    let id = made["media_id"].as_str().unwrap();
    let answer = get(&world, id).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    let disposition = answer.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, format!("attachment; filename=\"{id}.png\""));
    assert!(answer.bytes().await.unwrap() == picture.as_slice());
    world.advance(3 * 86_400_000 - 60_000).await;
    assert_eq!(get(&world, id).await.headers()["content-type"], "image/png");
    world.advance(60_000).await;
    assert_code(&get(&world, id).await.json().await.unwrap(), 40007);
}

/// A thumb has its own name in the answer, a video only an address.
#[tokio::test]
async fn thumbs_and_videos_are_different() {
    let world = world().await;
    let thumb = upload(&world, "thumb", "t.jpg", &[0xFF, 0xD8, 0xFF, 0xE0]).await;
    assert!(
        thumb["thumb_media_id"].is_string() && thumb["media_id"].is_null(),
        "{thumb}"
    );
    let video = upload(&world, "video", "v.mp4", MP4).await;
    let where_it_is: Value = get(&world, video["media_id"].as_str().unwrap())
        .await
        .json()
        .await
        .unwrap();
    let film = world
        .http
        .get(where_it_is["video_url"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert!(film.bytes().await.unwrap() == MP4);
}

/// Source: 新增临时素材, limits and codes.
#[tokio::test]
async fn what_is_wrong_has_its_code() {
    let world = world().await;
    let long = |head: &[u8], bytes: usize| [head, &vec![0; bytes]].concat();
    let cases: [(&str, Vec<u8>, i64); 9] = [
        ("file", PNG.to_vec(), 40004),
        ("image", Vec::new(), 41005),
        ("image", b"<svg/>".to_vec(), 40005),
        ("voice", PNG.to_vec(), 40005),
        ("thumb", PNG.to_vec(), 40005),
        ("image", long(PNG, 10 * 1024 * 1024), 40006),
        ("voice", long(b"#!AMR\n", 2 * 1024 * 1024), 40006),
        ("video", long(MP4, 10 * 1024 * 1024), 40006),
        ("thumb", long(&[0xFF, 0xD8, 0xFF], 64 * 1024), 40006),
    ];
    for (kind, bytes, code) in cases {
        assert_code(&upload(&world, kind, "f", &bytes).await, code);
    }
    let unnamed = reqwest::multipart::Form::new().text("media", "no file");
    assert_code(&send(&world, "image", unnamed).await, 41005);
    assert_code(&world.call("/cgi-bin/media/upload", json!({})).await, 40004);
    assert_code(&get(&world, "none").await.json().await.unwrap(), 40007);
    assert_code(&get(&world, "").await.json().await.unwrap(), 41006);
    assert_code(&world.get("/cgi-bin/media/get?media_id=x").await, 41001);
}
