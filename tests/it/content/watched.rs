//! Where a worker stands in a lesson: kept for the worker alone, across sessions, joined and erased with the account.

use super::*;
use crate::account_life::join;
use crate::acts::number;
use crate::builders::worker;
use crate::on_both_stores;
use crate::visitor::Visitor;
use yuanmeng::account::watched::of_worker;
use yuanmeng::application::leaving;

fn play(course: &Course, lesson: &Lesson) -> String {
    format!("/courses/{}/lessons/{}", course.id, lesson.id)
}

on_both_stores! {
    /// one goes on where one was, on whatever device; 已看完 from nine tenths on, and it stays so; of who is not signed in
    /// nothing is kept.
    one_goes_on_where_one_was
}
async fn one_goes_on_where_one_was(test: &TestApp) {
    let (course, lessons) = sample(test).await;
    let who = worker(test, 1).await;
    let (first, second) = (play(&course, &lessons[0]), play(&course, &lessons[1]));
    let mut anybody = Visitor::new(test);
    anybody
        .get(&first)
        .await
        .shows("未登录时不记录观看进度")
        .hides("data-keep");
    let told = [("position", "70"), ("duration", "100")];
    let (status, answer) = anybody.json(&format!("{first}/watched"), &told).await;
    assert_eq!(
        (status.as_u16(), answer["error"]["code"].as_str()),
        (401, Some("sign_in"))
    );

    let mut phone = Visitor::signed_in(test, &who.id).await;
    phone.get(&first).await.shows("data-keep").shows("data-at=\"0\"");
    let (_, answer) = phone.json(&format!("{first}/watched"), &told).await;
    assert_eq!(answer["done"], false);
    let mut pc = Visitor::signed_in(test, &who.id).await;
    pc.get(&first)
        .await
        .shows("data-at=\"70\"")
        .shows("上次看到 1 分 10 秒");
    let list = format!("/courses/{}", course.id);
    pc.get(&list)
        .await
        .shows("看到 1 分 10 秒")
        .shows("已看完 <b>0</b> 节");
    let (_, answer) = pc
        .json(
            &format!("{first}/watched"),
            &[("position", "90"), ("duration", "100")],
        )
        .await;
    assert_eq!(answer["done"], true);
    // Seen again from the beginning: watched it stays.
    pc.json(
        &format!("{first}/watched"),
        &[("position", "5"), ("duration", "100")],
    )
    .await;
    phone.get(&list).await.shows("已看完 <b>1</b> 节");
    phone.get("/courses").await.shows("已看完 1 节");
    pc.post(&format!("{second}/mark"), &[]).await.leads(&list);
    pc.get(&list).await.shows("已看完 <b>2</b> 节");
    // What no player says is no position.
    let nonsense = [("position", "-3"), ("duration", "1e9")];
    let (status, answer) = pc.json(&format!("{second}/watched"), &nonsense).await;
    assert_eq!(
        (status.as_u16(), &answer["done"]),
        (200, &serde_json::json!(false))
    );
    let (status, _) = pc.json(&format!("{list}/lessons/nothing/watched"), &told).await;
    assert_eq!(status, 404);
    // The lesson is withdrawn and shown again: what was watched is still known.
    let city = Desk::of_the_city(test).await;
    let desk = format!("/office{first}");
    for (state, version, seen) in [("hide", "2", 404), ("show", "3", 200)] {
        city.post(
            &format!("{desk}/state"),
            &[("state", state), ("version", version)],
        )
        .await
        .leads(&desk);
        assert_eq!(pc.get(&first).await.status, seen);
    }
    pc.get(&list).await.shows("已看完 <b>2</b> 节");
}

on_both_stores! {
    /// R-11, docs/privacy.md: joining accounts moves what was watched, leaving erases it.
    what_was_watched_follows_the_account
}
async fn what_was_watched_follows_the_account(test: &TestApp) {
    let app = &test.app;
    let (course, lessons) = sample(test).await;
    let (into, from) = (worker(test, 1).await, worker(test, 2).await);
    for (who, lesson, position) in [(&into, 0, "10"), (&from, 0, "95"), (&from, 1, "30")] {
        let mut visitor = Visitor::signed_in(test, &who.id).await;
        let told = [("position", position), ("duration", "100")];
        let path = format!("{}/watched", play(&course, &lessons[lesson]));
        assert_eq!(visitor.json(&path, &told).await.0, 200);
    }
    let one = join(test, &into, 2).await.unwrap();
    let watched = of_worker(app, &one.id).await.unwrap();
    let at = |lesson: usize| {
        let found = watched.iter().find(|w| w.lesson_id == lessons[lesson].id);
        found.map(|w| (w.position_s, w.done_at.is_some()))
    };
    assert_eq!((at(0), at(1)), (Some((10, true)), Some((30, false))));
    assert!(of_worker(app, &from.id).await.unwrap().is_empty());

    leaving::leave(app, &one.id, false).await.unwrap();
    let left = number(app, "SELECT COUNT(*) FROM watched WHERE worker_id <> $1", "").await;
    assert_eq!(left, 0);
}
