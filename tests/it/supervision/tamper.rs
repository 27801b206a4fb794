//! Somebody with access to the database alone: every way to alter, delete, move or add a line is found and named.

use crate::app::TestApp;
use crate::on_both_stores;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use sqlx::AssertSqlSafe;
use yuanmeng::supervision::chain::{self, COLUMNS};
use yuanmeng::supervision::verify::{self, Fault, Finding, Report};

/// So many random tamperings a store.
const TRIES: usize = 60;

#[derive(Debug, Clone)]
enum Tampering {
    /// A column of the n-th line.
    Column(usize, usize),
    /// The line's id itself.
    Id(usize),
    Delete(usize),
    DeleteSeal(usize),
    DeleteBoth(usize),
    /// The end is cut off, lines and links.
    CutTail(usize),
    /// Two lines exchange what they say.
    SwapContents(usize, usize),
    /// Two links exchange their numbers.
    SwapNumbers(usize, usize),
    /// Two links exchange their lines.
    SwapLines(usize, usize),
    /// A copy of a line with a new id, as if it were to be sealed yet.
    Insert(usize),
    /// The same with a link at the end.
    InsertSealed(usize),
    /// A column of a link.
    SealColumn(usize, usize),
    Head,
}

const SEAL_COLUMNS: [&str; 4] = ["hash", "tags", "mark", "at"];

fn tamperings() -> impl Strategy<Value = Tampering> {
    use Tampering as T;
    let n = 0usize..1_000;
    prop_oneof![
        4 => (0..COLUMNS.len(), n.clone()).prop_map(|(c, n)| T::Column(c, n)),
        1 => n.clone().prop_map(T::Id),
        1 => n.clone().prop_map(T::Delete),
        1 => n.clone().prop_map(T::DeleteSeal),
        1 => n.clone().prop_map(T::DeleteBoth),
        1 => (1usize..4).prop_map(T::CutTail),
        1 => (n.clone(), 1usize..1_000).prop_map(|(a, b)| T::SwapContents(a, b)),
        1 => (n.clone(), 1usize..1_000).prop_map(|(a, b)| T::SwapNumbers(a, b)),
        1 => (n.clone(), 1usize..1_000).prop_map(|(a, b)| T::SwapLines(a, b)),
        1 => n.clone().prop_map(T::Insert),
        1 => n.clone().prop_map(T::InsertSealed),
        2 => (0..SEAL_COLUMNS.len(), n).prop_map(|(c, n)| T::SealColumn(c, n)),
        1 => Just(T::Head),
    ]
}

async fn run(test: &TestApp, statements: &[String]) {
    let mut tx = test.app.db.write().await.unwrap();
    for sql in statements {
        sqlx::query(AssertSqlSafe(sql.clone()))
            .execute(&mut *tx)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    tx.commit().await.unwrap();
}

const TABLES: [(&str, &str); 3] = [
    (
        "audit",
        "id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail, mark, sealed",
    ),
    ("audit_chain", "seq, audit_id, hash, tags, mark, at"),
    ("audit_head", "id, seq, hash, mark, at"),
];

async fn keep(test: &TestApp) {
    let copy = |(table, columns): &(&str, &str)| {
        format!("CREATE TABLE kept_{table} AS SELECT {columns} FROM {table}")
    };
    run(test, &TABLES.iter().map(copy).collect::<Vec<_>>()).await;
}

async fn restore(test: &TestApp) {
    let mut statements = vec!["UPDATE audit_head SET seq = seq".to_owned()];
    for (table, columns) in TABLES {
        statements.push(format!("DELETE FROM {table}"));
        statements.push(format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_{table}"
        ));
    }
    run(test, &statements).await;
}

/// Links in order: number and line.
async fn links(test: &TestApp) -> Vec<(i64, String)> {
    sqlx::query_as("SELECT seq, audit_id FROM audit_chain ORDER BY seq")
        .fetch_all(test.app.db.read())
        .await
        .unwrap()
}

async fn verified(test: &TestApp) -> Report {
    verify::verify(&test.app, None).await.unwrap()
}

fn changed(column: &str) -> String {
    if column == "at" {
        "at = at + 1".to_owned()
    } else {
        format!("{column} = {column} || 'x'")
    }
}

/// The statements, and what has to be among the findings: number, id, and what it may be called.
type Expected = Vec<(Option<i64>, Option<String>, fn(&Fault) -> bool)>;

