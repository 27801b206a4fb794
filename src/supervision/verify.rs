//! Verifying the audit trail: every line that was altered, deleted, moved or put in is found and named (R-31, ADR 0023).
//! It only reads, so it may run beside a server at work.

use super::chain::{self, COLUMNS, GENESIS, Head, Marked, Seal, TAG};
use super::store::chain as store;
use crate::app::App;
use crate::error::Result;
use crate::kernel::{Sealer, Time};
use std::fmt;

/// So many lines are read at once.
const PAGE: i64 = 1_000;
/// So many findings are named; the rest is counted.
const NAMED: usize = 1_000;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// These columns are not what they were when it was sealed.
    Altered(Vec<&'static str>),
    /// The line was deleted; without an id its link was, too.
    Missing,
    /// It stands elsewhere than it was sealed; where it belongs, if that is known.
    Reordered(Option<i64>),
    /// The application never wrote it.
    Inserted,
    /// The line is right, its link was altered.
    SealAltered,
    /// The line says that it is sealed; its link was deleted.
    SealMissing,
    /// The chain's recorded end is not its end.
    HeadAltered,
    /// A head that was published is not in the chain: it was cut off or made anew.
    HeadUnknown,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Altered(columns) => write!(f, "altered: {}", columns.join(", ")),
            Fault::Missing => f.write_str("missing: it was deleted"),
            Fault::Reordered(Some(seq)) => write!(f, "reordered: it belongs at {seq}"),
            Fault::Reordered(None) => f.write_str("reordered: it does not follow the line before"),
            Fault::Inserted => f.write_str("inserted: not written by the application as it stands"),
            Fault::SealAltered => f.write_str("its link in the chain was altered"),
            Fault::SealMissing => f.write_str("its link in the chain was deleted"),
            Fault::HeadAltered => f.write_str("the chain's recorded end was altered"),
            Fault::HeadUnknown => f.write_str("the published head is not in the chain"),
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Number in the chain; none for a line that is not sealed.
    pub seq: Option<i64>,
    /// The line's id; empty when nothing of it is left.
    pub id: String,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "#{seq}")?,
            None => f.write_str("not sealed")?,
        }
        let id = if self.id.is_empty() {
            "(unknown line)"
        } else {
            &self.id
        };
        write!(f, " {id}: {}", self.fault)
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Links that were looked at.
    pub sealed: i64,
    /// Lines not sealed yet.
    pub unsealed: i64,
    /// Sealed lines from before lines had marks of their own.
    pub unmarked: i64,
    /// When the chain begins.
    pub since: Option<Time>,
    /// Its end.
    pub head: Option<Head>,
    /// The first 1,000 findings.
    pub findings: Vec<Finding>,
    /// How many there are in all.
    pub found: usize,
}

impl Report {
    /// Whether the trail is whole.
    pub fn whole(&self) -> bool {
        self.found == 0
    }

    fn find(&mut self, seq: Option<i64>, id: &str, fault: Fault) {
        self.found += 1;
        if self.findings.len() < NAMED {
            let id = id.to_owned();
            self.findings.push(Finding { seq, id, fault });
        }
    }
}

/// Walks the whole chain and every line outside it. `published` is a head that was printed or published before.
pub async fn verify(app: &App, published: Option<(i64, &str)>) -> Result<Report> {
    let mut walk = Walk {
        sealer: &app.sealer,
        before: Before::Known(GENESIS.to_owned()),
        last: 0,
        marked: false,
        broken: Vec::new(),
        published,
        published_seen: false,
        report: Report::default(),
    };
    let (head, mark) = store::head(app).await?;
    let mut end_hash = String::new();
    // From the very beginning: a number below 1 was put in by somebody else.
    let mut cursor = i64::MIN;
    loop {
        let links = store::links(app, cursor, PAGE).await?;
        let Some(last) = links.last() else {
            break;
        };
        cursor = last.seal.seq;
        for link in &links {
            walk.link(link);
            if link.seal.seq == head.seq {
                end_hash.clone_from(&link.seal.hash);
            }
        }
    }
    walk.end(&head, &mark, &end_hash);
    // Sealed meanwhile, beside us: those are behind the head that we began with, not behind the one that is there now.
    let (now, _) = store::head(app).await?;
    walk.beyond(now.seq.max(head.seq));
    walk.broken_ones();
    outside(app, &mut walk).await?;
    if walk.published.is_some() && !walk.published_seen {
        let seq = walk.published.map(|(seq, _)| seq);
        walk.report.find(seq, "", Fault::HeadUnknown);
    }
    walk.report.head = Some(head).filter(|head| head.seq > 0);
    let by_number = |finding: &Finding| (finding.seq.unwrap_or(i64::MAX), finding.id.clone());
    walk.report.findings.sort_by_key(by_number);
    Ok(walk.report)
}

