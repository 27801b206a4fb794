//! How well the checks see: 200 right applications and 200 with one fault each, made here, read and judged as
//! uploaded ones are. Prints a table; none that is right may be called wrong.

use super::cases::{self, FAULTS, Made};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use yuanmeng::application::content::MediaType;
use yuanmeng::application::documents::Document;
use yuanmeng::application::{Application, DocumentKind, State};
use yuanmeng::kernel::{Sealer, Time};
use yuanmeng::papers::judge::{Case, Paper, judge};
use yuanmeng::papers::picture::{Apart, Compared};
use yuanmeng::papers::read::{self, Facts};
use yuanmeng::papers::twins::{self, Mark};
use yuanmeng::papers::{Check, How, Kind, Other, Outcome};

/// The middle of the autumn window.
const NOW: Time = Time(1_636_500_000_000); // 10 November 2021
const RIGHT: usize = 200;
const WRONG: usize = 200;

/// A paper, read.
struct Seen {
    kind: DocumentKind,
    media: MediaType,
    facts: Facts,
    marks: Vec<(Mark, String)>,
    compared: Option<Compared>,
}

fn see(made: &Made, sealer: &Sealer) -> Vec<Seen> {
    let look = |(kind, media, bytes): &(DocumentKind, MediaType, Vec<u8>)| {
        let (facts, page) = read::read_with_page(*kind, *media, bytes);
        Seen {
            kind: *kind,
            media: *media,
            marks: twins::marks(sealer, *kind, bytes, &facts),
            compared: facts.hash.and(page).map(|page| Compared::of(&page)),
            facts,
        }
    };
    made.papers.iter().map(look).collect()
}

/// Looked up as `twins::find` does, in what was uploaded before.
fn twin(paper: &Seen, before: &[&Seen], closest: &mut Closest) -> Option<How> {
    let value = |seen: &Seen, mark| {
        seen.marks
            .iter()
            .find(|(m, _)| *m == mark)
            .map(|(_, v)| v.clone())
    };
    for (mark, how) in [
        (Mark::File, How::File),
        (Mark::Report, How::Report),
        (Mark::Receipt, How::Receipt),
    ] {
        if let Some(own) = value(paper, mark)
            && before
                .iter()
                .any(|other| value(other, mark).as_ref() == Some(&own))
        {
            return Some(how);
        }
    }
    let (hash, own) = (paper.facts.hash?, paper.compared.as_ref()?);
    let banded = before.iter().filter(|other| {
        twins::BANDS
            .iter()
            .any(|band| value(other, *band).is_some() && value(other, *band) == value(paper, *band))
    });
    let mut near = Vec::new();
    for other in banded {
        let apart = (other.facts.hash.unwrap_or_default() ^ hash).count_ones();
        if apart <= twins::NEAR {
            near.push((apart, *other));
        }
    }
    near.sort_by_key(|(apart, _)| *apart);
    let differences: Vec<Apart> = near
        .iter()
        .filter_map(|(_, other)| own.difference(other.compared.as_ref()?))
        .collect();
    closest.note(&differences);
    differences.iter().any(|d| d.same()).then_some(How::Picture)
}

/// The smallest differences that were seen, for choosing the threshold.
#[derive(Default)]
struct Closest(Vec<(u32, u32)>);

impl Closest {
    fn note(&mut self, differences: &[Apart]) {
        self.0
            .extend(differences.iter().map(|d| (d.worst, d.typical)).min());
    }
}

