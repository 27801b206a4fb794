//! 申请表: one A4 page as the source's form (附件 4, R-14): what was filled in, the photo, the signatures and
//! seals of applicant, employer and each reviewing union.

use super::face::Face;
use super::fit::POINT;
use super::sheet::{Area, INSIDE, Sheet, Style};
use crate::application::FormText;
use crate::campaign::Season;
use crate::kernel::Time;
use crate::kernel::refusal::HOTLINE;

/// All that stands on the form.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The campaign's year.
    pub year: i32,
    /// The intake's season.
    pub season: Season,
    /// The application's number.
    pub number: String,
    /// The form's version.
    pub version: i64,
    /// What stands in the upper right corner.
    pub code: Code,
    /// The worker's union.
    pub union: String,
    /// What was filled in.
    pub form: FormText,
    /// Each reviewing union, in order.
    pub reviewers: Vec<String>,
    /// When it is printed.
    pub at: Time,
}

/// The corner of the QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The code with this text ([`crate::application::form_code`]): a form to be stamped.
    Text(String),
    /// None yet: this version was not marked as printed.
    Preview,
    /// None at all: an officer's copy, which is nothing to stamp.
    Copy,
}

const THICK: f32 = 0.4;
const THIN: f32 = 0.2;
/// The narrow column with a section's name.
const SIDE: f32 = 9.0;
const LABEL: f32 = 29.0;
const PHOTO: f32 = 31.0;
const ROW: f32 = 8.0;
const LABELS: Style = Style::of(10.0).centre();
const VALUES: Style = Style::of(10.5);
const TOP: f32 = 43.0;
const LEFT: f32 = INSIDE.x;
const RIGHT: f32 = INSIDE.x + INSIDE.width;
const NOTES: f32 = 21.5;
const BOTTOM: f32 = INSIDE.y + INSIDE.height - NOTES;

/// Draws the form. Errors: the QR code's text is too long.
pub fn draw(paper: &Paper) -> anyhow::Result<Sheet> {
    let mut sheet = Sheet::default();
    head(&mut sheet, paper)?;
    let y = basic(&mut sheet, paper, TOP);
    let y = employer(&mut sheet, paper, y);
    let y = education(&mut sheet, paper, y);
    let y = applicant(&mut sheet, y);
    let y = opinion(&mut sheet, paper, y);
    reviews(&mut sheet, paper, y);
    sheet.frame(Area::new(LEFT, TOP, INSIDE.width, BOTTOM - TOP), THICK);
    notes(&mut sheet, paper);
    Ok(sheet)
}

fn head(sheet: &mut Sheet, paper: &Paper) -> anyhow::Result<()> {
    const CODE: f32 = 22.0;
    let corner = Area::new(RIGHT - CODE - 1.0, INSIDE.y + 1.0, CODE, CODE);
    match &paper.code {
        Code::Text(text) => sheet.qr(corner, text)?,
        Code::Preview => {
            sheet.frame(corner, THIN);
            let words = corner.inner(2.0, 6.0);
            sheet.label(words, "打印时生成二维码", Style::of(10.0).centre().grey());
        }
        Code::Copy => {}
    }
    // As wide on the left as the code is on the right: the title stands in the middle of the page.
    let title = |line: f32, height: f32| {
        let aside = CODE + 5.0;
        Area::new(LEFT + aside, INSIDE.y + line, INSIDE.width - 2.0 * aside, height)
    };
    let first = format!("{}年济南市总工会“求学圆梦行动”", paper.year);
    sheet.label(title(2.0, 8.5), &first, Style::of(17.0).centre().bold());
    sheet.label(
        title(11.5, 8.5),
        "学历提升补助申请表",
        Style::of(17.0).centre().bold(),
    );
    let mark = match &paper.code {
        Code::Text(_) => "",
        Code::Preview => "·预览",
        Code::Copy => "·工会查阅件",
    };
    let season = format!("（{}批次{mark}）", paper.season.label());
    sheet.label(title(20.0, 4.8), &season, Style::of(10.5).centre());
    let line = |x: f32, width: f32| Area::new(x, TOP - 6.5, width, 5.5);
    let number = format!("申请编号：{}　第 {} 版", paper.number, paper.version);
    sheet.label(line(LEFT, 75.0), &number, Style::of(10.5).bold());
    let union = format!("所属工会：{}", paper.union);
    sheet.text(
        "所属工会",
        line(LEFT + 77.0, INSIDE.width - 77.0),
        &union,
        Style::of(10.5).right(),
    );
    Ok(())
}