/// The lines without a link: those not sealed yet are counted, and looked at by their own marks.
async fn outside(app: &App, walk: &mut Walk<'_>) -> Result<()> {
    let mut after = String::new();
    loop {
        let lines = store::outside(app, &after, PAGE).await?;
        let Some((last, _)) = lines.last() else {
            return Ok(());
        };
        after.clone_from(&last.line.id);
        for (marked, says_sealed) in &lines {
            walk.outside(marked, *says_sealed);
        }
    }
}

/// The hash that the next line follows.
enum Before {
    Known(String),
    /// A link is missing or was altered: what follows cannot be held against it.
    Unknown,
}

/// A link whose own mark does not hold.
struct Broken {
    seal: Seal,
    /// The line is there, and genuine.
    genuine: bool,
}

struct Walk<'a> {
    sealer: &'a Sealer,
    before: Before,
    last: i64,
    /// Whether a line with a mark was seen: those from before marks all come first.
    marked: bool,
    broken: Vec<Broken>,
    published: Option<(i64, &'a str)>,
    published_seen: bool,
    report: Report,
}

impl Walk<'_> {
    fn link(&mut self, link: &store::Joined) {
        let seal = &link.seal;
        for seq in self.last + 1..seal.seq {
            self.report.find(Some(seq), "", Fault::Missing);
            self.before = Before::Unknown;
            if self.report.findings.len() >= NAMED {
                break;
            }
        }
        self.last = self.last.max(seal.seq);
        self.report.sealed += 1;
        self.report.since.get_or_insert(Time(seal.at));
        if self.published == Some((seal.seq, seal.hash.as_str())) {
            self.published_seen = true;
        }
        if seal.mark != seal.right_mark(self.sealer) {
            let genuine = link
                .marked
                .as_ref()
                .is_some_and(|marked| marked.is_genuine(self.sealer));
            let seal = seal.clone();
            self.broken.push(Broken { seal, genuine });
            self.before = Before::Unknown;
            return;
        }
        match &link.marked {
            None => self.report.find(Some(seal.seq), &seal.audit_id, Fault::Missing),
            Some(marked) => self.content(seal, marked),
        }
        self.before = Before::Known(seal.hash.clone());
    }

    /// The link holds: is the line what it was, did the application write it, does it follow the one before?
    fn content(&mut self, seal: &Seal, marked: &Marked) {
        let columns = altered(&seal.tags, &marked.tags(self.sealer));
        let legacy = marked.mark.is_empty() && !self.marked;
        let fault = if !columns.is_empty() {
            Some(Fault::Altered(columns))
        } else if !legacy && !marked.is_genuine(self.sealer) {
            Some(Fault::Inserted)
        } else if matches!(&self.before, Before::Known(before) if chain::hash(before, &marked.line) != seal.hash)
        {
            Some(Fault::Reordered(None))
        } else {
            None
        };
        self.report.unmarked += i64::from(legacy);
        self.marked |= !marked.mark.is_empty();
        if let Some(fault) = fault {
            self.report.find(Some(seal.seq), &seal.audit_id, fault);
        }
    }

    fn outside(&mut self, marked: &Marked, says_sealed: bool) {
        let legacy = marked.mark.is_empty() && !self.marked;
        self.marked |= !marked.mark.is_empty();
        if !legacy && !marked.is_genuine(self.sealer) {
            self.report.find(None, &marked.line.id, Fault::Inserted);
        } else if says_sealed {
            self.report.find(None, &marked.line.id, Fault::SealMissing);
        } else {
            self.report.unsealed += 1;
        }
    }

    /// The recorded end against the chain's.
    fn end(&mut self, head: &Head, mark: &str, end_hash: &str) {
        let begun = self.report.sealed > 0 || head.seq > 0;
        if begun && *mark != chain::head_mark(self.sealer, head) {
            self.report.find(Some(head.seq), "", Fault::HeadAltered);
        } else if head.seq > self.last {
            for seq in (self.last + 1..=head.seq).take(NAMED) {
                self.report.find(Some(seq), "", Fault::Missing);
            }
        } else if begun && head.hash != end_hash && !self.broken.iter().any(|b| b.seal.seq == head.seq) {
            self.report.find(Some(head.seq), "", Fault::HeadAltered);
        }
    }

    /// Links behind the end were put in by somebody else.
    fn beyond(&mut self, end: i64) {
        if self.last > end && !self.broken.iter().any(|broken| broken.seal.seq > end) {
            self.report.find(Some(self.last), "", Fault::HeadAltered);
        }
    }

    /// Links that were altered: two that changed places are told apart from the rest.
    fn broken_ones(&mut self) {
        let broken = std::mem::take(&mut self.broken);
        for one in &broken {
            let seal = &one.seal;
            let fault = match home(self.sealer, seal, &broken) {
                Some(seq) => Fault::Reordered(Some(seq)),
                None if one.genuine => Fault::SealAltered,
                None => Fault::Inserted,
            };
            self.report.find(Some(seal.seq), &seal.audit_id, fault);
        }
    }
}