fn judged(
    made: &Made,
    seen: Vec<Seen>,
    elsewhere: Vec<Option<How>>,
    card_used: bool,
    sealer: &Sealer,
) -> Vec<Check> {
    let application = Application {
        id: "a".to_owned(),
        worker_id: "w".to_owned(),
        intake_id: "i".to_owned(),
        campaign_id: "c".to_owned(),
        union_id: None,
        unit_id: None,
        state: State::Draft,
        step: 0,
        holder_id: None,
        since: NOW,
        number: Some(made.number.clone()),
        seq: None,
        submitted_at: None,
        applicant: String::new(),
        level: None,
        institution: String::new(),
        form_sealed: String::new(),
        form_version: made.version,
        printed_version: made.version,
        checked_version: 1,
        version: 1,
        updated_at: NOW,
    };
    let documents: Vec<Document> = seen
        .iter()
        .map(|paper| Document {
            id: paper.kind.to_string(),
            application_id: "a".to_owned(),
            kind: paper.kind,
            media: paper.media,
            bytes: 1,
            form_version: made.version,
            uploaded_at: NOW,
        })
        .collect();
    let papers: Vec<Paper<'_>> = documents
        .iter()
        .zip(seen)
        .zip(elsewhere)
        .map(|((document, seen), how)| Paper {
            document,
            facts: Some(seen.facts),
            elsewhere: how.map(|how| (how, Other::default())),
        })
        .collect();
    let checks = judge(&Case {
        application: &application,
        form: &made.form,
        papers: &papers,
        employer: &made.employer,
        year: 2021,
        card_elsewhere: card_used.then(Other::default),
        sealer,
        now: NOW,
    });
    // Here an application has two papers of six: whether all are there is another test's matter.
    checks
        .into_iter()
        .filter(|check| check.kind != Kind::Complete)
        .collect()
}

/// Makes and reads all.
fn all(sealer: &Sealer) -> Vec<(Made, Vec<Seen>)> {
    side_by_side(|n| {
        let made = match n.checked_sub(RIGHT) {
            None => cases::right(n, sealer),
            Some(k) => cases::wrong(n, FAULTS[k % FAULTS.len()], sealer),
        };
        let seen = see(&made, sealer);
        (made, seen)
    })
}

/// Works on every application, on as many threads as there are cores; the results in their order.
fn side_by_side<T: Send>(act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            if n >= RIGHT + WRONG {
                return;
            }
            let result = act(n);
            done.lock().unwrap().insert(n, result);
        }
    };
    let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

#[derive(Default)]
struct Row {
    planted: usize,
    found: usize,
    unclear: usize,
    missed: usize,
}

/// issue 4 ("none that is right is called wrong"): the figures.
#[test]
fn right_papers_are_never_called_wrong_and_faults_are_found() {
    let sealer = Sealer::new([7; 32], &[]);
    let began = std::time::Instant::now();
    let all = all(&sealer);
    let took = began.elapsed();
    let sharp = sharpness(&all);

    let (mut copies, mut strangers) = (Closest::default(), Closest::default());
    let compared = side_by_side(|n| {
        // Right ones against right ones; a planted copy against those it was taken from.
        let before: Vec<&Seen> = all[..n.min(RIGHT)].iter().flat_map(|(_, seen)| seen).collect();
        let mut closest = Closest::default();
        let found: Vec<Option<How>> = all[n].1.iter().map(|p| twin(p, &before, &mut closest)).collect();
        (found, closest)
    });
    let mut elsewhere: Vec<Vec<Option<How>>> = Vec::new();
    for (n, (found, closest)) in compared.into_iter().enumerate() {
        let copy = n >= RIGHT && FAULTS[(n - RIGHT) % FAULTS.len()].0 == "同一图片另存";
        if copy { &mut copies } else { &mut strangers }
            .0
            .extend(closest.0);
        elsewhere.push(found);
    }
    let whole = began.elapsed();
    let cards: Vec<String> = all
        .iter()
        .take(RIGHT)
        .map(|(made, _)| made.card.clone())
        .collect();

    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    let mut per_check: BTreeMap<Kind, Row> = BTreeMap::new();
    let mut alarms = Vec::new();
    for (n, ((made, seen), elsewhere)) in all.into_iter().zip(elsewhere).enumerate() {
        let used = cards[..n.min(RIGHT)].contains(&made.card);
        let checks = judged(&made, seen, elsewhere, used, &sealer);
        let planted = n.checked_sub(RIGHT).map(|k| k % FAULTS.len());
        let expected = planted.map(|f| FAULTS[f].1);
        // Whose form is a copy of another's has the other's code on it.
        let follows = |kind| expected == Some(Kind::Elsewhere) && kind == Kind::FormCode;
        for check in checks
            .iter()
            .filter(|check| Some(check.kind) != expected && !follows(check.kind))
        {
            let row = per_check.entry(check.kind).or_default();
            row.planted += 1;
            match &check.outcome {
                Outcome::Passed => row.found += 1,
                Outcome::Unclear(_) => row.unclear += 1,
                Outcome::Failed(reason) => {
                    row.missed += 1;
                    let fault = planted.map_or("right", |f| FAULTS[f].0);
                    alarms.push(format!(
                        "{n} ({fault}): {} {:?} {}",
                        check.kind,
                        check.paper,
                        reason.text()
                    ));
                }
            }
        }
        if let (Some(f), Some(kind)) = (planted, expected) {
            let row = rows.entry(f).or_default();
            row.planted += 1;
            let of_kind = || checks.iter().filter(|check| check.kind == kind);
            if of_kind().any(|check| matches!(check.outcome, Outcome::Failed(_))) {
                row.found += 1;
            } else if of_kind().any(|check| matches!(check.outcome, Outcome::Unclear(_))) {
                row.unclear += 1;
            } else {
                row.missed += 1;
            }
        }
    }
    let (table, found, planted) = table(&rows, &per_check);
    println!(
        "{table}{sharp}copies: {:?}\nlook-alikes: {:?}\nmade and read in {took:.1?}, compared by {whole:.1?}",
        copies.0, strangers.0
    );
    super::keep("figures.md", &table);
    assert!(
        alarms.is_empty(),
        "right papers called wrong:\n{}",
        alarms.join("\n")
    );
    assert!(
        found * 100 >= planted * 95,
        "only {found} of {planted} faults were found"
    );
    for (f, row) in &rows {
        assert!(
            row.found * 10 >= row.planted * 6,
            "{}: {} of {}",
            FAULTS[*f].0,
            row.found,
            row.planted
        );
    }
}