/// A row of labels and values, from `x` to the right; a width is that of label and value together.
fn row(sheet: &mut Sheet, paper: &Paper, y: f32, height: f32, cells: &[(&str, &str, f32)]) {
    let mut x = LEFT + SIDE;
    for (field, label, width) in cells {
        let name = Area::new(x, y, LABEL, height);
        sheet.label(name.inner(1.0, 0.4), label, LABELS);
        let value = Area::new(x + LABEL, y, width - LABEL, height);
        sheet.text(label, value.inner(1.5, 0.4), &paper.form.spoken(field), VALUES);
        sheet.rule((x + LABEL, y), (x + LABEL, y + height), THIN);
        x += width;
        if x < RIGHT - 0.1 {
            sheet.rule((x, y), (x, y + height), THIN);
        }
        sheet.rule((x - width, y + height), (x, y + height), THIN);
    }
}

/// A section's name, one character beneath the other, and the line under the section.
fn section(sheet: &mut Sheet, name: &str, from: f32, to: f32) {
    let step = 5.0_f32.min((to - from) / name.chars().count().max(1) as f32);
    let mut y = from + ((to - from) - step * name.chars().count() as f32) / 2.0;
    for c in name.chars() {
        let area = Area::new(LEFT, y, SIDE, step);
        sheet.label(area, &c.to_string(), Style::of(10.0).centre());
        y += step;
    }
    sheet.rule((LEFT + SIDE, from), (LEFT + SIDE, to), THIN);
    sheet.rule((LEFT, to), (RIGHT, to), THIN);
}

fn basic(sheet: &mut Sheet, paper: &Paper, y: f32) -> f32 {
    const HIGH: f32 = 9.5;
    let wide = INSIDE.width - SIDE;
    let beside = wide - PHOTO;
    let half = beside / 2.0;
    let at = |n: f32| y + n * HIGH;
    row(
        sheet,
        paper,
        at(0.0),
        HIGH,
        &[("name", "姓名", half + 8.0), ("sex", "性别", half - 8.0)],
    );
    row(sheet, paper, at(1.0), HIGH, &[("id_number", "身份证号", beside)]);
    row(sheet, paper, at(2.0), HIGH, &[("phone", "联系电话", beside)]);
    row(sheet, paper, at(3.0), HIGH, &[("address", "联系地址", beside)]);
    let photo = Area::new(RIGHT - PHOTO, y, PHOTO, 4.0 * HIGH);
    sheet.rule((photo.x, y), (photo.x, y + photo.height), THIN);
    sheet.rule((photo.x, y + photo.height), (RIGHT, y + photo.height), THIN);
    let words = Area::new(photo.x, y + 12.0, PHOTO, 6.0);
    sheet.label(words, "贴一寸照片处", Style::of(9.0).centre().grey());
    let below = Area::new(photo.x, y + 18.0, PHOTO, 5.0);
    sheet.label(below, "（近期免冠）", Style::of(8.0).centre().grey());
    row(sheet, paper, at(4.0), ROW, &[("card", "本人工商银行卡号", wide)]);
    let end = at(4.0) + ROW;
    section(sheet, "基本信息", y, end);
    end
}

