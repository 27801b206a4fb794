//! 学信网's report: as a PDF with text and code, and as a sheet that is photographed.

use super::make::Person;
use image::{DynamicImage, GrayImage};
use krilla::Document;
use krilla::geom::{Point, Size, Transform};
use krilla::page::PageSettings;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use press::draw::{BLACK, FONT, GREY, Sheet};
use press::scan::{Random, png};
use qrcode::QrCode;
use skrifa::instance::{LocationRef, Size as Em};
use skrifa::{FontRef, MetadataProvider as _};

/// What a report says, right or wrong.
#[derive(Clone, Debug)]
pub struct Report {
    pub title: &'static str,
    pub name: String,
    pub sex: String,
    pub birth: String,
    pub institution: String,
    pub level: String,
    pub entry: String,
    pub made: String,
    pub until: String,
    pub code: String,
    pub address: String,
    /// Labels with a colon before their values in one piece, or in cells.
    pub colons: bool,
}

/// The n-th report's 在线验证码.
pub fn report_code(n: usize) -> String {
    let mut random = Random(n as u64 + 99);
    (0..16)
        .map(|_| random.one_of(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789") as char)
        .collect()
}

impl Report {
    /// As 学信网 makes it for this person on 8 November 2021, for six months.
    pub fn of(person: &Person, n: usize, random: &mut Random) -> Report {
        let code = report_code(n);
        let id = &person.id;
        let level = match person.level {
            "大专" => random.one_of(&["专科", "专科(高职)"]),
            "本科" => random.one_of(&["本科", "专升本", "高起本"]),
            _ => "硕士研究生",
        };
        Report {
            title: "教育部学籍在线验证报告",
            name: person.name.clone(),
            sex: person.sex.to_owned(),
            birth: format!("{}年{}月{}日", &id[6..10], &id[10..12], &id[12..14]),
            institution: person.institution.to_owned(),
            level: level.to_owned(),
            entry: format!(
                "{}年{}月{:02}日",
                &person.entry[..4],
                &person.entry[5..],
                random.within(1, 20)
            ),
            made: "2021年11月08日".to_owned(),
            until: random
                .one_of(&["2022年05月08日", "2022年05月07日", "2022年11月08日"])
                .to_string(),
            address: format!("https://www.chsi.com.cn/xlcx/bg.do?vcode={code}&srcid=bgcx"),
            code,
            colons: random.within(0, 1) == 0,
        }
    }

    fn lines(&self, person: &Person) -> Vec<(&'static str, String)> {
        vec![
            ("姓名", self.name.clone()),
            ("性别", self.sex.clone()),
            ("出生日期", self.birth.clone()),
            ("民族", "汉族".to_owned()),
            ("院校", self.institution.clone()),
            ("层次", self.level.clone()),
            ("院系", "继续教育学院".to_owned()),
            ("班级", String::new()),
            ("专业", person.major.to_owned()),
            ("学号", "202109000123".to_owned()),
            ("形式", "业余".to_owned()),
            ("入学日期", self.entry.clone()),
            ("学制", "2.5年".to_owned()),
            ("学籍状态", "在籍（注册学籍）".to_owned()),
            ("预计毕业日期", "2024年01月10日".to_owned()),
        ]
    }

    /// The PDF: text with a font of its own, the code as a picture.
    pub fn pdf(&self, person: &Person) -> Vec<u8> {
        let mut document = Document::new();
        let mut page = document.start_page_with(PageSettings::from_wh(595.0, 842.0).unwrap());
        let mut surface = page.surface();
        let mut write = |x: f32, y: f32, size: f32, text: &str| {
            let (glyphs, font) = shaped(text);
            surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, text, size, false);
        };
        write(180.0, 80.0, 20.0, self.title);
        write(60.0, 120.0, 10.0, &format!("更新日期：{}", self.made));
        for (n, (label, value)) in self.lines(person).iter().enumerate() {
            let y = 160.0 + n as f32 * 26.0;
            if self.colons {
                write(70.0, y, 11.0, &format!("{label}：{value}"));
            } else {
                write(70.0, y, 11.0, label);
                if !value.is_empty() {
                    write(190.0, y, 11.0, value);
                }
            }
        }
        write(70.0, 600.0, 11.0, &format!("在线验证码 {}", self.code));
        if !self.until.is_empty() {
            write(70.0, 625.0, 11.0, &format!("有效期至：{}", self.until));
        }
        write(
            70.0,
            700.0,
            9.0,
            "1、在线验证有效期由学籍信息权属人设置（1～6个月），在报告验证到期前可再次延长。",
        );
        let picture =
            krilla::image::Image::from_png(png(&code_picture(&self.address)).into(), false).unwrap();
        surface.push_transform(&Transform::from_translate(420.0, 560.0));
        surface.draw_image(picture, Size::from_wh(100.0, 100.0).unwrap());
        surface.pop();
        surface.finish();
        page.finish();
        document.finish().unwrap()
    }

    /// The same on a sheet, for those who photograph their screen or a print.
    pub fn sheet(&self, person: &Person) -> Sheet {
        let mut sheet = Sheet::new(900, 1270, [252; 3]);
        sheet.text(270, 110, 34, BLACK, self.title);
        sheet.text(90, 170, 18, GREY, &format!("更新日期：{}", self.made));
        for (n, (label, value)) in self.lines(person).iter().enumerate() {
            let y = 240 + n as i32 * 44;
            sheet.text(110, y, 22, GREY, label);
            sheet.text(300, y, 22, BLACK, value);
        }
        sheet.text(110, 960, 22, BLACK, &format!("在线验证码 {}", self.code));
        sheet.qr(620, 880, 180, &self.address);
        sheet
    }
}

fn code_picture(text: &str) -> DynamicImage {
    let code = QrCode::new(text).unwrap();
    let side = (code.width() as u32 + 8) * 4;
    let dark = |at: u32| (at / 4).checked_sub(4).filter(|at| (*at as usize) < code.width());
    DynamicImage::ImageLuma8(GrayImage::from_fn(side, side, |x, y| {
        let black = dark(x)
            .zip(dark(y))
            .is_some_and(|(x, y)| code[(x as usize, y as usize)] == qrcode::Color::Dark);
        image::Luma([if black { 0 } else { 255 }])
    }))
}

fn shaped(text: &str) -> (Vec<KrillaGlyph>, Font) {
    thread_local! {
        static FACE: Font = Font::new(FONT.to_vec().into(), 0).unwrap();
    }
    let font = FontRef::new(FONT).unwrap();
    let (map, metrics) = (
        font.charmap(),
        font.glyph_metrics(Em::new(1.0), LocationRef::default()),
    );
    let glyphs = text
        .char_indices()
        .map(|(at, c)| {
            let id = map.map(c).unwrap_or_default();
            let width = metrics.advance_width(id).unwrap_or(1.0);
            KrillaGlyph::new(
                GlyphId::new(id.to_u32()),
                width,
                0.0,
                0.0,
                0.0,
                at..at + c.len_utf8(),
                None,
            )
        })
        .collect();
    (glyphs, FACE.with(Font::clone))
}
