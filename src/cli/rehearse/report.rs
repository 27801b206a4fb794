//! What a rehearsal tells at its end: plain text, in Chinese.

use super::board::Tally;
use super::books::{self, Books};
use super::http::Took;
use super::look::{self, Seen};
use super::{Finding, Options};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// So many findings of one rule are named.
const NAMED: usize = 20;

/// Everything that the report speaks of.
pub struct Facts<'a> {
    /// As it was asked for.
    pub options: &'a Options,
    /// The year that was played.
    pub year: i32,
    /// `SQLite` or `PostgreSQL`, and the cache.
    pub stores: String,
    /// The books.
    pub books: &'a Books,
    /// What everybody saw.
    pub seen: &'a Seen,
    /// What the officers did.
    pub tally: Tally,
    /// Answers counted.
    pub requests: usize,
    /// How long each kind took.
    pub took: Vec<Took>,
    /// How long each stage took.
    pub stages: Vec<(String, Duration)>,
    /// From beginning to end.
    pub time: Duration,
    /// Lines of the audit trail.
    pub audited: i64,
    /// Everything that does not hold.
    pub findings: &'a [Finding],
}

/// The rules that are looked at, whether or not they hold.
const RULES: [&str; 5] = [
    look::SUPERVISION,
    look::TRAIL,
    books::ORDER,
    books::STATES,
    books::MESSAGES,
];

/// The whole report.
pub fn text(facts: &Facts<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, facts);
    out
}

fn write(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    let Options { workers, seed, .. } = facts.options;
    writeln!(out, "求学圆梦 · 整季演练报告\n")?;
    writeln!(
        out,
        "年度 {}，职工 {workers} 人，种子 {seed}，{}",
        facts.year, facts.stores
    )?;
    writeln!(out, "用时 {}，请求 {} 次\n", spoken(facts.time), facts.requests)?;
    places(out, facts)?;
    writeln!(out, "办理记录")?;
    for (event, count) in books::events(facts.books) {
        writeln!(out, "  {}：{count}", event.label())?;
    }
    let Tally {
        passed,
        returned,
        rejected,
        beaten,
        contested,
        in_bulk,
    } = &facts.tally;
    writeln!(
        out,
        "\n审核员\n  通过 {passed}（其中批量 {in_bulk}），退回 {returned}，不予通过 {rejected}；被别人抢先 {beaten}，同时办理同一份 {contested}"
    )?;
    writeln!(out, "\n职工看到的状态")?;
    for (state, count) in &facts.seen.states {
        writeln!(out, "  {state}：{count}")?;
    }
    writeln!(
        out,
        "\n消息\n  职工短信 {}，模板消息 {}，通知记录 {}",
        facts.seen.messages,
        facts.seen.templates,
        facts.books.notes.len()
    )?;
    writeln!(out, "  审计记录 {}\n", facts.audited)?;
    times(out, facts)?;
    verdict(out, facts.findings)
}

fn places(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    let (mut total, mut taken) = (0, 0);
    for (_, places) in &facts.books.places {
        total += places.total;
        taken += places.taken;
    }
    let waiting = facts.books.standings.iter().filter(|s| s.state.waits()).count();
    let units = facts.books.places.len();
    writeln!(
        out,
        "名额\n  {units} 家单位共 {total} 个，已占 {taken} 个；候补 {waiting} 人\n"
    )
}

fn times(out: &mut String, facts: &Facts<'_>) -> std::fmt::Result {
    writeln!(out, "请求用时（毫秒：中位数 / 95% / 最大；次数）")?;
    for took in &facts.took {
        let ms = took.micros.map(|micros| f64::from(micros) / 1000.0);
        let Took { what, count, .. } = took;
        writeln!(
            out,
            "  {what}：{:.1} / {:.1} / {:.1}；{count}",
            ms[0], ms[1], ms[2]
        )?;
    }
    writeln!(out, "\n各阶段用时")?;
    for (name, time) in facts.stages.iter().filter(|(_, time)| time.as_millis() >= 100) {
        writeln!(out, "  {name}：{:.1} 秒", time.as_secs_f64())?;
    }
    writeln!(out)
}

fn verdict(out: &mut String, findings: &[Finding]) -> std::fmt::Result {
    let mut by_rule: BTreeMap<&str, Vec<&str>> = RULES.iter().map(|rule| (*rule, Vec::new())).collect();
    for finding in findings {
        by_rule.entry(finding.rule).or_default().push(&finding.what);
    }
    writeln!(out, "核对结果")?;
    for (rule, found) in &by_rule {
        match found.len() {
            0 => writeln!(out, "  [符合] {rule}")?,
            n => writeln!(out, "  [不符] {rule}：{n} 处")?,
        }
        for what in found.iter().take(NAMED) {
            writeln!(out, "         {what}")?;
        }
        if found.len() > NAMED {
            writeln!(out, "         还有 {} 处", found.len() - NAMED)?;
        }
    }
    match findings.len() {
        0 => writeln!(out, "\n结论：全部符合"),
        n => writeln!(out, "\n结论：有 {n} 处不符"),
    }
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 60 {
        0 => format!("{:.1} 秒", time.as_secs_f64()),
        minutes => format!("{minutes} 分 {} 秒", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_line_and_each_finding_is_named() {
        let mut out = String::new();
        verdict(&mut out, &[]).unwrap();
        assert_eq!(out.matches("[符合]").count(), RULES.len());
        assert!(out.ends_with("结论：全部符合\n"));
        let mut out = String::new();
        verdict(
            &mut out,
            &[Finding::new(books::ORDER, "工会 u：序号 3 在序号 4 之后得到名额")],
        )
        .unwrap();
        assert!(out.contains("[不符] 先到先得（R-19）：1 处\n         工会 u：序号 3 在序号 4 之后得到名额"));
        assert!(out.ends_with("结论：有 1 处不符\n"));
        assert_eq!(spoken(Duration::from_secs(125)), "2 分 5 秒");
    }
}
