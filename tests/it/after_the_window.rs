//! A place that becomes free after the review window of who waits (R-20, R-24, ADR 0028): it is decided in the campaign's
//! next intake; after the last one the waiting is over. At no moment is a place free while somebody waits.

use crate::acts::{decide_now, officer, refused};
use crate::app::{Pair, TestApp};
use crate::builders::{self, demo_officers, street, submitted, union};
use yuanmeng::application::allot::{self, Typed};
use yuanmeng::application::{self, Application, FormText, State, deadlines, drafts, progress, withdraw};
use yuanmeng::campaign::{self, Intake, Season, places};
use yuanmeng::cli::seed;
use yuanmeng::kernel::{Refusal, Time};
use yuanmeng::review::Verdict;
use yuanmeng::supervision::invariants;
use yuanmeng::union::{Officer, Role, Union, tree};

const YEAR: i32 = 2026;

/// Spring of the year, with two places at the demo's unit: the first two hold them, the others wait.
struct Spring {
    test: TestApp,
    unit: Union,
    city: Officer,
    people: Vec<(yuanmeng::account::Worker, String)>,
}

async fn intakes(test: &TestApp) -> [Intake; 2] {
    let all = campaign::intakes(&test.app).await.unwrap();
    let of = |season| all.iter().find(|i| i.season == season).unwrap().clone();
    [of(Season::Spring), of(Season::Autumn)]
}

impl Spring {
    async fn begin(pair: Pair, people: usize) -> Spring {
        let test = TestApp::start_with(pair, Time::shanghai(YEAR, 5, 10, 9, 0, 0), &[]).await;
        let app = &test.app;
        let unit = union(app, &[seed::UNIT]).await;
        let root = tree::root(app).await.unwrap().unwrap();
        let city = officer(app, &root, "陈静", "13905310099", Role::Administrator).await;
        let street = street(app).await;
        let mut spring = Spring {
            unit,
            city,
            people: Vec::new(),
            test,
        };
        spring.set_total(2).await;
        for n in 1..=people {
            spring.people.push(submitted(&spring.test, n, &street).await);
        }
        spring
    }

    async fn places(&self) -> places::Places {
        let [spring, _] = intakes(&self.test).await;
        let places = places::of_unit(&self.test.app, &spring.campaign_id, &self.unit.id).await;
        places.unwrap().unwrap()
    }

    /// The city sets the unit's places; gives how many came off the waiting list.
    async fn set_total(&self, total: i64) -> i64 {
        let [spring, _] = intakes(&self.test).await;
        let seen = self.places().await.total.to_string();
        let typed = Typed {
            seen: &seen,
            total: &total.to_string(),
            reason: "市总调整",
        };
        let at = (spring.campaign_id.as_str(), self.unit.id.as_str());
        allot::set(&self.test.app, &self.city, at, &typed).await.unwrap()
    }

    async fn go_to(&self, moment: Time) {
        self.test.app.clock.advance(moment.0 - self.test.app.now().0);
    }

    async fn of(&self, n: usize) -> Application {
        application::find(&self.test.app, &self.people[n - 1].1)
            .await
            .unwrap()
    }

    async fn withdraw(&self, n: usize) {
        let (worker, id) = &self.people[n - 1];
        withdraw::withdraw(&self.test.app, &worker.id, id).await.unwrap();
    }

    async fn states(&self) -> Vec<State> {
        let mut states = Vec::new();
        for n in 1..=self.people.len() {
            states.push(self.of(n).await.state);
        }
        states
    }

    /// The newest message to one of them that contains these words.
    async fn told(&self, n: usize, words: &str) -> String {
        self.test.settle().await;
        let told = self.test.sms(&builders::phone(n)).await;
        let found = told.iter().rev().find(|text| text.contains(words)).cloned();
        found.unwrap_or_else(|| panic!("{words}: {told:?}"))
    }

    async fn books_agree(&self) {
        assert_eq!(invariants::check(&self.test.app).await.unwrap(), []);
    }
}

