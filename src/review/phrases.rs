//! Ready-made sentences for officers: a union's own, those of the unions above it, and the built-in ones. A union may
//! switch off what it inherits; that holds for the unions below it too (ux.md, ADR 0021).

use super::decide::REASON_MAX;
use super::{ReasonCode, Verdict, store};
use crate::app::App;
use crate::application::{DocumentKind, form};
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal, text};
use crate::union::rights::Act;
use crate::union::{Officer, tree};
use serde_json::{Value, json};

/// The longest sentence, in characters: several fit into one reason.
pub const LONGEST: usize = REASON_MAX / 3;
/// So many a union has.
pub const MOST: usize = 60;

/// A sentence that comes with the software.
pub struct BuiltIn {
    /// Stable: what is switched off is kept by it.
    pub id: &'static str,
    /// For which verdict.
    pub verdict: Verdict,
    /// The code that it means.
    pub code: ReasonCode,
    /// The field or document it is about, ticked with it.
    pub fix: &'static str,
    /// The sentence.
    pub text: &'static str,
}

const fn mend(id: &'static str, code: ReasonCode, fix: &'static str, text: &'static str) -> BuiltIn {
    BuiltIn {
        id,
        verdict: Verdict::Return,
        code,
        fix,
        text,
    }
}

const fn other(id: &'static str, verdict: Verdict, code: ReasonCode, text: &'static str) -> BuiltIn {
    BuiltIn {
        id,
        verdict,
        code,
        fix: "",
        text,
    }
}

/// What officers write again and again.
pub const BUILT_IN: &[BuiltIn] = &[
    mend(
        "seal",
        ReasonCode::NoSeal,
        "stamped_form",
        "申请表上的公章不清楚，请重新盖章后拍照上传。",
    ),
    mend(
        "signature",
        ReasonCode::NotSigned,
        "stamped_form",
        "申请表缺少本人签名或照片，请补齐后重新上传。",
    ),
    mend(
        "receipt",
        ReasonCode::Receipt,
        "receipt",
        "缴费凭证看不清姓名、金额或日期，请重新拍摄上传。",
    ),
    mend(
        "report",
        ReasonCode::ReportExpired,
        "chsi_report",
        "学籍在线验证报告有效期不足 6 个月，请重新申请后上传。",
    ),
    mend(
        "id_card",
        ReasonCode::Unclear,
        "id_front",
        "身份证照片不完整或反光，请重新拍摄，四角都要拍到。",
    ),
    mend(
        "card",
        ReasonCode::Inconsistent,
        "bank_card",
        "银行卡号与卡片照片不一致，请核对后修改。",
    ),
    mend(
        "employer",
        ReasonCode::Inconsistent,
        "employer",
        "工作单位名称与公章不一致，请核对后修改。",
    ),
    other(
        "look_again",
        Verdict::SendBack,
        ReasonCode::Doubtful,
        "材料有疑问，请与申请人单位核实后再报。",
    ),
    other(
        "look_seal",
        Verdict::SendBack,
        ReasonCode::NoSeal,
        "公章与单位名称不一致，请核实。",
    ),
    other(
        "not_ours",
        Verdict::Reject,
        ReasonCode::NotOurs,
        "不在本市工会服务范围内，不符合申请条件。",
    ),
    other(
        "level",
        Verdict::Reject,
        ReasonCode::NotEligible,
        "学历层次不在补助范围内。",
    ),
    other(
        "year",
        Verdict::Reject,
        ReasonCode::NotEligible,
        "不是本年度新入学，不符合申请条件。",
    ),
    other(
        "twice",
        Verdict::Reject,
        ReasonCode::Duplicate,
        "同一学历层次已享受过补助。",
    ),
];

/// A sentence as a union sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Its id.
    pub id: String,
    /// Whose it is, by name; none for a built-in one.
    pub union: Option<String>,
    /// Whether it is the looking union's own.
    pub own: bool,
    /// For which verdict.
    pub verdict: Verdict,
    /// The code that it means.
    pub code: ReasonCode,
    /// The field or document it is about, ticked with it; "" for none.
    pub fix: String,
    /// The sentence.
    pub text: String,
    /// Whether it stands on the desk.
    pub on: bool,
    /// Whether the looking union switched it off itself, and can switch it on.
    pub off_here: bool,
}

/// Those that stand on an officer's desk.
pub async fn for_desk(app: &App, officer: &Officer) -> Result<Vec<Phrase>> {
    let mut all = all(app, officer).await?;
    all.retain(|phrase| phrase.on);
    Ok(all)
}

