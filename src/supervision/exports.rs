//! The dashboard's tables and the list of applications as XLSX. No draft and no ID or card number is ever in them; each
//! export leaves a line in the trail (R-31).

use super::figures::Figures;
use super::store::board as store;
use super::trail;
use super::xlsx::{self, Cell, Sheet};
use crate::app::App;
use crate::application::{DocumentKind, State, form};
use crate::campaign::Intake;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::DAY;
use crate::review::ReasonCode;
use crate::union::Officer;
use crate::union::rights::Act;
use serde_json::json;

/// So many applications go into one list at most; the oldest.
pub const LISTED: usize = 200_000;
const CHUNK: i64 = 2_000;

/// What a return can ask for, in the words of form and papers.
pub fn correction(item: &str) -> String {
    let label = form::label(item).or_else(|| DocumentKind::parse(item).map(DocumentKind::label));
    label.unwrap_or(item).to_owned()
}

/// "2021-11-05" of a day as the figures count them.
pub fn day_text(day: i64) -> String {
    let noon = Time(day * DAY + DAY / 6);
    noon.date().to_string()
}

/// Every table of the page, a sheet each.
pub async fn figures(app: &App, officer: &Officer, union_id: &str, figures: &Figures) -> Result<Vec<u8>> {
    trail::note(app, officer, "board.export", json!({ "at": union_id })).await?;
    xlsx::write(sheets(figures, officer.can(Act::ReadMoney))).await
}

fn sheets(figures: &Figures, money: bool) -> Vec<Sheet> {
    let mut sheets = vec![
        funnel(figures, money),
        by_union(figures),
        places(figures),
        late(figures),
        days(figures),
        decisions(figures),
    ];
    sheets.retain(|sheet| !sheet.rows.is_empty());
    sheets
}

fn pair(name: impl Into<String>, n: i64) -> Vec<Cell> {
    vec![Cell::text(name), Cell::Number(n)]
}

fn funnel(figures: &Figures, money: bool) -> Sheet {
    let counts = &figures.counts;
    let mut rows = vec![
        pair("填写中（未提交）", figures.drafts),
        pair("已提交", counts.submitted),
        pair("候补", counts.waiting),
        pair("审核中", counts.in_review),
    ];
    rows.extend(
        figures
            .levels
            .iter()
            .map(|(level, n)| pair(format!("其中：{level}"), *n)),
    );
    rows.extend([
        pair("退回或取回，等职工修改", counts.with_worker),
        pair("审核通过", counts.approved),
        pair("未通过", counts.rejected),
        pair("已撤回", counts.withdrawn),
        pair("已失效", counts.expired),
    ]);
    if money {
        rows.push(vec![
            Cell::text("市级补助金额（元）"),
            Cell::Money(figures.granted.0),
        ]);
    }
    Sheet {
        name: "进展",
        head: vec!["环节", "件数"],
        widths: vec![32, 14],
        rows,
    }
}

fn by_union(figures: &Figures) -> Sheet {
    let row = |row: &super::figures::UnionRow| {
        let c = &row.counts;
        let mut cells = vec![Cell::text(row.name.clone())];
        cells.extend(
            [
                c.submitted,
                c.waiting,
                c.in_review,
                c.with_worker,
                c.approved,
                c.rejected,
                c.withdrawn,
                c.expired,
            ]
            .map(Cell::Number),
        );
        cells
    };
    Sheet {
        name: "各工会",
        head: vec![
            "工会",
            "已提交",
            "候补",
            "审核中",
            "等职工修改",
            "审核通过",
            "未通过",
            "已撤回",
            "已失效",
        ],
        widths: vec![32],
        rows: figures.unions.iter().map(row).collect(),
    }
}

fn places(figures: &Figures) -> Sheet {
    let row = |row: &super::figures::PlacesRow| {
        let mut cells = vec![Cell::text(row.name.clone())];
        cells.extend([row.total, row.taken, row.waiting, row.left()].map(Cell::Number));
        cells
    };
    Sheet {
        name: "名额",
        head: vec!["工会", "名额", "已占用", "候补", "剩余"],
        widths: vec![32],
        rows: figures.places.iter().map(row).collect(),
    }
}

