//! The sheets as they come out: every word there and inside its box, on one A4 page, small, the same each time.

use super::form::{self, Paper};
use super::receipt::{self, Receipt};
use super::sheet::{Area, INSIDE, Item, Sheet};
use super::{Code, Pdf, form_pdf, form_picture, pdf};
use crate::application::form::{FIELDS, tests::good};
use crate::application::form_code::FormCode;
use crate::campaign::Season;
use crate::kernel::{Sealer, Time};
use lopdf::Document;
use proptest::prelude::*;

const AT: Time = Time(1_636_500_000_000); // 10 November 2021

pub(super) fn paper() -> Paper {
    let code = FormCode {
        number: "7K3M-9PXW".to_owned(),
        version: 2,
    };
    let mut form = good();
    form.set("name", "䶮喆犇");
    Paper {
        year: 2021,
        season: Season::Autumn,
        number: code.number.clone(),
        version: code.version,
        code: Code::Text(code.text(&Sealer::new([7; 32], &[]))),
        union: "崮云湖街道总工会".to_owned(),
        form,
        reviewers: ["崮云湖街道总工会", "长清区总工会", "济南市职工文化事业发展中心"]
            .map(str::to_owned)
            .to_vec(),
        at: AT,
    }
}

async fn printed(paper: Paper) -> Pdf {
    form_pdf(paper).await.unwrap()
}