/// Where a link that does not hold where it stands would hold.
fn home(sealer: &Sealer, seal: &Seal, broken: &[Broken]) -> Option<i64> {
    let holds = |seal: &Seal| seal.mark == seal.right_mark(sealer);
    let near = [seal.seq - 1, seal.seq + 1].into_iter();
    let others = broken.iter().take(NAMED).map(|other| other.seal.seq);
    // The whole link was moved …
    let moved = near.chain(others).find(|seq| {
        let there = Seal {
            seq: *seq,
            ..seal.clone()
        };
        holds(&there)
    });
    // … or only the line's id, so that it is another link's line that stands here.
    moved.or_else(|| {
        let other = broken.iter().take(NAMED).find(|other| {
            let theirs = Seal {
                audit_id: seal.audit_id.clone(),
                ..other.seal.clone()
            };
            other.seal.seq != seal.seq && holds(&theirs)
        });
        other.map(|other| other.seal.seq)
    })
}

/// The columns whose tags differ.
fn altered(sealed: &str, now: &str) -> Vec<&'static str> {
    let tag = |tags: &str, i: usize| tags.get(i * TAG..(i + 1) * TAG).map(str::to_owned);
    let differs = |(i, _): &(usize, &&str)| tag(sealed, *i) != tag(now, *i);
    COLUMNS
        .iter()
        .enumerate()
        .filter(differs)
        .map(|(_, column)| *column)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// what is found is told with number, id and what differs.
    #[test]
    fn a_finding_names_the_line_and_what_differs() {
        let finding = Finding {
            seq: Some(7),
            id: "abc".into(),
            fault: Fault::Altered(vec!["act", "detail"]),
        };
        assert_eq!(finding.to_string(), "#7 abc: altered: act, detail");
        let deleted = Finding {
            seq: Some(8),
            id: String::new(),
            fault: Fault::Missing,
        };
        assert_eq!(deleted.to_string(), "#8 (unknown line): missing: it was deleted");
    }

    #[test]
    fn altered_columns_are_told_by_their_tags() {
        let tags = "00000000111111112222222233333333444444445555555566666666aaaaaaaa";
        let other = "00000000111111112222222244444444444444445555555566666666bbbbbbbb";
        assert_eq!(altered(tags, tags), Vec::<&str>::new());
        assert_eq!(altered(tags, other), ["act", "mark"]);
        assert_eq!(altered("", tags).len(), COLUMNS.len());
    }
}
