//! The cache: one behaviour whichever stands behind it, and what happens when Redis is away (issue 2, point 2).

use crate::acts::{eventually, page};
use crate::app::{Pair, TestApp};
use crate::builders;
use crate::process;
use crate::services::{self, PATIENCE, free_port, start_redis};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use yuanmeng::cache::Cache;
use yuanmeng::kernel::Time;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(80);

async fn past(time: Duration) {
    tokio::time::sleep(time + Duration::from_millis(120)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_in_memory_keeps_its_word() {
    keeps_its_word(&Cache::memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_in_redis_keeps_its_word() {
    let cache = Cache::redis(&services::redis_url().await).await.unwrap();
    keeps_its_word(&cache).await;
}

/// Point 2: both caches behave alike, expiry included.
async fn keeps_its_word(cache: &Cache) {
    cache.ping().await.unwrap();
    values_are_kept_until_they_expire(cache).await;
    one_of_many_gets_it(cache).await;
    counts_begin_anew_after_their_window(cache).await;
    only_a_greater_rank_replaces(cache).await;
}

async fn values_are_kept_until_they_expire(cache: &Cache) {
    let get = async |key| cache.get(key).await.unwrap();
    assert_eq!(get("a").await, None);
    cache.set("a", "梦 1", LONG).await.unwrap();
    cache.set("a", "梦 2", LONG).await.unwrap();
    cache.set("empty", "", LONG).await.unwrap();
    assert_eq!(
        (get("a").await.as_deref(), get("empty").await.as_deref()),
        (Some("梦 2"), Some(""))
    );
    assert!(!cache.delete_if("a", "梦 1").await.unwrap(), "another's value");
    assert!(cache.delete_if("a", "梦 2").await.unwrap());
    assert!(!cache.delete_if("a", "梦 2").await.unwrap());
    cache.delete("empty").await.unwrap();
    cache.delete("never there").await.unwrap();
    assert_eq!((get("a").await, get("empty").await), (None, None));

    for key in ["get", "take", "touched", "untouched"] {
        cache.set(key, "v", SHORT).await.unwrap();
    }
    cache.touch("touched", LONG).await.unwrap();
    cache.touch("never there", LONG).await.unwrap();
    let left = cache.remaining("touched").await.unwrap().unwrap();
    assert!(left > LONG / 2 && left <= LONG, "{left:?}");
    past(SHORT).await;
    // Too late: what has expired does not come back.
    cache.touch("untouched", LONG).await.unwrap();
    assert_eq!(get("get").await, None);
    assert_eq!(cache.take("take").await.unwrap(), None);
    assert!(!cache.delete_if("untouched", "v").await.unwrap());
    for key in ["untouched", "never there"] {
        assert_eq!(get(key).await, None, "{key}");
        assert_eq!(cache.remaining(key).await.unwrap(), None, "{key}");
    }
    assert_eq!(get("touched").await.as_deref(), Some("v"));
}

async fn one_of_many_gets_it(cache: &Cache) {
    assert!(cache.set_new("lock", "me", SHORT).await.unwrap());
    assert!(!cache.set_new("lock", "you", LONG).await.unwrap());
    assert_eq!(cache.get("lock").await.unwrap().as_deref(), Some("me"));
    past(SHORT).await;
    assert!(cache.set_new("lock", "you", LONG).await.unwrap());

    cache.set("one-time", "v", LONG).await.unwrap();
    let mut at_once = tokio::task::JoinSet::new();
    for n in 0..50 {
        let cache = cache.clone();
        at_once.spawn(async move {
            let taken = cache.take("one-time").await.unwrap().is_some();
            let set = cache.set_new("once", "v", LONG).await.unwrap();
            let count = cache.count("counted", LONG).await.unwrap();
            let ranked = cache.set_if_greater("rank", n, "v", LONG).await.unwrap();
            (taken, set, count, ranked)
        });
    }
    let results = at_once.join_all().await;
    assert_eq!(results.iter().filter(|r| r.0).count(), 1, "taken once");
    assert_eq!(results.iter().filter(|r| r.1).count(), 1, "set once");
    let counts: BTreeSet<u64> = results.iter().map(|r| r.2).collect();
    assert_eq!(counts, (1..=50).collect(), "nobody's count is lost");
    assert_eq!(
        cache.get("rank").await.unwrap().as_deref(),
        Some("49:v"),
        "the greatest stays"
    );
}

async fn counts_begin_anew_after_their_window(cache: &Cache) {
    let window = Duration::from_millis(400);
    assert_eq!(cache.count("n", window).await.unwrap(), 1);
    let before = cache.remaining("n").await.unwrap().unwrap();
    assert_eq!(cache.count("n", LONG).await.unwrap(), 2);
    let after = cache.remaining("n").await.unwrap().unwrap();
    assert!(
        after <= before,
        "a later count does not prolong the window: {before:?} {after:?}"
    );
    past(window).await;
    assert_eq!(cache.count("n", window).await.unwrap(), 1);
}

async fn only_a_greater_rank_replaces(cache: &Cache) {
    let put = async |rank, value| cache.set_if_greater("token", rank, value, LONG).await.unwrap();
    let now = 1_790_000_000_000;
    assert!(put(now, "a:b").await);
    assert!(!put(now, "other").await, "the same rank");
    assert!(!put(now - 1, "older").await);
    assert_eq!(
        cache.get("token").await.unwrap().as_deref(),
        Some("1790000000000:a:b")
    );
    assert!(put(now + 1, "newer").await);
    assert_eq!(
        cache.get("token").await.unwrap().as_deref(),
        Some("1790000000001:newer")
    );
    cache.set("token", "no rank at all", LONG).await.unwrap();
    assert!(put(1, "v").await, "what has no rank gives way");
}

/// Architecture, "poem's gaps": with Redis away a page is a plain error within seconds, not a hanging request;
/// `/readyz` names the cache; when Redis is back, so is everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_dies_is_a_plain_error_and_comes_back() {
    let port = free_port();
    let redis = start_redis(port)
        .and_then(|it| it.listening(port, PATIENCE))
        .unwrap();
    let url = format!("redis://127.0.0.1:{port}/0");
    let now = Time(chrono::Utc::now().timestamp_millis());
    let test = TestApp::start_with(Pair::SqliteMemory, now, &[("REDIS_URL", &url)]).await;
    let worker = builders::worker(&test, 1).await;
    let cookie = builders::session(&test.app, "worker", &worker.id).await;
    works(&test, &cookie).await;

    assert!(process::signal(&redis, "STOP"));
    is_a_plain_error(&test, &cookie).await;
    assert!(process::signal(&redis, "CONT"));
    works(&test, &cookie).await;

    process::kill(&redis);
    is_a_plain_error(&test, &cookie).await;
    let _redis = start_redis(port)
        .and_then(|it| it.listening(port, PATIENCE))
        .unwrap();
    works(&test, &cookie).await;
    test.stop().await;
}

async fn works(test: &TestApp, cookie: &str) {
    eventually("the cache is ready", async || {
        page(test, "/readyz", None).await.status() == 200
    })
    .await;
    for cookie in [None, Some(cookie)] {
        let start = page(test, "/wechat/oauth/start?next=/progress", cookie).await;
        assert_eq!(start.status(), 303);
    }
}

async fn is_a_plain_error(test: &TestApp, cookie: &str) {
    let ready = page(test, "/readyz", None).await;
    assert_eq!(ready.status(), 503);
    let text = ready.text().await.unwrap();
    assert!(text.contains("cache") && !text.contains("database"), "{text}");
    assert_eq!(page(test, "/healthz", None).await.status(), 200);
    for cookie in [None, Some(cookie)] {
        let begun = Instant::now();
        let answer = page(test, "/wechat/oauth/start?next=/progress", cookie).await;
        let took = begun.elapsed();
        assert!(answer.status().is_server_error(), "{}", answer.status());
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("系统繁忙") && !text.to_lowercase().contains("redis"),
            "{text}"
        );
        assert!(took < Duration::from_secs(3), "the page hung for {took:?}");
    }
}