/// All that an officer's union has or inherits: its own first, then the next union's above, the built-in ones last.
pub async fn all(app: &App, officer: &Officer) -> Result<Vec<Phrase>> {
    let lineage = tree::lineage(app, &officer.union.id).await?;
    let mut off = Vec::new();
    let mut phrases = Vec::new();
    for union in &lineage {
        let here = union.id == officer.union.id;
        off.extend(
            store::phrases_off(app, &union.id)
                .await?
                .into_iter()
                .map(|id| (id, here)),
        );
        for row in store::phrases(app, &union.id).await? {
            phrases.extend(row.into_phrase(&union.name, here));
        }
    }
    phrases.extend(BUILT_IN.iter().map(|one| Phrase {
        id: one.id.to_owned(),
        union: None,
        own: false,
        verdict: one.verdict,
        code: one.code,
        fix: one.fix.to_owned(),
        text: one.text.to_owned(),
        on: true,
        off_here: false,
    }));
    for phrase in &mut phrases {
        phrase.on = !off.iter().any(|(id, _)| *id == phrase.id);
        phrase.off_here = off.iter().any(|(id, here)| *here && *id == phrase.id);
    }
    Ok(phrases)
}

/// What is typed for a sentence.
pub struct NewPhrase<'a> {
    /// For which verdict.
    pub verdict: &'a str,
    /// Its code.
    pub code: &'a str,
    /// A field or document, or "".
    pub fix: &'a str,
    /// The sentence.
    pub text: &'a str,
}

/// What is typed, when nothing is wrong with it.
struct Checked<'a> {
    verdict: Verdict,
    code: ReasonCode,
    fix: &'a str,
    text: String,
}

fn checked<'a>(typed: &NewPhrase<'a>) -> Result<Checked<'a>, FieldErrors> {
    let mut errors = FieldErrors::default();
    let verdict = Verdict::parse(typed.verdict).filter(|verdict| verdict.needs_reason());
    let verdict = errors.take("verdict", verdict.ok_or(Refusal::NotAChoice));
    let code = errors.take("why", ReasonCode::parse(typed.code).ok_or(Refusal::NotAChoice));
    let fix = errors.take("fix", known(typed.fix, verdict));
    let text = errors.take("text", text::line(typed.text, 2, LONGEST));
    match (verdict, code, fix, text) {
        (Some(verdict), Some(code), Some(fix), Some(text)) => Ok(Checked {
            verdict,
            code,
            fix,
            text,
        }),
        _ => Err(errors),
    }
}

/// Adds a sentence of the officer's union, at the end.
///
/// Errors: [`Refusal::NotAllowed`]; the fields' at `verdict`, `why`, `fix`, `text`; [`Refusal::TooManyChosen`] at `text`.
pub async fn add(app: &App, officer: &Officer, new: &NewPhrase<'_>) -> Result<()> {
    may_edit(officer)?;
    let new = checked(new)?;
    let there = store::phrases(app, &officer.union.id).await?;
    if there.len() >= MOST {
        return Err(FieldErrors::one("text", Refusal::TooManyChosen { max: MOST }).into());
    }
    let mut tx = app.db.write().await?;
    let row = store::PhraseRow {
        id: app.id(),
        verdict: new.verdict.to_string(),
        code: new.code.to_string(),
        fix: new.fix.to_owned(),
        text: new.text,
        place: there.last().map_or(1, |last| last.place + 1),
    };
    store::insert_phrase(&mut tx, &officer.union.id, &row).await?;
    note(app, &mut tx, officer, "phrase.add", json!({ "phrase": row.id })).await?;
    tx.commit().await?;
    Ok(())
}

/// Changes what a sentence of the officer's own union says; it keeps its place, and stays off where it was
/// switched off. `seen` is what the page showed, by [`mark`].
///
/// Errors: [`Refusal::NotAllowed`]; [`Error::NotFound`] for what is built in, inherited, another union's or
/// no longer there; [`Refusal::SeenChanged`] when a colleague changed it meanwhile; the fields' as with [`add`].
pub async fn edit(app: &App, officer: &Officer, id: &str, seen: &str, typed: &NewPhrase<'_>) -> Result<()> {
    may_edit(officer)?;
    let all = all(app, officer).await?;
    let own = all.into_iter().find(|phrase| phrase.own && phrase.id == id);
    let before = own.ok_or(Error::NotFound)?;
    // Before the fields: with their errors the form comes again for what stands now, and a colleague's words
    // would be passed over unseen.
    if mark(&before) != seen {
        return Err(Refusal::SeenChanged.into());
    }
    let new = checked(typed)?;
    let after = Phrase {
        verdict: new.verdict,
        code: new.code,
        fix: new.fix.to_owned(),
        text: new.text,
        ..before.clone()
    };
    let mut tx = app.db.write().await?;
    if !store::update_phrase(&mut tx, &officer.union.id, &before, &after).await? {
        return Err(Refusal::SeenChanged.into());
    }
    note(app, &mut tx, officer, "phrase.edit", difference(&before, &after)).await?;
    tx.commit().await?;
    Ok(())
}

