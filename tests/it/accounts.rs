//! Who someone is: the slider and the SMS code with their limits, signing up, binding a WeChat (R-6, R-10, R-11;
//! "Expired / wrong / reused SMS code, slider token", issue 2).

use crate::acts::{fault, number, person, refused, wrong_field};
use crate::app::TestApp;
use crate::builders::{self, code_of, drag, phone, worker};
use crate::on_both_stores;
use serde_json::json;
use std::time::Duration;
use yuanmeng::account::{slider, sms_code, workers};
use yuanmeng::app::App;
use yuanmeng::error::Result;
use yuanmeng::kernel::{Phone, Refusal};
use yuanmeng::sim::openid_of;

const ADDRESS: &str = "10.1.2.3";

fn number_of(n: usize) -> Phone {
    Phone::stored(phone(n))
}

async fn pass(app: &App) -> String {
    let challenge = slider::challenge(app).await.unwrap();
    // Sliders have a limit of their own by address, which is not what is tested here.
    let address = app.entropy.token();
    slider::solve(app, &address, &challenge, &drag()).await.unwrap()
}

async fn send(app: &App, n: usize, address: &str) -> Result<()> {
    sms_code::send(app, &number_of(n), address, &pass(app).await).await
}

/// A minute later, for one phone: the gap is counted by the cache's own time.
async fn gap_is_over(app: &App, n: usize) {
    let key = format!("sms-gap:{}", app.phone_index(&number_of(n)));
    app.cache.delete(&key).await.unwrap();
}

on_both_stores! {
    /// "Before any SMS the slider is passed, checked on the server", each pass and each challenge once.
    no_sms_without_the_slider
}
async fn no_sms_without_the_slider(test: &TestApp) {
    let app = &test.app;
    let ask = async |pass: &str| sms_code::send(app, &number_of(1), ADDRESS, pass).await;
    assert_eq!(refused(ask("").await), Refusal::SliderMissing);
    assert_eq!(refused(ask("invented").await), Refusal::SliderFailed);
    let solve =
        async |challenge: &str, track: &[slider::Point]| slider::solve(app, ADDRESS, challenge, track).await;
    assert_eq!(refused(solve("invented", &drag()).await), Refusal::SliderFailed);
    let challenge = slider::challenge(app).await.unwrap();
    assert_eq!(
        refused(solve(&challenge, &[(0, 0), (1000, 1)]).await),
        Refusal::SliderFailed
    );
    assert_eq!(
        refused(solve(&challenge, &drag()).await),
        Refusal::SliderFailed,
        "a challenge is answered once, right or wrong"
    );
    let challenge = slider::challenge(app).await.unwrap();
    let pass = solve(&challenge, &drag()).await.unwrap();
    assert_eq!(refused(solve(&challenge, &drag()).await), Refusal::SliderFailed);
    assert!(test.sms(&phone(1)).await.is_empty(), "nothing was sent so far");
    ask(&pass).await.unwrap();
    let again = sms_code::send(app, &number_of(2), ADDRESS, &pass).await;
    assert_eq!(
        refused(again),
        Refusal::SliderFailed,
        "a pass is good for one code"
    );
    assert_eq!(
        (test.sms(&phone(1)).await.len(), test.sms(&phone(2)).await.len()),
        (1, 0)
    );
}

