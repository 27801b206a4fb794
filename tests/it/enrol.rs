//! 选学报读 on both stores: catalogue, search, real-name check, enrolling, paying, refunds, providers, and the way to the
//! subsidy (R-3, R-33 … R-35; issue 6).

mod accounts;
mod agreed;
mod browser;
mod catalogue;
mod killed;
mod money;
mod office_browser;
mod owner;
mod providers;
mod race;
mod subsidy;

use crate::acts::{eventually, refused};
use crate::app::TestApp;
use crate::builders;
use crate::on_both_stores;
use serde_json::json;
use yuanmeng::account::{Worker, identity, workers};
use yuanmeng::app::App;
use yuanmeng::enrolment::agreed::Agreed;
use yuanmeng::enrolment::states::Event;
use yuanmeng::enrolment::{
    Basics, Enrolment, Program, State, catalogue as books, enrol, moves, paying, refunds, search,
};
use yuanmeng::error::Error;
use yuanmeng::kernel::time::MINUTE;
use yuanmeng::kernel::{Fen, Refusal};
use yuanmeng::payment;
use yuanmeng::union::Officer;

/// The city centre's officer, who keeps the catalogue.
pub async fn keeper(app: &App) -> Officer {
    let [_, _, centre] = builders::demo_officers(app).await;
    centre
}

/// The n-th worker, whose name and ID number the centre has checked.
pub async fn verified(test: &TestApp, n: usize) -> Worker {
    let worker = builders::worker(test, n).await;
    let (app, by) = (&test.app, keeper(&test.app).await.actor());
    identity::ask(app, &worker, "王小梅", &builders::id_number(n))
        .await
        .unwrap();
    let check = identity::of(app, &worker.id).await.unwrap().unwrap();
    identity::decide(app, &by, &check.id, None).await.unwrap();
    workers::find(app, &worker.id).await.unwrap()
}

/// What a worker types.
pub fn basics(worker: &Worker, n: usize) -> Basics {
    Basics {
        name: "王小梅".to_owned(),
        id_number: builders::id_number(n),
        phone: worker.phone.digits().to_owned(),
        employer: "济南示范机械有限公司".to_owned(),
        address: "济南市历下区文化东路 1 号".to_owned(),
        education: "高中".to_owned(),
    }
}

/// A program of the demo by a word that only it has.
pub async fn program(app: &App, words: &str) -> Program {
    let query = search::Query {
        words: words.to_owned(),
        ..search::Query::default()
    };
    let (hits, _) = search::search(app, &query, 0).await.unwrap();
    books::find(
        app,
        &hits.first().unwrap_or_else(|| panic!("no program {words}")).id,
    )
    .await
    .unwrap()
}

/// Enrols the worker in the program's first intake.
pub async fn enrolled(app: &App, worker: &Worker, n: usize, program: &Program) -> Result<Enrolment, Error> {
    let at = (program.id.as_str(), program.intakes[0].id.as_str());
    let agreed = Agreed::of(program);
    enrol::begin(app, worker, at, &basics(worker, n), Some(&agreed)).await
}

/// The order of what is due.
pub async fn order(app: &App, enrolment: &Enrolment) -> payment::Order {
    let seen = moves::find(app, &enrolment.id).await.unwrap();
    paying::due(app, &seen).await.unwrap().1
}

/// Scans the code and confirms, with the simulator's first phone.
pub async fn scan(test: &TestApp, order: &payment::Order) {
    let code = payment::native(&test.app, &order.id).await.expect("a code");
    let shown = test
        .sim_post("/sim/pay/cashier", json!({ "user": "wang", "code_url": code }))
        .await;
    let paid = test
        .sim_post(
            "/sim/pay/confirm",
            json!({ "user": "wang", "prepay_id": shown["prepay_id"] }),
        )
        .await;
    assert_eq!(paid["ok"], true, "{paid}");
}

