use reqwest::header::LOCATION;
use serde_json::Value;
use url::Url;

use super::*;

const BACK: &str = "http%3A%2F%2F127.0.0.1%3A8080%2Fwechat%2Foauth%2Fcallback%3Fnext%3D1";

fn authorize(scope: &str, state: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={APP_ID}&redirect_uri={BACK}&response_type=code&scope={scope}&state={state}"
    )
}

impl World {
    /// Opens a page as `user` (empty: without the cookie) and gives the address one is sent to, or the page.
    async fn open_as(&self, user: &str, path: &str) -> Result<Url, String> {
        let mut request = self.http.get(self.url(path));
        if !user.is_empty() {
            request = request.header("cookie", format!("other=1; sim_user={user}"));
        }
        let answer = request.send().await.unwrap();
        match answer.headers().get(LOCATION) {
            Some(to) => Ok(Url::parse(to.to_str().unwrap()).unwrap()),
            None => Err(answer.text().await.unwrap()),
        }
    }

    async fn exchange(&self, code: &str) -> Value {
        let query = format!("appid={APP_ID}&secret={SECRET}&code={code}&grant_type=authorization_code");
        self.get(&format!("/sns/oauth2/access_token?{query}")).await
    }

    async fn code_for(&self, user: &str) -> String {
        param(
            &self
                .open_as(user, &authorize("snsapi_base", "abc"))
                .await
                .unwrap(),
            "code",
        )
        .unwrap()
    }
}

fn param(url: &Url, key: &str) -> Option<String> {
    url.query_pairs()
        .find(|(k, _)| k == key)
        .map(|(_, v)| v.into_owned())
}

/// Facts: OAuth. snsapi_base is silent, keeps the page's own query, and the openid exists before following.
#[tokio::test]
async fn base_scope_is_silent_and_a_code_works_once() {
    let world = world().await;
    let to = world
        .open_as("wang", &authorize("snsapi_base", "s1"))
        .await
        .unwrap();
    assert_eq!(
        (param(&to, "next").as_deref(), param(&to, "state").as_deref()),
        (Some("1"), Some("s1"))
    );
    let code = param(&to, "code").unwrap();
    let got = world.exchange(&code).await;
    assert_eq!(
        (&got["openid"], &got["scope"]),
        (&openid_of("wang").into(), &"snsapi_base".into())
    );
    // Facts row 8.
    assert_code(&world.exchange(&code).await, 40163);
    assert_code(&world.exchange("unknown").await, 40029);
    let info = format!(
        "/sns/userinfo?access_token={}&openid={}",
        got["access_token"].as_str().unwrap(),
        openid_of("wang")
    );
    assert_code(&world.get(&info).await, 48001);
}

/// Facts: OAuth. Five minutes.
#[tokio::test]
async fn a_code_lasts_five_minutes() {
    let world = world().await;
    let (first, second) = (world.code_for("wang").await, world.code_for("wang").await);
    world.advance(290_000).await;
    assert_eq!(world.exchange(&first).await["openid"], openid_of("wang"));
    world.advance(10_000).await;
    assert_code(&world.exchange(&second).await, 40029);
}

#[tokio::test]
async fn the_exchange_checks_who_asks() {
    let world = world().await;
    let code = world.code_for("wang").await;
    let cases = [
        (
            format!("appid=no&secret={SECRET}&code={code}&grant_type=authorization_code"),
            40013,
        ),
        (
            format!("appid={APP_ID}&secret=no&code={code}&grant_type=authorization_code"),
            40125,
        ),
        (
            format!("appid={APP_ID}&secret={SECRET}&grant_type=authorization_code"),
            41008,
        ),
        (format!("appid={APP_ID}&secret={SECRET}&code={code}"), 40002),
    ];
    for (query, errcode) in cases {
        assert_code(
            &world.get(&format!("/sns/oauth2/access_token?{query}")).await,
            errcode,
        );
    }
    assert_eq!(
        world.exchange(&code).await["openid"],
        openid_of("wang"),
        "a refused try does not use the code"
    );
}

/// snsapi_userinfo asks first; allowed it gives the nickname, refused one comes back without a code.
#[tokio::test]
async fn userinfo_scope_asks_for_consent() {
    let world = world().await;
    let page = world
        .open_as("wang", &authorize("snsapi_userinfo", "s2"))
        .await
        .unwrap_err();
    assert!(
        page.contains("consent-allow") && page.contains("王小梅"),
        "{page}"
    );
    let consent = authorize("snsapi_userinfo", "s2").replace("authorize?", "consent?");
    let denied = world
        .open_as("wang", &format!("{consent}&user=wang&allow=0"))
        .await
        .unwrap();
    assert_eq!(
        (param(&denied, "code"), param(&denied, "state").as_deref()),
        (None, Some("s2"))
    );
    let allowed = world
        .open_as("wang", &format!("{consent}&user=wang&allow=1"))
        .await
        .unwrap();
    let got = world.exchange(&param(&allowed, "code").unwrap()).await;
    let token = got["access_token"].as_str().unwrap();
    let info = world
        .get(&format!(
            "/sns/userinfo?access_token={token}&openid={}",
            openid_of("wang")
        ))
        .await;
    assert_eq!(info["nickname"], "王小梅");
    let other = world
        .get(&format!(
            "/sns/userinfo?access_token={token}&openid={}",
            openid_of("li")
        ))
        .await;
    assert_code(&other, 40003);
    world.advance(7_200_000).await;
    let late = world
        .get(&format!(
            "/sns/userinfo?access_token={token}&openid={}",
            openid_of("wang")
        ))
        .await;
    assert_code(&late, 42001);
}