fn late(figures: &Figures) -> Sheet {
    let row = |row: &super::figures::LateRow| {
        vec![
            Cell::text(row.name.clone()),
            Cell::Number(row.waiting),
            Cell::Number(row.late),
            Cell::text(row.oldest.second_text()),
        ]
    };
    Sheet {
        name: "等待与超期",
        head: vec!["审核工会", "待审核", "其中超期", "最早到达"],
        widths: vec![32, 10, 10, 20],
        rows: figures.late.iter().map(row).collect(),
    }
}

fn days(figures: &Figures) -> Sheet {
    let row = |row: &super::figures::DayRow| {
        let mut cells = vec![Cell::text(day_text(row.day))];
        cells.extend([row.submitted, row.decided, row.approved].map(Cell::Number));
        cells
    };
    Sheet {
        name: "每日",
        head: vec!["日期", "提交", "审核", "最终通过"],
        widths: vec![14],
        rows: figures.days.iter().map(row).collect(),
    }
}

fn decisions(figures: &Figures) -> Sheet {
    let verdicts = figures
        .verdicts
        .iter()
        .map(|(verdict, n)| pair(verdict.label(), *n));
    let reasons = figures.reasons.iter().map(|(verdict, code, n)| {
        let label = format!("{}的原因：{}", verdict.label(), reason(*code));
        pair(label, *n)
    });
    let returned = figures
        .returned
        .iter()
        .map(|(item, n)| pair(format!("退回要求补正：{}", correction(item)), *n));
    Sheet {
        name: "审核结论",
        head: vec!["结论", "次数"],
        widths: vec![40, 10],
        rows: verdicts.chain(reasons).chain(returned).collect(),
    }
}

/// A reason for people.
pub fn reason(code: Option<ReasonCode>) -> &'static str {
    code.map_or("未注明", ReasonCode::label)
}

/// The submitted applications of a subtree, oldest first; `path` is its union's and lies in the officer's own (the caller
/// answers for that). Names stand in it, numbers of persons and cards do not.
pub async fn applications(
    app: &App,
    officer: &Officer,
    intakes: &[&Intake],
    path: &str,
    state: Option<State>,
) -> Result<Vec<u8>> {
    let wanted = state
        .filter(|state| *state != State::Draft)
        .map_or("", State::as_str);
    let mut rows = Vec::new();
    for intake in intakes {
        let mut after = String::new();
        loop {
            let found = store::listed(app, &intake.id, path, wanted, &after, CHUNK).await?;
            let Some(last) = found.last().filter(|_| rows.len() < LISTED) else {
                break;
            };
            after.clone_from(&last.id);
            rows.extend(found.into_iter().map(listed));
        }
    }
    let noted =
        json!({ "at": path.trim_end_matches('/').rsplit('/').next(), "state": wanted, "rows": rows.len() });
    trail::note(app, officer, "application.export", noted).await?;
    let sheet = Sheet {
        name: "申请",
        head: vec![
            "编号",
            "姓名",
            "区县（产业、直属）工会",
            "所在工会",
            "学历层次",
            "院校",
            "状态",
            "审核工会",
            "提交时间",
            "在此状态起",
        ],
        widths: vec![12, 12, 28, 28, 10, 28, 14, 28, 20, 20],
        rows,
    };
    xlsx::write(vec![sheet]).await
}

fn listed(row: store::Listed) -> Vec<Cell> {
    let state = State::parse(&row.state).map_or(row.state, |state| state.label().to_owned());
    [
        row.number,
        row.applicant,
        row.unit,
        row.union_name,
        row.level,
        row.institution,
        state,
        row.holder,
        Time(row.submitted_at).second_text(),
        Time(row.since).second_text(),
    ]
    .into_iter()
    .map(Cell::Text)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_corrections_are_said_in_words() {
        assert_eq!(
            day_text(super::super::board::day_of(Time::shanghai(
                2021, 11, 5, 23, 59, 59
            ))),
            "2021-11-05"
        );
        assert_eq!(correction("receipt"), "学费缴费凭证");
        assert_eq!(correction("nonsense"), "nonsense");
    }
}