fn plan(tampering: &Tampering, links: &[(i64, String)]) -> (Vec<String>, Expected) {
    use Tampering as T;
    let at = |n: &usize| links[n % links.len()].clone();
    let other = |n: &usize, by: &usize| {
        let step = 1 + by % (links.len() - 1);
        links[(n + step) % links.len()].clone()
    };
    let altered: fn(&Fault) -> bool = |fault| matches!(fault, Fault::Altered(_));
    let missing: fn(&Fault) -> bool = |fault| *fault == Fault::Missing;
    let reordered: fn(&Fault) -> bool = |fault| matches!(fault, Fault::Reordered(Some(_)));
    let inserted: fn(&Fault) -> bool = |fault| *fault == Fault::Inserted;
    match tampering {
        T::Column(c, n) => {
            let (seq, id) = at(n);
            let sql = format!("UPDATE audit SET {} WHERE id = '{id}'", changed(COLUMNS[*c]));
            (vec![sql], vec![(Some(seq), Some(id), altered)])
        }
        T::Id(n) => {
            let (seq, id) = at(n);
            let sql = format!("UPDATE audit SET id = id || 'x' WHERE id = '{id}'");
            let other = (None, Some(format!("{id}x")), inserted);
            (vec![sql], vec![(Some(seq), Some(id), missing), other])
        }
        T::Delete(n) => {
            let (seq, id) = at(n);
            (
                vec![format!("DELETE FROM audit WHERE id = '{id}'")],
                vec![(Some(seq), Some(id), missing)],
            )
        }
        T::DeleteSeal(n) => {
            let (seq, id) = at(n);
            let line: fn(&Fault) -> bool = |fault| *fault == Fault::SealMissing;
            let sql = format!("DELETE FROM audit_chain WHERE seq = {seq}");
            (
                vec![sql],
                vec![(Some(seq), None, missing), (None, Some(id), line)],
            )
        }
        T::DeleteBoth(n) => {
            let (seq, id) = at(n);
            let line = format!("DELETE FROM audit WHERE id = '{id}'");
            let link = format!("DELETE FROM audit_chain WHERE seq = {seq}");
            (vec![line, link], vec![(Some(seq), None, missing)])
        }
        T::CutTail(n) => {
            let (seq, _) = links[links.len() - n];
            let lines = format!(
                "DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE seq >= {seq})"
            );
            let cut = format!("DELETE FROM audit_chain WHERE seq >= {seq}");
            (vec![lines, cut], vec![(Some(seq), None, missing)])
        }
        T::SwapContents(a, b) => {
            let ((one, one_id), (two, two_id)) = (at(a), other(a, b));
            let swap = |from: &str, to: &str| format!("UPDATE audit SET id = '{to}' WHERE id = '{from}'");
            let statements = vec![
                swap(&one_id, "swap"),
                swap(&two_id, &one_id),
                swap("swap", &two_id),
            ];
            let found = vec![
                (Some(one), Some(one_id), altered),
                (Some(two), Some(two_id), altered),
            ];
            (statements, found)
        }
        T::SwapNumbers(a, b) => {
            let ((one, one_id), (two, two_id)) = (at(a), other(a, b));
            let swap = |from: i64, to: i64| format!("UPDATE audit_chain SET seq = {to} WHERE seq = {from}");
            let statements = vec![swap(one, -7), swap(two, one), swap(-7, two)];
            let found = vec![
                (Some(two), Some(one_id), reordered),
                (Some(one), Some(two_id), reordered),
            ];
            (statements, found)
        }
        T::SwapLines(a, b) => {
            let ((one, one_id), (two, two_id)) = (at(a), other(a, b));
            let set =
                |seq: i64, id: &str| format!("UPDATE audit_chain SET audit_id = '{id}' WHERE seq = {seq}");
            let statements = vec![set(one, "swap"), set(two, &one_id), set(one, &two_id)];
            let found = vec![
                (Some(one), Some(two_id), reordered),
                (Some(two), Some(one_id), reordered),
            ];
            (statements, found)
        }
        T::Insert(n) => (vec![insert(&at(n).1)], vec![(None, None, inserted)]),
        T::InsertSealed(n) => {
            let link = "INSERT INTO audit_chain (seq, audit_id, hash, tags, mark, at) \
                        SELECT seq + 1, 'f00d', hash, tags, mark, at FROM audit_chain ORDER BY seq DESC LIMIT 1";
            let next = links.last().map(|(seq, _)| seq + 1);
            (
                vec![insert(&at(n).1), link.to_owned()],
                vec![(next, Some("f00d".to_owned()), inserted)],
            )
        }
        T::SealColumn(c, n) => {
            let (seq, id) = at(n);
            let sql = format!(
                "UPDATE audit_chain SET {} WHERE seq = {seq}",
                changed(SEAL_COLUMNS[*c])
            );
            let link: fn(&Fault) -> bool = |fault| *fault == Fault::SealAltered;
            (vec![sql], vec![(Some(seq), Some(id), link)])
        }
        T::Head => {
            let head: fn(&Fault) -> bool = |fault| *fault == Fault::HeadAltered;
            let sql = format!("UPDATE audit_head SET hash = '{}'", chain::GENESIS);
            (vec![sql], vec![(links.last().map(|(seq, _)| *seq), None, head)])
        }
    }
}