/// The text of the first page without white space, as a viewer's search sees it.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let text = Document::load_mem(bytes).unwrap().extract_text(&[1]).unwrap();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// every field in words, the number, the version, the unions; rare characters are themselves.
#[tokio::test]
async fn the_text_can_be_selected_and_found() {
    let paper = paper();
    let text = text_of(&printed(paper.clone()).await.bytes);
    for (field, label) in FIELDS {
        let said = without_blanks(&paper.form.spoken(field));
        assert!(!said.is_empty() && text.contains(&said), "{label} {said}: {text}");
    }
    let words = [
        "7K3M-9PXW",
        "第2版",
        "崮云湖街道总工会审核意见：",
        "济南市职工文化事业发展中心审核意见：",
        "贴一寸照片处",
        "申请人签名：",
        "负责人（经办人）签名：",
        "联系电话：",
        "（单位公章或工会公章）",
        "4000123318转0",
        "2021年济南市总工会“求学圆梦行动”",
        "学历提升补助申请表",
    ];
    for words in words {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// for 农民工 the street's or community's seal may stand in the employer's place.
#[tokio::test]
async fn migrant_workers_may_have_it_stamped_by_the_community() {
    let mut paper = paper();
    let words = "由户籍所在地或房屋租赁地（济南市）的街道或社区（村）居委会盖章";
    assert!(!text_of(&printed(paper.clone()).await.bytes).contains(words));
    paper.form.set("migrant", "yes");
    assert!(text_of(&printed(paper).await.bytes).contains(words));
}

/// one A4 page, under 150 KB, the same bytes for the same input; another moment is another file.
#[tokio::test]
async fn one_small_a4_page_always_the_same() {
    let pdf = printed(paper()).await;
    let document = Document::load_mem(&pdf.bytes).unwrap();
    let pages = document.get_pages();
    assert_eq!(pages.len(), 1);
    let page = document.get_dictionary(pages[&1]).unwrap();
    let media: Vec<f32> = page
        .get(b"MediaBox")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_float().unwrap())
        .collect();
    assert!(
        (media[2] - 595.28).abs() < 0.1 && (media[3] - 841.89).abs() < 0.1,
        "{media:?}"
    );
    assert!(pdf.bytes.len() < 150_000, "{}", pdf.bytes.len());
    assert!(pdf.bytes == printed(paper()).await.bytes);
    let later = Paper {
        at: AT.plus(60_000),
        ..paper()
    };
    assert!(pdf.bytes != printed(later).await.bytes);
    assert_eq!(pdf.name, "申请表-䶮喆犇-7K3M-9PXW-第2版.pdf");
}

/// A character that the font has not is told, and its place is a blank to write in: never a box.
#[test]
fn a_character_without_a_glyph_is_told() {
    let mut paper = paper();
    paper.form.set("name", "王𠮷");
    paper.form.set("address", "济南😀路\u{FE0F}1 号\u{200B}");
    let (svg, missing) = form_picture(&paper).unwrap();
    let told: Vec<_> = missing.iter().map(|m| (m.field.as_str(), m.character)).collect();
    assert_eq!(told, [("姓名", '𠮷'), ("联系地址", '😀')]);
    assert!(svg.contains(">王\u{3000}<") && !svg.contains('𠮷'));
    assert_eq!(form_picture(&self::paper()).unwrap().1, []);
}

/// A preview and an officer's copy say what they are and have no code to be stamped.
#[test]
fn only_a_marked_form_has_a_code() {
    let squares = |sheet: &Sheet| sheet.items.iter().any(|item| matches!(item, Item::Squares(_)));
    assert!(squares(&form::draw(&paper()).unwrap()));
    for (code, words) in [(Code::Copy, "工会查阅件"), (Code::Preview, "预览")] {
        let sheet = form::draw(&Paper { code, ..paper() }).unwrap();
        assert!(!squares(&sheet));
        assert!(sheet.placed.iter().any(|p| p.what.contains(words)));
        inside(&sheet);
    }
}

fn a_receipt() -> Receipt {
    Receipt {
        number: "7K3M-9PXW".to_owned(),
        facts: vec![
            ("申请编号", "7K3M-9PXW".to_owned()),
            ("提交时名额", "名额已满，候补第 3 位".to_owned()),
        ],
        papers: vec![("学费缴费凭证", "2021年11月10日 09:32 上传".to_owned()); 7],
        next: vec!["犇".repeat(80); 4],
        at: AT,
    }
}

/// the receipt is one page, and all of it is inside.
#[test]
fn the_receipt_fits_its_page() {
    let sheet = receipt::draw(&a_receipt());
    inside(&sheet);
    let about = pdf::About {
        title: "回执",
        at: AT,
    };
    let text = text_of(&pdf::write(&sheet, &about).unwrap());
    assert!(text.contains("候补第3位") && text.contains("不代表审核通过"));
}

/// Every text inside its box, every box and line inside the paper, and no two texts over each other.
fn inside(sheet: &Sheet) {
    for placed in &sheet.placed {
        assert!(placed.given.holds(placed.taken), "{placed:?}");
        assert!(INSIDE.holds(placed.given), "{placed:?}");
    }
    for item in &sheet.items {
        if let Item::Rule { from, to, .. } = item {
            let area = Area::new(from.0, from.1, to.0 - from.0, to.1 - from.1);
            assert!(INSIDE.holds(area), "{area:?}");
        }
    }
    for (i, a) in sheet.placed.iter().enumerate() {
        for b in &sheet.placed[i + 1..] {
            assert!(!over(a.taken, b.taken), "{a:?} over {b:?}");
        }
    }
}

fn over(a: Area, b: Area) -> bool {
    let within = |from: f32, long: f32, other: f32, other_long: f32| {
        from + 0.01 < other + other_long && other + 0.01 < from + long
    };
    within(a.x, a.width, b.x, b.width) && within(a.y, a.height, b.y, b.height)
}

/// What people write, and worse: rare characters, none of the font's, long words, many unions.
fn any_text(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::string::string_regex(&format!("[䶮喆犇王小梅（），。A-Z0-9 ·-]{{0,{max}}}")).unwrap(),
        proptest::string::string_regex(&format!("\\PC{{0,{max}}}")).unwrap(),
        Just("犇".repeat(max)),
        Just("W".repeat(max)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// whatever is valid on the form (at its longest, too) stays whole and inside its box; nothing panics.
    #[test]
    fn nothing_overflows(
        values in proptest::collection::vec(any_text(100), FIELDS.len()),
        unions in proptest::collection::vec(any_text(40), 1..8),
        version in 1i64..100_000,
        migrant: bool,
    ) {
        let limits = [("name", 30), ("employer_contact", 30), ("employer", 60), ("institution", 60), ("major", 60)];
        let mut paper = paper();
        for ((field, _), value) in FIELDS.iter().zip(&values) {
            let limit = limits.iter().find(|(name, _)| name == field).map_or(100, |(_, n)| *n);
            paper.form.set(field, &value.chars().take(limit).collect::<String>());
        }
        paper.form.set("migrant", if migrant { "yes" } else { "no" });
        paper.version = version;
        let code = FormCode { number: paper.number.clone(), version };
        paper.code = Code::Text(code.text(&Sealer::new([7; 32], &[])));
        paper.union = unions[0].clone();
        paper.reviewers = unions;
        let sheet = form::draw(&paper).unwrap();
        inside(&sheet);
        let cut = sheet.items.iter().any(|item| matches!(item, Item::Text { text, .. } if text.ends_with('…')));
        let typed = values.iter().chain(&paper.reviewers).any(|value| value.contains('…'));
        prop_assert!(typed || !cut, "something was cut");
    }

    /// any such form becomes a file.
    #[test]
    fn any_form_becomes_a_file(name in any_text(30), address in any_text(100)) {
        let mut paper = paper();
        paper.form.set("name", &name);
        paper.form.set("address", &address);
        let sheet = form::draw(&paper).unwrap();
        let bytes = pdf::write(&sheet, &pdf::About { title: &name, at: AT }).unwrap();
        prop_assert!(bytes.len() < 150_000);
    }
}
