//! The list: filters that combine, words, paging, and no scan of the table (R-21, ux.md, issue 5).

use super::{Desk, season};
use crate::acts::decide_now;
use crate::app::TestApp;
use crate::builders::{demo_officers, street, submitted, union};
use crate::on_both_stores;
use chrono::Days;
use yuanmeng::application::{self, Level, State};
use yuanmeng::campaign;
use yuanmeng::cli::seed::UNIT;
use yuanmeng::db::Kind;
use yuanmeng::kernel::Time;
use yuanmeng::kernel::time::DAY;
use yuanmeng::review::Verdict;
use yuanmeng::review::inbox::{self, CAP, Filter, Looked, PAGE, Tab};
use yuanmeng::review::late;
use yuanmeng::union::Officer;

async fn ids(test: &TestApp, officer: &Officer, filter: &Filter) -> Vec<String> {
    let page = inbox::list(&test.app, officer, filter).await.unwrap();
    page.items.into_iter().map(|item| item.id).collect()
}

on_both_stores! {
    /// ux.md: each filter takes away what it should, and two together take away what either does.
    filters_narrow_and_combine
}
async fn filters_narrow_and_combine(test: &TestApp) {
    let app = &test.app;
    let [at_street, at_unit, at_centre] = demo_officers(app).await;
    let (street, other) = (street(app).await, union(app, &[UNIT, "文昌街道总工会"]).await);
    let (_, first) = submitted(test, 1, &street).await;
    let (_, second) = submitted(test, 2, &street).await;
    let (_, elsewhere) = submitted(test, 3, &other).await;
    decide_now(app, &at_street, &second, Verdict::Pass, &[])
        .await
        .unwrap();
    let number = application::find(app, &first).await.unwrap().number.unwrap();
    let today = app.now().date();
    let intake = campaign::current(app).await.unwrap().unwrap().intake;
    let all = Filter::new(Tab::All);

    let everything = [first.clone(), second.clone(), elsewhere.clone()];
    for officer in [&at_unit, &at_centre] {
        assert_eq!(ids(test, officer, &all).await, everything, "oldest first");
    }
    let cases: Vec<(Filter, Vec<&String>)> = vec![
        (
            Filter {
                union: Some(street.id.clone()),
                ..all.clone()
            },
            vec![&first, &second],
        ),
        (
            Filter {
                at: Some(street.id.clone()),
                ..all.clone()
            },
            vec![&first],
        ),
        (
            Filter {
                state: Some(State::Returned),
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                level: Some(Level::College),
                ..all.clone()
            },
            everything.iter().collect(),
        ),
        (
            Filter {
                level: Some(Level::Master),
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                intake: Some(intake.id.clone()),
                ..all.clone()
            },
            everything.iter().collect(),
        ),
        (
            Filter {
                from: Some(today),
                until: Some(today),
                ..all.clone()
            },
            everything.iter().collect(),
        ),
        (
            Filter {
                from: today.checked_add_days(Days::new(1)),
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                words: "小梅".to_owned(),
                ..all.clone()
            },
            everything.iter().collect(),
        ),
        (
            Filter {
                words: "王小梅".to_owned(),
                union: Some(other.id.clone()),
                ..all.clone()
            },
            vec![&elsewhere],
        ),
        (
            Filter {
                words: number[2..7].to_lowercase(),
                ..all.clone()
            },
            vec![&first],
        ),
        (
            Filter {
                words: "%".to_owned(),
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                returned: true,
                ..all.clone()
            },
            vec![],
        ),
        (
            Filter {
                waits: Some(1),
                ..all.clone()
            },
            vec![],
        ),
        // A union of another branch is left out: an address that was passed on shows one's own.
        (
            Filter {
                union: Some("no-union".to_owned()),
                ..all.clone()
            },
            everything.iter().collect(),
        ),
    ];
    for (filter, expected) in cases {
        for officer in [&at_unit, &at_centre] {
            let found = ids(test, officer, &filter).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        }
    }
    assert_eq!(ids(test, &at_street, &all).await, [first.clone(), second.clone()]);
    let mine = Filter::new(Tab::Mine);
    // 文昌街道 has no reviewer: what is submitted there stands at the unit at once.
    assert_eq!(
        ids(test, &at_unit, &mine).await,
        [elsewhere.clone(), second.clone()]
    );
    let free = Filter {
        looked: Some(Looked::Free),
        ..mine.clone()
    };
    assert_eq!(ids(test, &at_street, &free).await, [first.as_str()]);
    yuanmeng::review::desk::open(app, &at_street, &first)
        .await
        .unwrap();
    assert!(ids(test, &at_street, &free).await.is_empty());
    let looked = Filter {
        looked: Some(Looked::Mine),
        ..mine.clone()
    };
    assert_eq!(ids(test, &at_street, &looked).await, [first.as_str()]);

    decide_now(app, &at_street, &first, Verdict::Return, &["receipt"])
        .await
        .unwrap();
    let returned = Filter {
        returned: true,
        union: Some(street.id.clone()),
        ..all.clone()
    };
    assert_eq!(ids(test, &at_unit, &returned).await, [first.as_str()]);

    let counts = inbox::counts(app, &at_unit, Some(&street.id)).await.unwrap();
    let count = |state| counts.by_state.iter().find(|(s, _)| *s == state).unwrap().1;
    assert_eq!(
        (count(State::InReview), count(State::Returned), counts.mine),
        (1, 1, 2)
    );

    // what waits is late after five working days; at the unit's page worst first.
    app.clock.advance(10 * DAY);
    let late_ones = Filter { late: true, ..all };
    assert_eq!(ids(test, &at_unit, &late_ones).await, [second, elsewhere]);
    let unions = late::of(app, &at_unit, None).await.unwrap();
    assert_eq!((unions.len(), unions[0].waiting_long), (1, 2), "{unions:?}");
    assert_eq!(unions[0].id, at_unit.union.id);
    let desk = Desk::of(test, &at_unit.id).await;
    assert!(
        desk.get("/office/late")
            .await
            .text
            .contains("等待超过 5 个工作日")
    );
    assert!(desk.get("/office/late?days=30").await.status == 200);
}