/// Pays the second instalment.
pub async fn pay_second(test: &TestApp, enrolment: &Enrolment) {
    scan(test, &order(&test.app, enrolment).await).await;
    eventually("the second instalment is paid", async || {
        moves::terms(&test.app, &enrolment.id).await.unwrap()[1]
            .paid_at
            .is_some()
    })
    .await;
}

pub async fn state(app: &App, enrolment: &Enrolment) -> State {
    moves::find(app, &enrolment.id).await.unwrap().state
}

pub async fn until(app: &App, enrolment: &Enrolment, wanted: State) {
    eventually(wanted.as_str(), async || state(app, enrolment).await == wanted).await;
}

/// Seats taken are exactly the enrolments that hold one.
pub async fn seats_are_exact(app: &App) {
    let sql = "SELECT COUNT(*) FROM program_intakes i WHERE $1 = '' AND i.taken <> (SELECT COUNT(*) FROM enrolments e \
               WHERE e.intake_id = i.id AND e.state IN ('held', 'paid', 'admitted', 'completed'))";
    assert_eq!(crate::acts::number(app, sql, "").await, 0);
}

/// A worker of the n-th number with a paid enrolment.
pub async fn paid(test: &TestApp, n: usize, program: &Program) -> (Worker, Enrolment) {
    let worker = verified(test, n).await;
    let enrolment = enrolled(&test.app, &worker, n, program).await.unwrap();
    scan(test, &order(&test.app, &enrolment).await).await;
    until(&test.app, &enrolment, State::Paid).await;
    (worker, moves::find(&test.app, &enrolment.id).await.unwrap())
}

on_both_stores! {
    /// who is not verified cannot enrol, is told how, and loses nothing that was typed; verified, it is there again.
    nothing_typed_is_lost_before_the_real_name_check
}
async fn nothing_typed_is_lost_before_the_real_name_check(test: &TestApp) {
    let app = &test.app;
    let worker = builders::worker(test, 1).await;
    let program = program(app, "数控技术").await;
    assert_eq!(
        refused(enrolled(app, &worker, 1, &program).await),
        Refusal::RealNameFirst
    );
    let kept = enrol::prefilled(app, &worker).await.unwrap();
    assert_eq!(
        (kept.address.as_str(), kept.id_number),
        ("济南市历下区文化东路 1 号", builders::id_number(1))
    );
    let cookie = builders::session(app, "worker", &worker.id).await;
    let page = crate::acts::page(test, "/enrol/verify", Some(&cookie))
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("4000123318") && page.contains("齐鲁工惠"), "{page}");

    identity::ask(app, &worker, "王小梅", &builders::id_number(1))
        .await
        .unwrap();
    let by = keeper(app).await.actor();
    let check = identity::of(app, &worker.id).await.unwrap().unwrap();
    identity::decide(app, &by, &check.id, Some("电话无人接听"))
        .await
        .unwrap();
    let worker = workers::find(app, &worker.id).await.unwrap();
    assert!(worker.verified_at.is_none());
    identity::ask(app, &worker, "王小梅", &builders::id_number(1))
        .await
        .unwrap();
    let check = identity::of(app, &worker.id).await.unwrap().unwrap();
    identity::decide(app, &by, &check.id, None).await.unwrap();
    let worker = workers::find(app, &worker.id).await.unwrap();
    assert_eq!(
        enrolled(app, &worker, 1, &program).await.unwrap().state,
        State::Held
    );
    // The number is this account's now: another one cannot be verified with it.
    let other = builders::worker(test, 2).await;
    let taken = identity::ask(app, &other, "王小梅", &builders::id_number(1)).await;
    assert_eq!(refused(taken), Refusal::IdentityOfAnother);
    test.settle().await;
    let told = test.sms(&builders::phone(1)).await;
    assert!(
        told.iter().any(|t| t.contains("实名未通过")) && told.iter().any(|t| t.contains("实名通过")),
        "{told:?}"
    );
}