fn table(rows: &BTreeMap<usize, Row>, per_check: &BTreeMap<Kind, Row>) -> (String, usize, usize) {
    let mut text =
        String::from("| fault | check | planted | found | could not tell | missed |\n|--|--|--|--|--|--|\n");
    let (mut found, mut planted) = (0, 0);
    for (f, row) in rows {
        let (name, kind) = FAULTS[*f];
        let _ = writeln!(
            text,
            "| {name} | {kind} | {} | {} | {} | {} |",
            row.planted, row.found, row.unclear, row.missed
        );
        found += row.found;
        planted += row.planted;
    }
    let _ = writeln!(text, "| all | | {planted} | {found} | | |\n");
    text.push_str(
        "| check | right ones judged | passed | could not tell | called wrong |\n|--|--|--|--|--|\n",
    );
    for (kind, row) in per_check {
        let _ = writeln!(
            text,
            "| {kind} | {} | {} | {} | {} |",
            row.planted, row.found, row.unclear, row.missed
        );
    }
    (text, found, planted)
}

/// The range of sharpness of right pictures and of blurred ones.
fn sharpness(all: &[(Made, Vec<Seen>)]) -> String {
    let mut by: BTreeMap<(bool, DocumentKind), Vec<u32>> = BTreeMap::new();
    for (n, (_, seen)) in all.iter().enumerate() {
        let fault = n.checked_sub(RIGHT).map_or("", |k| FAULTS[k % FAULTS.len()].0);
        for paper in seen.iter().filter(|_| !["太暗", "过曝", "太小"].contains(&fault)) {
            let sharp = paper.facts.picture.and_then(|picture| picture.sharpness);
            // The report of a blurred application is a PDF, without a picture.
            by.entry((fault == "模糊", paper.kind)).or_default().extend(sharp);
        }
    }
    let mut text = String::new();
    for ((blurred, kind), mut values) in by {
        values.sort_unstable();
        let (first, last) = (values.first(), values.last());
        let _ = writeln!(text, "sharpness, blurred {blurred}, {kind}: {first:?} … {last:?}");
    }
    text
}