/// Facts: OAuth, the order and the letters of `state`.
#[tokio::test]
async fn a_wrong_request_gets_the_error_page() {
    let world = world().await;
    let good = authorize("snsapi_base", "abc");
    let cases = [
        good.replace(APP_ID, "wxno"),
        good.replace(&format!("appid={APP_ID}&"), ""),
        good.replace(&format!("redirect_uri={BACK}&"), ""),
        good.replace("http%3A", "javascript%3A"),
        good.replace("response_type=code&", ""),
        good.replace("=code", "=token"),
        good.replace("snsapi_base", "snsapi_all"),
        good.replace("state=abc", "state=a-b"),
        good.replace("state=abc", &format!("state={}", "a".repeat(129))),
        format!(
            "/connect/oauth2/authorize?state=abc&appid={APP_ID}&redirect_uri={BACK}&response_type=code&scope=snsapi_base"
        ),
    ];
    for path in cases {
        let page = world.open_as("wang", &path).await.expect_err(&path);
        assert!(page.contains("oauth-refused"), "{path}");
    }
}

/// Outside a phone one is asked who one is; a test may say it in the address.
#[tokio::test]
async fn without_a_phone_one_says_who_one_is() {
    let world = world().await;
    let path = authorize("snsapi_base", "abc");
    let page = world.open_as("", &path).await.unwrap_err();
    assert!(page.contains("oauth-as-zhang"));
    assert!(
        world
            .open_as("nobody", &path)
            .await
            .unwrap_err()
            .contains("oauth-who")
    );
    let to = world
        .open_as("wang", &format!("{path}&sim_user=li"))
        .await
        .unwrap();
    assert_eq!(
        world.exchange(&param(&to, "code").unwrap()).await["openid"],
        openid_of("li")
    );
}

/// A user's `snsapi_userinfo` token and its openid, consent given.
pub(super) async fn userinfo_token(world: &World, user: &str) -> (String, String) {
    let answer = exchange_userinfo(world, user).await;
    let field = |key: &str| answer[key].as_str().unwrap().to_owned();
    (field("access_token"), field("openid"))
}

async fn exchange_userinfo(world: &World, user: &str) -> Value {
    let path = authorize("snsapi_userinfo", "s1").replace("/authorize?", "/consent?");
    let allow = format!("{path}&user={user}&allow=1");
    let code = param(&world.open_as(user, &allow).await.unwrap(), "code").unwrap();
    world.exchange(&code).await
}

/// Facts: OAuth. `is_snapshotuser=1` comes with an openid that is nobody's.
#[tokio::test]
async fn a_snapshot_has_a_virtual_openid() {
    let world = world().await;
    let on = serde_json::json!({ "user": "wang", "snapshot": true });
    assert_eq!(world.post("/sim/oauth", on).await["ok"], true);
    let answer = exchange_userinfo(&world, "wang").await;
    assert_eq!(answer["is_snapshotuser"], 1, "{answer}");
    let openid = answer["openid"].as_str().unwrap();
    assert_ne!(openid, openid_of("wang"));
    let token = answer["access_token"].as_str().unwrap();
    let info = world
        .get(&format!("/sns/userinfo?access_token={token}&openid={openid}"))
        .await;
    assert_eq!(info["nickname"], "微信用户");
    let account_token = world.token().await;
    let followers = format!("/cgi-bin/user/info?access_token={account_token}&openid={openid}");
    assert_code(&world.get(&followers).await, 40003);
    let off = serde_json::json!({ "user": "wang", "snapshot": false });
    world.post("/sim/oauth", off).await;
    let answer = exchange_userinfo(&world, "wang").await;
    assert_eq!(
        (
            answer["openid"].as_str().unwrap(),
            answer["is_snapshotuser"].is_null()
        ),
        (&*openid_of("wang"), true)
    );
    let nobody = serde_json::json!({ "user": "nobody", "snapshot": true });
    assert_eq!(world.post("/sim/oauth", nobody).await["error"], "unknown_user");
}

/// Facts: OAuth. unionid only once bound, and only for the userinfo scope.
#[tokio::test]
async fn unionid_comes_with_userinfo_only() {
    let world = world().await;
    assert!(exchange_userinfo(&world, "wang").await["unionid"].is_null());
    world
        .post("/sim/oauth", serde_json::json!({ "unionid": true }))
        .await;
    let answer = exchange_userinfo(&world, "wang").await;
    assert_eq!(answer["unionid"], crate::sim::unionid_of("wang"));
    let code = world.code_for("wang").await;
    assert!(world.exchange(&code).await["unionid"].is_null());
    let (token, openid) = userinfo_token(&world, "wang").await;
    let info = world
        .get(&format!("/sns/userinfo?access_token={token}&openid={openid}"))
        .await;
    assert_eq!(info["unionid"], crate::sim::unionid_of("wang"));
}