/// A forged line: a true one's columns under another id.
fn insert(like: &str) -> String {
    format!(
        "INSERT INTO audit (id, at, actor_kind, actor_id, act, subject_kind, subject_id, detail, mark, sealed) \
         SELECT 'f00d', at, actor_kind, actor_id, act, subject_kind, subject_id, detail, mark, 1 FROM audit WHERE id = '{like}'"
    )
}

fn named(findings: &[Finding], expected: &Expected) -> bool {
    expected.iter().all(|(seq, id, called)| {
        findings.iter().any(|finding| {
            (seq.is_none() || finding.seq == *seq)
                && id.as_ref().is_none_or(|id| finding.id == *id)
                && called(&finding.fault)
        })
    })
}

on_both_stores! {
    /// whatever is done to a line or its link is found, with its number and id; put right, the trail is whole again.
    random_tamperings_are_found_and_named
}
async fn random_tamperings_are_found_and_named(test: &TestApp) {
    chain::seal_all(&test.app).await.unwrap();
    keep(test).await;
    let links = links(test).await;
    assert!(links.len() > 20 && verified(test).await.whole());
    let mut runner = TestRunner::deterministic();
    let all_columns = (0..COLUMNS.len()).map(|c| Tampering::Column(c, 11 * c));
    let random: Vec<Tampering> = (0..TRIES)
        .map(|_| tamperings().new_tree(&mut runner).unwrap().current())
        .collect();
    for tampering in all_columns.chain(random) {
        let (statements, expected) = plan(&tampering, &links);
        run(test, &statements).await;
        let report = verified(test).await;
        assert!(!report.whole(), "{tampering:?} is not found");
        assert!(
            named(&report.findings, &expected),
            "{tampering:?} is not named: {:#?}",
            report.findings
        );
        if let Tampering::Column(c, _) = tampering {
            let one = &report.findings[0];
            assert_eq!(one.fault, Fault::Altered(vec![COLUMNS[c]]), "the column is told");
            assert_eq!(report.found, 1, "and nothing else");
        }
        restore(test).await;
        assert!(verified(test).await.whole(), "{tampering:?} undone");
    }
}

on_both_stores! {
    /// a line that was forged before it was sealed is found when it is sealed, too, and so is one of the past.
    a_forged_line_stays_found
}
async fn a_forged_line_stays_found(test: &TestApp) {
    chain::seal_all(&test.app).await.unwrap();
    let like = links(test).await[0].1.clone();
    run(test, &[insert(&like).replace(", 1 FROM", ", 0 FROM")]).await;
    chain::seal_all(&test.app).await.unwrap();
    let report = verified(test).await;
    let forged = report
        .findings
        .iter()
        .find(|finding| finding.id == "f00d")
        .unwrap();
    assert_eq!((&forged.fault, report.found), (&Fault::Inserted, 1));
    assert!(forged.seq.is_some(), "sealed meanwhile, and named all the same");
}

on_both_stores! {
    /// an altered head is not built upon: what comes after is sealed, and the number left out stays as evidence.
    an_altered_head_leaves_a_gap
}
async fn an_altered_head_leaves_a_gap(test: &TestApp) {
    chain::seal_all(&test.app).await.unwrap();
    let (last, _) = links(test).await.pop().unwrap();
    run(
        test,
        &[format!("UPDATE audit_head SET hash = '{}'", chain::GENESIS)],
    )
    .await;
    super::chain::write_lines(&test.app, 3).await;
    chain::seal_all(&test.app).await.unwrap();
    let report = verified(test).await;
    assert_eq!(report.unsealed, 0);
    let gap = Finding {
        seq: Some(last + 1),
        id: String::new(),
        fault: Fault::Missing,
    };
    assert_eq!(report.findings, [gap]);
}

on_both_stores! {
    /// who makes the whole chain anew, without marks, is found by a head that was published before.
    a_published_head_shows_a_chain_made_anew
}
async fn a_published_head_shows_a_chain_made_anew(test: &TestApp) {
    chain::seal_all(&test.app).await.unwrap();
    let head = chain::head(&test.app).await.unwrap().unwrap();
    let published = Some((head.seq, head.hash.as_str()));
    assert!(verify::verify(&test.app, published).await.unwrap().whole());
    let statements = [
        "DELETE FROM audit_chain",
        "DELETE FROM audit WHERE act = 'quota.set'",
        "UPDATE audit SET mark = '', sealed = 0",
        "UPDATE audit_head SET seq = 0, hash = '', mark = '', at = 0",
    ];
    run(test, &statements.map(str::to_owned)).await;
    chain::seal_all(&test.app).await.unwrap();
    let report = verify::verify(&test.app, published).await.unwrap();
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.fault == Fault::HeadUnknown)
    );
}