/// What a page showed of a sentence, for [`edit`].
pub fn mark(phrase: &Phrase) -> String {
    let shown = format!(
        "{}\n{}\n{}\n{}",
        phrase.verdict, phrase.code, phrase.fix, phrase.text
    );
    crate::kernel::code::sha256_hex(shown.as_bytes())
}

/// For the trail: the sentence before and after, and both of what else is another now.
fn difference(before: &Phrase, after: &Phrase) -> Value {
    let both = |before: &str, after: &str| (before != after).then(|| json!([before, after]));
    json!({
        "phrase": before.id,
        "from": before.text,
        "to": after.text,
        "verdict": both(before.verdict.as_str(), after.verdict.as_str()),
        "code": both(before.code.as_str(), after.code.as_str()),
        "fix": both(&before.fix, &after.fix),
    })
}

/// A return may tick something; the other verdicts tick nothing.
fn known(fix: &str, verdict: Option<Verdict>) -> Result<&str, Refusal> {
    let is_known = form::label(fix).is_some() || DocumentKind::parse(fix).is_some();
    match fix {
        "" => Ok(""),
        fix if is_known && verdict == Some(Verdict::Return) => Ok(fix),
        _ if is_known => Ok(""),
        _ => Err(Refusal::NotAChoice),
    }
}

crate::text_enum! {
    /// What is done with a sentence on the page.
    pub enum Change {
        /// Deletes one's own.
        Remove = "remove",
        /// One's own goes one place up.
        Up = "up",
        /// One's own goes one place down.
        Down = "down",
        /// An inherited one is not used here.
        Off = "off",
        /// It is used again.
        On = "on",
    }
}

/// Changes a sentence that the officer's union has or inherits; [`Error::NotFound`] for any other, and for deleting or moving
/// one that is not its own.
pub async fn change(app: &App, officer: &Officer, id: &str, change: Change) -> Result<()> {
    may_edit(officer)?;
    let all = all(app, officer).await?;
    let phrase = all.iter().find(|phrase| phrase.id == id).ok_or(Error::NotFound)?;
    let needs_own = matches!(change, Change::Remove | Change::Up | Change::Down);
    if needs_own && !phrase.own {
        return Err(Error::NotFound);
    }
    let union_id = &officer.union.id;
    let mut tx = app.db.write().await?;
    match change {
        Change::Remove => store::delete_phrase(&mut tx, union_id, id).await?,
        Change::Off => store::switch_off(&mut tx, union_id, id).await?,
        Change::On => store::switch_on(&mut tx, union_id, id).await?,
        Change::Up | Change::Down => {
            let own: Vec<&Phrase> = all.iter().filter(|phrase| phrase.own).collect();
            let at = own.iter().position(|one| one.id == id).unwrap_or(0);
            let with = if change == Change::Up {
                at.checked_sub(1)
            } else {
                Some(at + 1)
            };
            let mut order: Vec<&str> = own.iter().map(|one| one.id.as_str()).collect();
            if let Some(with) = with.filter(|with| *with < order.len()) {
                order.swap(at, with);
            }
            store::order_phrases(&mut tx, union_id, &order).await?;
        }
    }
    let act = format!("phrase.{change}");
    note(app, &mut tx, officer, &act, json!({ "phrase": id })).await?;
    tx.commit().await?;
    Ok(())
}

/// Whoever decides with them, and the union's administrators.
pub fn may_edit(officer: &Officer) -> Result<(), Refusal> {
    if officer.can(Act::Decide) || officer.can(Act::ManageOfficers) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

async fn note(app: &App, tx: &mut Tx, officer: &Officer, act: &str, detail: Value) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("union", &officer.union.id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a sentence ticks only what can be asked for, and is short enough to be sent.
    #[test]
    fn ready_made_sentences_can_be_used() {
        let mut ids = std::collections::BTreeSet::new();
        for phrase in BUILT_IN {
            assert_eq!(
                known(phrase.fix, Some(phrase.verdict)),
                Ok(phrase.fix),
                "{}",
                phrase.text
            );
            assert_eq!(
                !phrase.fix.is_empty(),
                phrase.verdict == Verdict::Return,
                "{}",
                phrase.text
            );
            assert!(phrase.text.chars().count() <= LONGEST && ids.insert(phrase.id));
        }
    }
}