/// Filters of every way in, alone and together.
fn every_way(unit: &str, street: &str) -> Vec<Filter> {
    let (mine, all) = (Filter::new(Tab::Mine), Filter::new(Tab::All));
    let day = Time::shanghai(2026, 1, 1, 0, 0, 0).date();
    let mut ways = Vec::new();
    for tab in [mine, all] {
        for union in [None, Some(unit.to_owned()), Some(street.to_owned())] {
            for words in ["", "王", "小梅", "K3", "7K3M9"] {
                let base = Filter {
                    union: union.clone(),
                    words: words.to_owned(),
                    ..tab.clone()
                };
                ways.push(Filter {
                    state: Some(State::InReview),
                    ..base.clone()
                });
                ways.push(Filter {
                    late: true,
                    flagged: true,
                    ..base.clone()
                });
                ways.push(Filter {
                    looked: Some(Looked::Free),
                    returned: true,
                    ..base.clone()
                });
                ways.push(Filter {
                    looked: Some(Looked::Mine),
                    ..base.clone()
                });
                ways.push(Filter {
                    state: Some(State::Returned),
                    level: Some(Level::Doctor),
                    from: Some(day),
                    until: Some(day),
                    waits: Some(3),
                    returned: true,
                    ..base.clone()
                });
                ways.push(Filter {
                    after: Some((7, "x".to_owned())),
                    at: Some(unit.to_owned()),
                    ..base.clone()
                });
                ways.push(base);
            }
        }
    }
    ways
}

on_both_stores! {
    /// Issue 5: no query of the list scans the applications, whatever is filtered by: read from the planner.
    no_filter_scans_the_table
}
async fn no_filter_scans_the_table(test: &TestApp) {
    let app = &test.app;
    season::fill(app, 6_000).await;
    let [at_street, at_unit, at_centre] = demo_officers(app).await;
    let ways = every_way(&at_unit.union.id, &at_street.union.id);
    for officer in [&at_street, &at_unit, &at_centre] {
        for filter in &ways {
            let plan = inbox::explain(app, officer, filter).await.unwrap();
            let scan = plan.iter().find(|line| match app.db.kind() {
                // "SCAN a": the table or a whole index of it; its other names here are none of the applications'.
                Kind::Sqlite => line.starts_with("SCAN a") || line.starts_with("SCAN k"),
                Kind::Postgres => {
                    line.contains("Seq Scan on applications") || line.contains("Seq Scan on application_keys")
                }
            });
            assert!(
                scan.is_none(),
                "{} {filter:?}\n{}",
                officer.union.name,
                plan.join("\n")
            );
            inbox::list(app, officer, filter).await.unwrap();
        }
    }
}

on_both_stores! {
    /// A long list is counted up to a thousand and goes on from its last line; nothing is shown twice, nothing left out.
    a_long_list_goes_on
}
async fn a_long_list_goes_on(test: &TestApp) {
    let app = &test.app;
    season::fill(app, 2_300).await;
    let [.., at_centre] = demo_officers(app).await;
    let mut seen = std::collections::BTreeSet::new();
    let mut after = None;
    loop {
        let mut filter = Filter {
            after: after.clone(),
            ..Filter::new(Tab::All)
        };
        let first = inbox::list(app, &at_centre, &filter).await.unwrap();
        for page in 0..first.total.div_euclid(PAGE) + 1 {
            filter.page = page;
            for id in ids(test, &at_centre, &filter).await {
                assert!(seen.insert(id.clone()), "{id} stands twice");
            }
        }
        if first.beyond.is_none() {
            assert_eq!(first.total, 300);
            break;
        }
        assert_eq!(first.total, CAP);
        after = first.beyond;
    }
    assert_eq!(seen.len(), 2_300);
    let desk = Desk::of(test, &at_centre.id).await;
    let page = desk.get("/office?tab=all&page=20").await;
    assert!(page.text.contains("共 1000 多条") && page.text.contains("data-testid=\"next\""));
}