fn employer(sheet: &mut Sheet, paper: &Paper, y: f32) -> f32 {
    let wide = INSIDE.width - SIDE;
    let half = wide / 2.0;
    let at = |n: f32| y + n * ROW;
    row(sheet, paper, at(0.0), ROW, &[("employer", "工作单位名称", wide)]);
    row(
        sheet,
        paper,
        at(1.0),
        ROW,
        &[("employer_address", "单位详细地址", wide)],
    );
    row(
        sheet,
        paper,
        at(2.0),
        ROW,
        &[
            ("employer_contact", "单位联系人", half),
            ("employer_phone", "单位联系电话", half),
        ],
    );
    row(
        sheet,
        paper,
        at(3.0),
        ROW,
        &[("post", "本人职务", half), ("migrant", "是否为农民工", half)],
    );
    section(sheet, "单位信息", y, at(4.0));
    at(4.0)
}

fn education(sheet: &mut Sheet, paper: &Paper, y: f32) -> f32 {
    let wide = INSIDE.width - SIDE;
    let third = wide / 3.0;
    let at = |n: f32| y + n * ROW;
    row(
        sheet,
        paper,
        at(0.0),
        ROW,
        &[
            ("entry_date", "入学时间", third + 6.0),
            ("level", "学历层次", third - 3.0),
            ("degree", "学位证书", third - 3.0),
        ],
    );
    row(sheet, paper, at(1.0), ROW, &[("institution", "报读院校", wide)]);
    row(sheet, paper, at(2.0), ROW, &[("major", "报考专业", wide)]);
    section(sheet, "学历信息", y, at(3.0));
    at(3.0)
}

const DATE: &str = "　　　　年　　月　　日";

fn applicant(sheet: &mut Sheet, y: f32) -> f32 {
    const HIGH: f32 = 15.0;
    let inside = Area::new(LEFT + SIDE, y, INSIDE.width - SIDE, HIGH).inner(2.0, 0.8);
    let words = "本人承诺：以上内容真实、有效，所填工商银行卡为本人所有；如有不实，愿承担相应责任。";
    sheet.label(
        Area::new(inside.x, inside.y, inside.width, 5.5),
        words,
        Style::of(9.5),
    );
    let line = Area::new(inside.x, inside.y + 7.0, inside.width, 6.0);
    sign(sheet, line, "申请人签名：");
    section(sheet, "本人", y, y + HIGH);
    y + HIGH
}

/// Where somebody signs, with the date at the right edge.
fn sign(sheet: &mut Sheet, line: Area, who: &str) {
    let words = Area::new(line.x, line.y, line.width - 46.0, line.height);
    sheet.label(words, who, Style::of(10.0));
    let date = Area::new(line.x + line.width - 44.0, line.y, 44.0, line.height);
    sheet.label(date, DATE, Style::of(10.0).right());
}

/// The employer's word; for 农民工 who may be out of work, also the street's or community's.
fn opinion(sheet: &mut Sheet, paper: &Paper, y: f32) -> f32 {
    const HIGH: f32 = 32.0;
    let inside = Area::new(LEFT + SIDE, y, INSIDE.width - SIDE, HIGH).inner(2.0, 0.8);
    let line = |n: f32| Area::new(inside.x, inside.y + n, inside.width, 6.0);
    let words = "所填单位信息属实，报读专业符合单位工作需要，同意申请。";
    sheet.label(line(0.0), words, Style::of(10.0));
    if paper.form.get("migrant") == "yes" {
        let whose = "盖章单位：□ 工作单位　□ 街道办事处　□ 社区（村）居委会（□ 户籍所在地　□ 房屋租赁地）";
        sheet.label(line(6.0), whose, Style::of(9.5));
        let who = "暂无工作的农民工，由户籍所在地或房屋租赁地（济南市）的街道或社区（村）居委会盖章。";
        sheet.label(line(11.3), who, Style::of(8.5).grey());
    }
    let half = |x: f32| Area::new(inside.x + x, inside.y + 17.5, 80.0, 6.0);
    sheet.label(half(0.0), "负责人（经办人）签名：", Style::of(10.0));
    sheet.label(half(82.0), "联系电话：", Style::of(10.0));
    let seal = line(24.4);
    sheet.label(
        Area::new(seal.x, seal.y, 80.0, 6.0),
        "（单位公章或工会公章）",
        Style::of(10.0),
    );
    sheet.label(
        Area::new(seal.x + seal.width - 44.0, seal.y, 44.0, 6.0),
        DATE,
        Style::of(10.0).right(),
    );
    section(sheet, "单位意见", y, y + HIGH);
    y + HIGH
}

