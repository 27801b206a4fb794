//! 回执: that an application was submitted, when, with what, and what happens next.

use super::sheet::{Area, INSIDE, Sheet, Style};
use crate::app::App;
use crate::application::documents;
use crate::application::progress::{self, Progress};
use crate::application::states::Event;
use crate::application::{Application, State, submit};
use crate::error::{Error, Result};
use crate::kernel::Time;
use crate::kernel::refusal::HOTLINE;
use crate::union::tree;

/// All that stands on the receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The application's number.
    pub number: String,
    /// Labels and values of the upper table.
    pub facts: Vec<(&'static str, String)>,
    /// The papers, each with its time.
    pub papers: Vec<(&'static str, String)>,
    /// What happens next, in order.
    pub next: Vec<String>,
    /// When it is printed.
    pub at: Time,
}

/// Collects what stands on the receipt. Errors: [`Error::NotFound`] for what was never submitted.
pub async fn collect(app: &App, application: Application) -> Result<Receipt> {
    let submitted_at = application.submitted_at.ok_or(Error::NotFound)?;
    let number = super::number(&application)?;
    let union = match &application.union_id {
        Some(id) => tree::find(app, id).await?.name,
        None => String::new(),
    };
    let waited = submit::waited_as(app, &application.id).await?;
    let papers = documents::of(app, &application.id).await?;
    let progress = progress::of(app, application).await?;
    let intake = &progress.intake;
    let project = format!(
        "{}年济南市总工会“求学圆梦行动”学历提升补助（{}批次）",
        intake.year,
        intake.season.label()
    );
    let facts = vec![
        ("申请编号", number.clone()),
        ("提交时间", submitted_at.minute_text()),
        ("申请人", progress.application.applicant.clone()),
        ("申请项目", project),
        ("所属工会", union),
        ("名额所在单位", progress.unit.clone().unwrap_or_default()),
        ("提交时名额", place(&progress, waited)),
        ("目前状态", now(&progress)),
    ];
    let papers = papers
        .iter()
        .map(|d| (d.kind.label(), format!("{} 上传", d.uploaded_at.minute_text())));
    Ok(Receipt {
        number,
        facts,
        papers: papers.collect(),
        next: next(&progress),
        at: app.now(),
    })
}

/// What the submission got: a place, or a position on the waiting list.
fn place(progress: &Progress, waited: Option<i64>) -> String {
    let waits = progress
        .timeline
        .iter()
        .any(|line| line.event == Event::Waitlisted);
    match (waits, waited) {
        (false, _) => "已占用 1 个名额".to_owned(),
        (true, Some(n)) => format!("名额已满，候补第 {n} 位"),
        (true, None) => "名额已满，进入候补".to_owned(),
    }
}

fn now(progress: &Progress) -> String {
    let state = progress.application.state.label();
    match (&progress.holder, progress.waiting_position) {
        (Some(holder), _) => format!("{state}（{holder}）"),
        (None, Some(n)) => format!("{state}（候补第 {n} 位）"),
        (None, None) => state.to_owned(),
    }
}

/// What happens next and by when, as it stands at the time of printing.
fn next(progress: &Progress) -> Vec<String> {
    let by = progress.intake.review.until.deadline_text();
    let until = progress.intake.apply.until.deadline_text();
    let unions: Vec<&str> = progress.steps.iter().map(|step| step.union.as_str()).collect();
    let told = "每一步有变化时会发消息通知您；也可随时在“申请进度”查看，请保持手机畅通。";
    let review = format!("逐级审核：{}，于 {by} 前审完。", unions.join(" → "));
    let paid = "审核全部通过后，补助款结合学费缴纳进度发放到您本人的工商银行卡，请不要注销这张卡。";
    match progress.application.state {
        State::Draft | State::Rejected | State::Withdrawn | State::Expired => {
            vec!["这份申请已经结束，经过见“申请进度”页的办理记录。".to_owned()]
        }
        State::Approved => vec!["各级工会都已审核通过。".to_owned(), paid.to_owned()],
        State::Waitlisted => vec![progress.waits_for(), review, told.to_owned(), paid.to_owned()],
        State::Returned => vec![
            format!("请在 {by} 前补正并重新提交，名额为您保留；逾期名额不再保留。"),
            review,
            told.to_owned(),
            paid.to_owned(),
        ],
        State::Recalled | State::RecalledWaiting => vec![
            format!("您已取回修改，改好后请在 {until} 前重新提交，名额或候补位置为您保留。"),
            review,
            told.to_owned(),
            paid.to_owned(),
        ],
        State::InReview => vec![
            review,
            "被退回补正时，请按审核意见在同一期限前改好并重新提交，名额为您保留。".to_owned(),
            told.to_owned(),
            paid.to_owned(),
        ],
    }
}

pub(super) const LEFT: f32 = INSIDE.x;
pub(super) const WIDE: f32 = INSIDE.width;
const LABEL: f32 = 34.0;
const THICK: f32 = 0.4;
pub(super) const THIN: f32 = 0.2;

/// Draws the receipt.
pub fn draw(receipt: &Receipt) -> Sheet {
    let mut sheet = Sheet::default();
    let title = Area::new(LEFT, 18.0, WIDE, 10.0);
    sheet.label(title, "学历提升补助申请回执", Style::of(20.0).centre().bold());
    let whose = Area::new(LEFT, 29.0, WIDE, 6.0);
    sheet.label(whose, "济南市总工会“求学圆梦行动”", Style::of(11.0).centre());
    let y = table(&mut sheet, "", &receipt.facts, 40.0, 10.0);
    let y = table(&mut sheet, "已提交的材料", &receipt.papers, y + 4.0, 8.0);
    let y = steps(&mut sheet, &receipt.next, y + 4.0);
    foot(&mut sheet, receipt, y + 4.0);
    sheet
}

/// A table of two columns under its heading; gives where it ends.
pub(super) fn table(
    sheet: &mut Sheet,
    heading: &str,
    rows: &[(&'static str, String)],
    from: f32,
    high: f32,
) -> f32 {
    let mut y = headed(sheet, heading, from);
    let top = y;
    let label = if heading.is_empty() { LABEL } else { 70.0 };
    for (name, value) in rows {
        let cell = Area::new(LEFT, y, label, high);
        sheet.label(cell.inner(2.0, 0.4), name, Style::of(10.5));
        let cell = Area::new(LEFT + label, y, WIDE - label, high);
        sheet.text(name, cell.inner(2.0, 0.4), value, Style::of(10.5));
        y += high;
        sheet.rule((LEFT, y), (LEFT + WIDE, y), THIN);
    }
    if !rows.is_empty() {
        sheet.rule((LEFT + label, top), (LEFT + label, y), THIN);
        sheet.frame(Area::new(LEFT, top, WIDE, y - top), THICK);
    }
    y
}

fn headed(sheet: &mut Sheet, heading: &str, from: f32) -> f32 {
    if heading.is_empty() {
        return from;
    }
    sheet.label(Area::new(LEFT, from, WIDE, 8.0), heading, Style::of(12.0).bold());
    from + 8.5
}

fn steps(sheet: &mut Sheet, next: &[String], from: f32) -> f32 {
    const HIGH: f32 = 11.0;
    let mut y = headed(sheet, "接下来", from);
    for (i, step) in next.iter().enumerate() {
        let area = Area::new(LEFT + 2.0, y, WIDE - 4.0, HIGH);
        sheet.text("接下来", area, &format!("{}. {step}", i + 1), Style::of(10.5));
        y += HIGH;
    }
    y
}

fn foot(sheet: &mut Sheet, receipt: &Receipt, from: f32) {
    let line = |n: f32| Area::new(LEFT, from + n, WIDE, 6.0);
    sheet.rule((LEFT, from), (LEFT + WIDE, from), THIN);
    sheet.label(
        line(2.0),
        "本回执由系统自动生成，说明申请已经提交，不代表审核通过。",
        Style::of(9.5),
    );
    sheet.label(
        line(8.0),
        &format!("职工咨询服务热线：{HOTLINE}，请告知申请编号。"),
        Style::of(9.5),
    );
    sheet.label(
        line(14.0),
        &format!("打印时间：{}", receipt.at.minute_text()),
        Style::of(9.5),
    );
}