/// freed in summer, the place carries the first who waits over into autumn: number and order stay, nobody may
/// decide before its window opens, the worker is told the dates and cannot begin a second application meanwhile.
async fn carried_over_into_autumn(pair: Pair) {
    let spring = Spring::begin(pair, 4).await;
    let app = &spring.test.app;
    let [first, autumn] = intakes(&spring.test).await;
    let before = spring.of(3).await;
    assert_eq!((before.state, &before.intake_id), (State::Waitlisted, &first.id));

    spring.go_to(first.review.until.plus(60_000)).await;
    assert_eq!(
        deadlines::expire_overdue(app).await.unwrap(),
        0,
        "autumn is to come"
    );
    let (worker, _) = &spring.people[2];
    let begun = refused(drafts::begin(app, &worker.id, &FormText::default()).await);
    let number = before.number.clone().unwrap();
    assert_eq!(begun, Refusal::AlreadyThisYear { number });

    spring.withdraw(1).await;
    let carried = spring.of(3).await;
    assert_eq!((carried.state, &carried.intake_id), (State::InReview, &autumn.id));
    assert_eq!((carried.seq, &carried.number), (before.seq, &before.number));
    assert_eq!(spring.of(4).await.state, State::Waitlisted);
    let shown = progress::of(app, carried.clone()).await.unwrap();
    assert!(shown.is_carried_over());
    let told = spring.told(3, "候补递补").await;
    for words in [
        "2026年秋季批次",
        "2026年11月5日起审核",
        "12月7日 24:00",
        "不用重新提交",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    spring.books_agree().await;

    let [reviewer, ..] = demo_officers(app).await;
    let early = refused(decide_now(app, &reviewer, &carried.id, Verdict::Pass, &[]).await);
    let (from, until) = (autumn.review.from, autumn.review.until);
    assert_eq!(early, Refusal::ReviewWindowClosed { from, until });
    spring.go_to(autumn.review.from.plus(60_000)).await;
    decide_now(app, &reviewer, &carried.id, Verdict::Pass, &[])
        .await
        .unwrap();

    // A quota raised in autumn serves who waits since spring before anybody else.
    assert_eq!(spring.set_total(3).await, 1);
    let last = spring.of(4).await;
    assert_eq!((last.state, &last.intake_id), (State::InReview, &autumn.id));
    let told = spring.told(4, "候补递补").await;
    assert!(told.contains("12月7日 24:00前审完"), "{told}");
    spring.books_agree().await;
    spring.test.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_freed_in_summer_is_decided_in_autumn_on_sqlite() {
    carried_over_into_autumn(Pair::SqliteMemory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_freed_in_summer_is_decided_in_autumn_on_postgres() {
    carried_over_into_autumn(Pair::PostgresRedis).await;
}

/// after the year's last window nobody is promoted, whether a place becomes free or is added, and before the
/// loop has come by too: who waits is told the truth, and R-5 no longer counts what ended.
async fn over_with_the_last_window(pair: Pair) {
    let spring = Spring::begin(pair, 5).await;
    let app = &spring.test.app;
    let [_, autumn] = intakes(&spring.test).await;
    spring.go_to(autumn.review.until.plus(1_000)).await;

    assert_eq!(spring.set_total(3).await, 0, "nobody is promoted");
    assert_eq!(spring.places().await, places::Places { total: 3, taken: 2 });
    use State::{Expired, InReview, Withdrawn};
    assert_eq!(
        spring.states().await,
        [InReview, InReview, Expired, Expired, Expired],
        "no place is free while somebody waits"
    );
    spring.withdraw(1).await;
    assert_eq!(spring.places().await, places::Places { total: 3, taken: 1 });
    assert_eq!(spring.states().await[..2], [Withdrawn, InReview]);
    assert_eq!(deadlines::expire_overdue(app).await.unwrap(), 0);
    spring.told(3, "已失效，候补结束，未轮到").await;
    let shown = progress::of(app, spring.of(3).await).await.unwrap();
    assert_eq!(shown.expired_for(), "候补结束，未轮到");
    spring.books_agree().await;
    spring.test.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_waiting_ends_with_the_last_window_on_sqlite() {
    over_with_the_last_window(Pair::SqliteMemory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_waiting_ends_with_the_last_window_on_postgres() {
    over_with_the_last_window(Pair::PostgresRedis).await;
}

/// with no place left the deadlines' loop ends the waiting, all of a unit together; who holds a place keeps it.
async fn the_loop_ends_the_waiting(pair: Pair) {
    let spring = Spring::begin(pair, 5).await;
    let app = &spring.test.app;
    let [_, autumn] = intakes(&spring.test).await;
    spring.go_to(autumn.review.until.plus(-1_000)).await;
    assert_eq!(deadlines::expire_overdue(app).await.unwrap(), 0);
    // Who leaves by themselves is not ended besides.
    spring.withdraw(5).await;
    spring.go_to(autumn.review.until.plus(1_000)).await;
    deadlines::expire_overdue(app).await.unwrap();
    use State::{Expired, InReview, Withdrawn};
    assert_eq!(
        spring.states().await,
        [InReview, InReview, Expired, Expired, Withdrawn]
    );
    spring.books_agree().await;
    spring.test.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loop_ends_the_waiting_on_sqlite() {
    the_loop_ends_the_waiting(Pair::SqliteMemory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loop_ends_the_waiting_on_postgres() {
    the_loop_ends_the_waiting(Pair::PostgresRedis).await;
}