on_both_stores! {
    /// "Expired / wrong / reused SMS code"; "five wrong codes end a code" (issue 2, point 5).
    a_code_holds_once_for_five_minutes_and_four_mistakes
}
async fn a_code_holds_once_for_five_minutes_and_four_mistakes(test: &TestApp) {
    let app = &test.app;
    let check = async |n: usize, code: &str| sms_code::check(app, &number_of(n), code).await;
    assert_eq!(refused(check(1, "123456").await), Refusal::SmsCodeNone);

    // Five mistakes, and even the right one does not help.
    send(app, 1, ADDRESS).await.unwrap();
    let code = code_of(test, &phone(1)).await;
    for left in (1..=4).rev() {
        assert_eq!(refused(check(1, "x").await), Refusal::SmsCodeWrong { left });
    }
    assert_eq!(refused(check(1, "x").await), Refusal::SmsCodeEnded);
    assert_eq!(refused(check(1, &code).await), Refusal::SmsCodeNone);

    // Asked for anew, the mistakes begin anew; the old code is nothing, and it is nobody else's.
    gap_is_over(app, 1).await;
    send(app, 1, ADDRESS).await.unwrap();
    let new = code_of(test, &phone(1)).await;
    if new != code {
        assert_eq!(refused(check(1, &code).await), Refusal::SmsCodeWrong { left: 4 });
    }
    send(app, 2, ADDRESS).await.unwrap();
    if code_of(test, &phone(2)).await != new {
        assert_eq!(refused(check(2, &new).await), Refusal::SmsCodeWrong { left: 4 });
    }

    // Used at the same moment: once.
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (app, code) = (app.clone(), new.clone());
        at_once.spawn(async move { sms_code::check(&app, &number_of(1), &code).await.is_ok() });
    }
    let used = at_once.join_all().await.into_iter().filter(|ok| *ok);
    assert_eq!(used.count(), 1);
    assert_eq!(refused(check(1, &new).await), Refusal::SmsCodeNone, "reused");

    // Guesses at the same moment are bounded too: what five others have tried does not open any more.
    send(app, 3, ADDRESS).await.unwrap();
    let code = code_of(test, &phone(3)).await;
    for _ in 0..sms_code::MISTAKES {
        let tried = format!("sms-wrong:{}", app.phone_index(&number_of(3)));
        app.cache.count(&tried, Duration::from_secs(60)).await.unwrap();
    }
    assert_eq!(refused(check(3, &code).await), Refusal::SmsCodeEnded);

    send(app, 4, ADDRESS).await.unwrap();
    let code = code_of(test, &phone(4)).await;
    app.clock.advance(sms_code::VALID + 1000);
    assert_eq!(refused(check(4, &code).await), Refusal::SmsCodeNone, "expired");
}