on_both_stores! {
    /// from the seat to the second instalment; each step is told; a seat is held by one tap once, and one at a time.
    a_seat_is_held_paid_and_paid_on
}
async fn a_seat_is_held_paid_and_paid_on(test: &TestApp) {
    let app = &test.app;
    let worker = verified(test, 1).await;
    let program = program(app, "机电一体化").await;
    let enrolment = enrolled(app, &worker, 1, &program).await.unwrap();
    assert_eq!(
        enrolled(app, &worker, 1, &program).await.unwrap().id,
        enrolment.id,
        "a second tap"
    );
    let other = self::program(app, "学前教育").await;
    assert!(matches!(
        refused(enrolled(app, &worker, 1, &other).await),
        Refusal::HoldsAnother { .. }
    ));
    let first = order(app, &enrolment).await;
    assert_eq!(first.amount, Fen::yuan(2000));
    scan(test, &first).await;
    until(app, &enrolment, State::Paid).await;
    assert!(matches!(
        refused(enrolled(app, &worker, 1, &program).await),
        Refusal::EnrolledAlready { .. }
    ));
    // The next instalment: its order runs out, another one is had.
    let second = order(app, &enrolment).await;
    assert_eq!(second.amount, Fen::yuan(2000));
    test.pay_later(31 * MINUTE).await;
    let again = order(app, &enrolment).await;
    assert_ne!(again.id, second.id);
    scan(test, &again).await;
    eventually("the second instalment is paid", async || {
        moves::terms(app, &enrolment.id).await.unwrap()[1]
            .paid_at
            .is_some()
    })
    .await;
    assert_eq!(state(app, &enrolment).await, State::Paid);
    seats_are_exact(app).await;
    test.settle().await;
    let told = test.sms(&builders::phone(1)).await;
    for words in ["待缴费", "缴费成功", "第 2 期 2000 元"] {
        assert!(told.iter().any(|text| text.contains(words)), "{words}: {told:?}");
    }
}

on_both_stores! {
    /// not paid in time, the seat is free and no money was taken; the last seat taken meanwhile is said before any money.
    an_unpaid_seat_is_free_again
}
async fn an_unpaid_seat_is_free_again(test: &TestApp) {
    let app = &test.app;
    let program = program(app, "电气工程").await; // two seats
    let mut held = Vec::new();
    for n in 1..=2 {
        let worker = verified(test, n).await;
        held.push(enrolled(app, &worker, n, &program).await.unwrap());
    }
    let third = verified(test, 3).await;
    assert_eq!(
        refused(enrolled(app, &third, 3, &program).await),
        Refusal::SeatsGone
    );
    assert!(
        moves::of_worker(app, &third.id).await.unwrap().is_empty(),
        "nothing was begun"
    );
    payment::native(app, &order(app, &held[0]).await.id)
        .await
        .unwrap();
    // One gives up, the other lets the time pass.
    refunds::cancel(app, &held[1].worker_id, &held[1].id)
        .await
        .unwrap();
    assert_eq!(state(app, &held[1]).await, State::Cancelled);
    test.pay_later(31 * MINUTE).await;
    until(app, &held[0], State::Expired).await;
    seats_are_exact(app).await;
    assert_eq!(
        enrolled(app, &third, 3, &program).await.unwrap().state,
        State::Held
    );
    let cookie = builders::session(app, "worker", &held[0].worker_id).await;
    let page = crate::acts::page(test, &format!("/enrol/mine/{}", held[0].id), Some(&cookie))
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("重新报读") && page.contains("没有产生费用"));
}

