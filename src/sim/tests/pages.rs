use reqwest::header::{LOCATION, SET_COOKIE};

use super::*;

impl World {
    async fn page(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(self.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// Everything the pages load comes from here: a demo must work without a network.
#[tokio::test]
async fn the_pages_ask_nothing_of_others() {
    let world = world().await;
    let paths = [
        "/",
        "/phone/wang",
        "/assets/phone.css",
        "/assets/phone.js",
        "/assets/desk.css",
        "/assets/desk.js",
    ];
    for path in paths {
        let (status, text) = world.page(path).await;
        assert_eq!(status, 200, "{path}");
        let outside = text.match_indices("//").any(|(at, _)| {
            let before = &text[..at];
            (before.ends_with("=\"http:") || before.ends_with("=\"https:") || before.ends_with("url("))
                && !before.is_empty()
        });
        assert!(!outside, "{path} loads something from elsewhere");
    }
    assert_eq!(world.page("/phone/nobody").await.0, 404);
    assert_eq!(world.page("/assets/none.js").await.0, 404);
}

#[tokio::test]
async fn who_holds_the_phones_can_be_said() {
    let world = world().await;
    let (_, desk) = world.page("/?left=li&right=nobody").await;
    assert!(
        desk.contains(r#"src="/phone/li""#) && desk.contains(r#"src="/phone/zhang""#),
        "{desk}"
    );
}

/// A phone opens a page as its holder; nothing but a web page.
#[tokio::test]
async fn opening_a_page_says_who_one_is() {
    let world = world().await;
    let open = async |user: &str, url: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("url", url)
            .finish();
        world
            .http
            .get(world.url(&format!("/phone/{user}/open?{query}")))
            .send()
            .await
            .unwrap()
    };
    let answer = open("wang", "http://127.0.0.1:8080/apply?a=1&b=2").await;
    assert_eq!(answer.headers()[LOCATION], "http://127.0.0.1:8080/apply?a=1&b=2");
    assert!(
        answer.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .starts_with("sim_user=wang;")
    );
    assert_eq!(open("wang", "javascript:alert(1)").await.status(), 400);
    assert_eq!(open("nobody", "http://127.0.0.1:8080/").await.status(), 404);
}

/// Another name of the loopback would lose the account's cookies in the frame.
#[tokio::test]
async fn the_phone_moves_to_the_accounts_host() {
    let world = world().await;
    let port = world.base.rsplit_once(':').unwrap().1;
    let answer = world
        .http
        .get(world.url("/phone/wang?x=1"))
        .header("host", format!("localhost:{port}"));
    let answer = answer.send().await.unwrap();
    assert_eq!(
        answer.headers()[LOCATION],
        format!("http://127.0.0.1:{port}/phone/wang?x=1")
    );
}

#[tokio::test]
async fn the_phone_polls_its_state() {
    let world = world().await;
    world
        .post(
            "/sim/sms",
            serde_json::json!({ "phone": "13800138001", "text": "一" }),
        )
        .await;
    let state = world.get("/phone/wang/state").await;
    assert_eq!(
        (state["menu"].is_null(), state["user"]["following"].as_bool()),
        (true, Some(false))
    );
    let seq = state["items"][0]["seq"].as_u64().unwrap();
    let later = world.get(&format!("/phone/wang/state?after={seq}")).await;
    assert_eq!(later["items"].as_array().unwrap().len(), 0);
    world.post("/sim/reset", serde_json::json!({})).await;
    assert_ne!(world.get("/phone/wang/state").await["epoch"], state["epoch"]);
}

/// The simulator ends when told, even with a page open.
#[tokio::test]
async fn it_stops_when_told() {
    let world = world().await;
    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(world.sim.clone().serve(listener, stop.clone()));
    world.http.get(format!("{base}/phone/wang")).send().await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