on_both_stores! {
    /// Issue 2, point 5: "throttled by phone, address and day"; and what was not sent may be asked for again.
    codes_are_limited
}
async fn codes_are_limited(test: &TestApp) {
    let app = &test.app;
    send(app, 1, ADDRESS).await.unwrap();
    match refused(send(app, 1, "another address").await) {
        Refusal::SmsTooSoon { wait_s } => assert!((1..=61).contains(&wait_s), "{wait_s}"),
        other => panic!("{other:?}"),
    }
    for _ in 1..10 {
        gap_is_over(app, 1).await;
        send(app, 1, ADDRESS).await.unwrap();
    }
    gap_is_over(app, 1).await;
    assert_eq!(
        refused(send(app, 1, "another address").await),
        Refusal::SmsTooMany,
        "the eleventh to one phone"
    );

    for n in 2..=51 {
        send(app, n, ADDRESS).await.unwrap();
    }
    assert_eq!(
        refused(send(app, 100, ADDRESS).await),
        Refusal::SmsTooMany,
        "the sixty-first from one address"
    );
    send(app, 101, "another address").await.unwrap();

    let mut last = Ok(String::new());
    for _ in 0..=120 {
        let challenge = slider::challenge(app).await.unwrap();
        last = slider::solve(app, "a robot's", &challenge, &drag()).await;
    }
    assert_eq!(refused(last), Refusal::SliderFailed, "sliders by address");

    // The gateway is away: told, and the next try need not wait.
    fault(test, json!({ "path": "/sim/sms", "http_status": 500 })).await;
    assert_eq!(
        refused(send(app, 102, "another address").await),
        Refusal::SmsFailed
    );
    send(app, 102, "another address").await.unwrap();

    app.cache
        .set("throttle:sms-day:all", "20000", Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(
        refused(send(app, 103, "a third address").await),
        Refusal::SmsTooMany,
        "the day's bound on what an attack can cost"
    );
}

on_both_stores! {
    /// one phone is one worker, at once or one after the other.
    one_phone_is_one_worker
}
async fn one_phone_is_one_worker(test: &TestApp) {
    let app = &test.app;
    send(app, 1, ADDRESS).await.unwrap();
    let (phone, code) = (phone(1), code_of(test, &phone(1)).await);
    let mut at_once = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (app, phone, code) = (app.clone(), phone.clone(), code.clone());
        at_once.spawn(async move {
            let typed = workers::SignUp {
                phone: &phone,
                code: &code,
                name: "王小梅",
                employer: "济南示范机械有限公司",
                study_plan: true,
            };
            workers::sign_up(&app, &typed).await
        });
    }
    let (made, not): (Vec<_>, Vec<_>) = at_once.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), not.len()), (1, 3));
    for result in not {
        let (field, refusal) = wrong_field(result);
        assert!(
            matches!(
                (field, &refusal),
                ("phone", Refusal::PhoneTaken) | ("code", Refusal::SmsCodeNone)
            ),
            "{field} {refusal:?}"
        );
    }
    let sql = "SELECT COUNT(*) FROM workers WHERE phone_index = $1";
    assert_eq!(number(app, sql, &app.phone_index(&number_of(1))).await, 1);

    // Later: who proves the phone again is its worker, under the first name.
    gap_is_over(app, 1).await;
    send(app, 1, ADDRESS).await.unwrap();
    let code = code_of(test, &phone).await;
    let typed = workers::SignUp {
        phone: &phone,
        code: &code,
        name: "别人",
        employer: "别的单位",
        study_plan: false,
    };
    let (again, new) = workers::sign_up(app, &typed).await.unwrap();
    assert_eq!((again.name.as_str(), new), ("王小梅", false));
    assert_eq!(
        Some(again.id),
        made.into_iter().flatten().next().map(|(w, _)| w.id)
    );

    send(app, 2, ADDRESS).await.unwrap();
    let code = code_of(test, &builders::phone(2)).await;
    assert_eq!(
        wrong_field(workers::sign_in(app, &builders::phone(2), &code).await),
        ("phone", Refusal::PhoneUnknown)
    );
    let virtual_phone = workers::sign_in(app, "17012345678", "123456").await;
    assert_eq!(wrong_field(virtual_phone), ("phone", Refusal::PhoneVirtual));
}

on_both_stores! {
    /// "WeChat OAuth once the openid is bound": one WeChat is one worker's, who proved the phone last.
    a_binding_moves_whole
}
async fn a_binding_moves_whole(test: &TestApp) {
    let app = &test.app;
    let (first, second) = (worker(test, 1).await, worker(test, 2).await);
    let (one, other) = (openid_of(&person(test, 1).await), openid_of("wang"));
    let bound = async |id: &str| workers::find(app, id).await.unwrap().openid;
    workers::bind(app, &first.id, &one, None).await.unwrap();
    workers::bind(app, &second.id, &one, None).await.unwrap();
    assert_eq!(
        (bound(&first.id).await, bound(&second.id).await),
        (None, Some(one.clone()))
    );
    workers::bind(app, &second.id, &other, None).await.unwrap();
    assert!(workers::by_openid(app, &one).await.unwrap().is_none());
    let holder = workers::by_openid(app, &other).await.unwrap().unwrap();
    assert_eq!(holder.id, second.id);

    // At the same moment: whoever wins, one holds it and nobody is shown an error.
    for round in 0..20 {
        let openid = format!("oContested{round}");
        let mut at_once = tokio::task::JoinSet::new();
        for id in [&first.id, &second.id, &first.id, &second.id] {
            let (app, id, openid) = (app.clone(), id.clone(), openid.clone());
            at_once.spawn(async move { workers::bind(&app, &id, &openid, None).await });
        }
        for result in at_once.join_all().await {
            result.unwrap();
        }
        let sql = "SELECT COUNT(*) FROM workers WHERE openid = $1";
        assert_eq!(number(app, sql, &openid).await, 1);
    }
}