on_both_stores! {
    /// leaving gives back what the rules agreed to say, over every paid instalment; the seat is free at once.
    leaving_gives_back_by_the_rules
}
async fn leaving_gives_back_by_the_rules(test: &TestApp) {
    let app = &test.app;
    let program = program(app, "机电一体化").await;
    let (worker, enrolment) = paid(test, 1, &program).await;
    pay_second(test, &enrolment).await;
    let enrolment = moves::find(app, &enrolment.id).await.unwrap();
    let prospect = refunds::prospect(app, &enrolment).await.unwrap();
    assert_eq!(prospect.paid, Fen::yuan(4000));
    assert_eq!(
        prospect.back.0,
        400_000 * enrolment.refunds.percent(enrolment.entry, app.now()) / 100
    );
    // The page's own form: what it shows is what it sends.
    let cookie = builders::session(app, "worker", &worker.id).await;
    let at = format!("/enrol/mine/{}/leave", enrolment.id);
    let page = crate::acts::page(test, &at, Some(&cookie))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        page.contains(&format!("name=\"back\" value=\"{}\"", prospect.back.0)),
        "{page}"
    );
    let other = refunds::leave(app, &worker.id, &enrolment.id, Fen(1), "").await;
    assert_eq!(
        refused(other),
        Refusal::EnrolmentNotThere,
        "another sum than was shown"
    );
    let back = prospect.back.0.to_string();
    let form = [
        ("csrf", builders::CSRF),
        ("back", back.as_str()),
        ("reason", "调岗"),
    ];
    let sent = test
        .http
        .post(format!("{}{at}", test.url))
        .header("cookie", &cookie)
        .form(&form)
        .send()
        .await;
    assert_eq!(sent.unwrap().status(), 303);
    assert_ne!(state(app, &enrolment).await, State::Paid);
    seats_are_exact(app).await;
    until(app, &enrolment, State::Refunded).await;
    let back: i64 = moves::terms(app, &enrolment.id)
        .await
        .unwrap()
        .iter()
        .map(|t| t.refund.0)
        .sum();
    assert_eq!(back, prospect.back.0);
    let again = refunds::leave(app, &worker.id, &enrolment.id, prospect.back, "").await;
    assert_eq!(refused(again), Refusal::RefundNotNow);
}

on_both_stores! {
    /// both instalments' refunds arrive in the same moment, and the enrolment is settled all the same.
    two_refunds_in_one_moment_settle
}
async fn two_refunds_in_one_moment_settle(test: &TestApp) {
    let app = &test.app;
    // WeChat Pay tells nothing by itself: the test tells both at once.
    test.sim_post("/sim/pay/set", json!({ "refund_outcome": "PROCESSING" }))
        .await;
    let program = program(app, "机电一体化").await;
    for n in 1..=3 {
        let (worker, enrolment) = paid(test, n, &program).await;
        pay_second(test, &enrolment).await;
        let seen = moves::find(app, &enrolment.id).await.unwrap();
        let back = refunds::prospect(app, &seen).await.unwrap().back;
        assert!(back.0 > 0, "nothing to give back");
        refunds::leave(app, &worker.id, &enrolment.id, back, "")
            .await
            .unwrap();
        let terms = moves::terms(app, &enrolment.id).await.unwrap();
        let [first, second] = [0, 1].map(|at| terms[at].order_id.clone().unwrap());
        let (first_done, second_done) = tokio::join!(
            paying::happened(app, &first, payment::Happened::Refunded, "one"),
            paying::happened(app, &second, payment::Happened::Refunded, "two"),
        );
        first_done.and(second_done).unwrap();
        assert_eq!(state(app, &enrolment).await, State::Refunded);
        // A job that is done again writes no second line.
        for _ in 0..2 {
            let job = format!("returned-{n}");
            paying::happened(app, &first, payment::Happened::Returned, &job)
                .await
                .unwrap();
        }
        let lines = moves::timeline(app, &enrolment.id).await.unwrap();
        let returned = |line: &&moves::Happened| line.event == Event::MoneyReturned;
        assert_eq!(lines.iter().filter(returned).count(), 1);
    }
}