/// Each reviewing union's opinion and seal, two beside each other; the last one alone when their number is odd.
fn reviews(sheet: &mut Sheet, paper: &Paper, y: f32) {
    let count = paper.reviewers.len();
    let rows = count.div_ceil(2).max(1);
    let height = (BOTTOM - y) / rows as f32;
    let wide = INSIDE.width - SIDE;
    for (i, union) in paper.reviewers.iter().enumerate() {
        let alone = i % 2 == 0 && i + 1 == count;
        let width = if alone { wide } else { wide / 2.0 };
        let x = LEFT + SIDE + if i % 2 == 1 { wide / 2.0 } else { 0.0 };
        let cell = Area::new(x, y + (i / 2) as f32 * height, width, height);
        review(sheet, cell, union);
        if i % 2 == 1 {
            sheet.rule((cell.x, cell.y), (cell.x, cell.y + height), THIN);
        }
        if i % 2 == 0 && cell.y > y {
            sheet.rule((cell.x, cell.y), (RIGHT, cell.y), THIN);
        }
    }
    section(sheet, "各级工会审核", y, BOTTOM);
}

fn review(sheet: &mut Sheet, cell: Area, union: &str) {
    let inside = cell.inner(2.0, 0.6);
    let line = (inside.height / 3.0).min(6.0);
    let opinion = format!("{union}审核意见：");
    // A long name takes two lines before it becomes small.
    let long = Face::get().width(&opinion) * 10.0 * POINT > inside.width;
    let high = if long {
        (inside.height - 2.0 * line).clamp(line, 9.5)
    } else {
        line
    };
    let name = Area::new(inside.x, inside.y, inside.width, high);
    sheet.text("审核工会", name, &opinion, Style::of(10.0));
    let bottom = |n: f32| inside.y + inside.height - n * line;
    let signer = Area::new(inside.x, bottom(2.0), inside.width, line);
    sheet.label(signer, "审核人签名：", Style::of(9.5));
    let seal = Area::new(inside.x, bottom(1.0), inside.width / 2.0, line);
    sheet.label(seal, "（盖章）", Style::of(9.5));
    let date = Area::new(
        inside.x + inside.width / 2.0,
        bottom(1.0),
        inside.width / 2.0,
        line,
    );
    sheet.label(date, DATE, Style::of(9.5).right());
}

fn notes(sheet: &mut Sheet, paper: &Paper) {
    const SIZE: f32 = 8.5;
    let high = Sheet::lines(1, SIZE) + 0.1;
    let lines = [
        "注：1. 本表须贴照片并由申请人本人签名；工商银行卡号必须是申请人本人的储蓄卡号，否则将无法发放补助。",
        "　　2. 由单位负责人或经办人签名、填写联系方式，并盖单位公章或工会公章，单位须在济南市注册并正常经营。",
        "　　3. 修改申请资料后编号不变、版本增加，须重新打印、签名、盖章；旧版本的表无效。",
        "　　4. 右上角二维码用于核对申请编号和版本，盖章、拍照时请勿遮挡、涂改。",
    ];
    let at = |n: usize| Area::new(LEFT, BOTTOM + 1.0 + n as f32 * high, INSIDE.width, high);
    for (i, text) in lines.iter().enumerate() {
        sheet.label(at(i), text, Style::of(SIZE));
    }
    let last = at(lines.len());
    let hotline = format!("职工咨询服务热线：{HOTLINE}");
    sheet.label(Area::new(last.x, last.y, 100.0, high), &hotline, Style::of(SIZE));
    let printed = format!("打印时间：{}", paper.at.minute_text());
    sheet.label(
        Area::new(last.x + 100.0, last.y, INSIDE.width - 100.0, high),
        &printed,
        Style::of(SIZE).right(),
    );
}
