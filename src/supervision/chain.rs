//! The audit trail's chain (ADR 0023): a step in the background takes the lines that are not sealed yet and appends each
//! to a chain of hashes. Acts never wait for it.
//!
//! - `hash` = SHA-256 of the hash before (64 zeros before the first), a line feed, and the canonical line
//!   ([`crate::audit::Stored::canonical`]): who has the lines can recompute it, so its head is worth publishing.
//! - `mark` and `tags` are keyed: who has the database alone can make neither.

use super::store::chain as store;
use crate::app::App;
use crate::audit::Stored;
use crate::error::Result;
use crate::kernel::{Sealer, Time, code};
use serde_json::json;

/// So many lines are sealed in one transaction.
pub const BATCH: i64 = 200;
/// The hash before the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What each tag of a seal speaks of, in order.
pub const COLUMNS: [&str; 8] = [
    "at",
    "actor_kind",
    "actor_id",
    "act",
    "subject_kind",
    "subject_id",
    "detail",
    "mark",
];
/// Hex digits of one tag: 32 bits tell which column was changed; that one was is told by 256.
pub const TAG: usize = 8;

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many lines are sealed; the number of the last.
    pub seq: i64,
    /// Its hash, hex.
    pub hash: String,
    /// When it was sealed.
    pub at: Time,
}

/// `1520:3f0e…`: as it is printed for anchoring and taken by `audit verify --head`.
impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// One link: a row of `audit_chain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without gaps.
    pub seq: i64,
    /// The line.
    pub audit_id: String,
    /// SHA-256, hex.
    pub hash: String,
    /// [`COLUMNS`], [`TAG`] digits each.
    pub tags: String,
    /// Keyed hash of the rest.
    pub mark: String,
    /// When it was sealed.
    pub at: i64,
}

impl Seal {
    /// What `mark` has to be.
    pub fn right_mark(&self, sealer: &Sealer) -> String {
        let text = json!([self.seq, self.audit_id, self.hash, self.tags, self.at]).to_string();
        sealer.index("audit.seal", &text)
    }
}

/// A line with its own mark, as it stands in `audit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The line.
    pub line: Stored,
    /// Made with it; empty for lines from before marks were.
    pub mark: String,
}

impl Marked {
    /// Whether the application itself wrote this line as it is.
    pub fn is_genuine(&self, sealer: &Sealer) -> bool {
        self.mark == sealer.index(crate::audit::MARK, &self.line.canonical())
    }

    /// The tags that its seal has to have.
    pub fn tags(&self, sealer: &Sealer) -> String {
        let line = &self.line;
        let at = line.at.to_string();
        let values: [&str; COLUMNS.len()] = [
            &at,
            &line.actor_kind,
            &line.actor_id,
            &line.act,
            &line.subject_kind,
            &line.subject_id,
            &line.detail,
            &self.mark,
        ];
        let tag = |(column, value): (&&str, &&str)| {
            let text = json!([line.id, column, value]).to_string();
            let mut tag = sealer.index("audit.tag", &text);
            tag.truncate(TAG);
            tag
        };
        COLUMNS.iter().zip(values.iter()).map(tag).collect()
    }
}

/// The hash of a line that follows another.
pub fn hash(before: &str, line: &Stored) -> String {
    code::sha256_hex(format!("{before}\n{}", line.canonical()).as_bytes())
}

/// What the head's mark has to be.
pub fn head_mark(sealer: &Sealer, head: &Head) -> String {
    let text = json!([head.seq, head.hash, head.at.0]).to_string();
    sealer.index("audit.head", &text)
}

/// Appends up to [`BATCH`] lines that are not sealed yet, oldest first; gives how many. One process at a time: the
/// others wait at the head's row. All or nothing, so a crash leaves the lines for the next.
pub async fn seal(app: &App) -> Result<usize> {
    if !store::any_unsealed(app).await? {
        return Ok(0);
    }
    let mut tx = app.db.write().await?;
    let (head, mark) = store::lock_head(&mut tx).await?;
    let mut head = sound(app, &mut tx, head, &mark).await?;
    let lines = store::unsealed(&mut tx, BATCH).await?;
    for marked in &lines {
        let before = if head.seq == 0 { GENESIS } else { &head.hash };
        let mut seal = Seal {
            seq: head.seq.saturating_add(1),
            audit_id: marked.line.id.clone(),
            hash: hash(before, &marked.line),
            tags: marked.tags(&app.sealer),
            mark: String::new(),
            at: app.now().0,
        };
        seal.mark = seal.right_mark(&app.sealer);
        store::append(&mut tx, &seal).await?;
        head = Head {
            seq: seal.seq,
            hash: seal.hash,
            at: Time(seal.at),
        };
    }
    if !lines.is_empty() {
        store::set_head(&mut tx, &head, &head_mark(&app.sealer, &head)).await?;
        tx.commit().await?;
    }
    Ok(lines.len())
}

/// The head to go on from. One that somebody altered is not trusted: a number is left out, which stays as evidence
/// that the chain was interfered with here, and the trail goes on behind it.
async fn sound(app: &App, tx: &mut crate::db::Tx, head: Head, mark: &str) -> Result<Head> {
    let last = store::last(tx).await?;
    let begun = head.seq > 0 || last.is_some();
    if !begun || (mark == head_mark(&app.sealer, &head) && last.as_ref().map(|l| l.seq) == Some(head.seq)) {
        return Ok(head);
    }
    tracing::error!("the audit chain's head was altered; run `yuanmeng audit verify`");
    let seq = last
        .as_ref()
        .map_or(0, |last| last.seq)
        .max(head.seq)
        .saturating_add(1);
    let hash = last.map_or(GENESIS.to_owned(), |last| last.hash);
    let at = app.now();
    Ok(Head { seq, hash, at })
}

/// Seals whatever is not sealed yet.
pub async fn seal_all(app: &App) -> Result<usize> {
    let mut sealed = 0;
    loop {
        match seal(app).await? {
            0 => return Ok(sealed),
            lines => sealed += lines,
        }
    }
}

/// The end of the chain as it is now; `None` before anything was sealed. To be published: it fixes all that is before it.
pub async fn head(app: &App) -> Result<Option<Head>> {
    let (head, _) = store::head(app).await?;
    Ok(Some(head).filter(|head| head.seq > 0))
}
