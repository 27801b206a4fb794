//! Applications for the figures: right ones, and ones with exactly one fault.

use super::make::{self, Person};
use super::report::{self, Report};
use image::DynamicImage;
use press::draw::Sheet;
use press::scan::{Random, Shot, forwarded, jpeg, png};
use yuanmeng::application::content::MediaType;
use yuanmeng::application::form_code::FormCode;
use yuanmeng::application::{DocumentKind, FormText};
use yuanmeng::kernel::{Sealer, code, id_number};
use yuanmeng::papers::Kind;

/// One application.
pub struct Made {
    pub form: FormText,
    /// Given at sign-up.
    pub employer: String,
    pub number: String,
    pub version: i64,
    pub papers: Vec<(DocumentKind, MediaType, Vec<u8>)>,
    /// Whose card it names.
    pub card: String,
}

/// A fault: its name in the table, the check that should find it.
pub type Fault = (&'static str, Kind);

/// Every fault that is planted.
pub const FAULTS: [Fault; 29] = [
    ("身份证号错一位", Kind::IdNumber),
    ("性别不符", Kind::Sex),
    ("外地户籍无居住证", Kind::Residence),
    ("非工行卡", Kind::Card),
    ("他人用过的卡", Kind::CardElsewhere),
    ("去年入学", Kind::EntryYear),
    ("单位不同", Kind::Employer),
    ("旧版申请表", Kind::FormCode),
    ("别人的申请表", Kind::FormCode),
    ("伪造二维码", Kind::FormCode),
    ("别处二维码", Kind::FormCode),
    ("报告姓名", Kind::ReportName),
    ("报告出生日期", Kind::ReportPerson),
    ("报告院校", Kind::ReportInstitution),
    ("报告层次", Kind::ReportLevel),
    ("报告入学时间", Kind::ReportEntry),
    ("有效期3个月", Kind::ReportValidity),
    ("报告已过期", Kind::ReportValidity),
    ("学历备案表", Kind::Report),
    ("仿冒网址", Kind::Report),
    ("码与文字不符", Kind::Report),
    ("同一文件", Kind::Elsewhere),
    ("同一图片另存", Kind::Elsewhere),
    ("同一学籍报告", Kind::Elsewhere),
    ("同一发票", Kind::Elsewhere),
    ("模糊", Kind::Quality),
    ("太暗", Kind::Quality),
    ("过曝", Kind::Quality),
    ("太小", Kind::Quality),
];

/// What the demo's number looks like.
pub fn number(n: usize) -> String {
    code::application_number((n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
}

/// An electronic invoice's code for the n-th.
fn invoice(n: usize) -> String {
    format!(
        "01,10,037001900211,{:08},2600.00,20210903,12345678901234567890,1A2B,",
        10_000_000 + n
    )
}

/// The n-th right application. The same n gives the same one.
pub fn right(n: usize, sealer: &Sealer) -> Made {
    build(n, None, sealer)
}

/// The n-th application, with this fault.
pub fn wrong(n: usize, fault: Fault, sealer: &Sealer) -> Made {
    build(n, Some(fault.0), sealer)
}

/// Which paper beside the report a right one has, in turn.
fn turn(n: usize) -> &'static str {
    ["form", "receipt", "screen", "id", "bank"][n % 5]
}

fn build(n: usize, fault: Option<&str>, sealer: &Sealer) -> Made {
    let mut random = Random(n as u64 * 7919 + 17);
    let mut person = Person::new(n, &mut random);
    let version = i64::from(random.within(1, 6));
    let fault = fault.unwrap_or_default();
    if fault == "外地户籍无居住证" {
        let body = format!("370902{}", &person.id[6..17]);
        person.id = format!("{body}{}", id_number::check_digit(body.as_bytes()) as char);
    }
    let mut made = Made {
        form: person.form(),
        employer: person.employer.clone(),
        number: number(n),
        version,
        papers: Vec::new(),
        card: person.card.clone(),
    };
    spoil_form(&mut made, &person, fault, n);
    let report = report_of(&person, n, fault, &mut random);
    // Every eighth one photographs the report: the machine reads no letters in pictures.
    if n % 8 == 7 && fault.is_empty() {
        let shot = Shot::usual(&mut random).jpeg(&report.sheet(&person), &mut random);
        made.papers
            .push((DocumentKind::ChsiReport, MediaType::Jpeg, shot));
    } else {
        let pdf = report.pdf(&person);
        made.papers.push((DocumentKind::ChsiReport, MediaType::Pdf, pdf));
    }
    let paper = match fault {
        "旧版申请表" | "别人的申请表" | "伪造二维码" | "别处二维码" => "form",
        "同一文件" | "同一图片另存" => "copy",
        "同一发票" => "invoice",
        "模糊" | "太暗" | "过曝" | "太小" => ["form", "receipt", "id", "bank"][n / FAULTS.len() % 4],
        _ => turn(n),
    };
    made.papers
        .push(picture(paper, &person, &made, fault, n, sealer, &mut random));
    made
}

fn spoil_form(made: &mut Made, person: &Person, fault: &str, n: usize) {
    let form = &mut made.form;
    match fault {
        "身份证号错一位" => {
            let mut id = person.id.clone().into_bytes();
            id[16] = if id[16] >= b'8' { id[16] - 2 } else { id[16] + 2 };
            form.set("id_number", std::str::from_utf8(&id).unwrap());
        }
        "性别不符" => form.set("sex", if person.sex == "男" { "女" } else { "男" }),
        "非工行卡" => form.set("card", "6217001234567890128"),
        "他人用过的卡" => {
            made.card = Person::new(n - 200, &mut Random((n - 200) as u64 * 7919 + 17)).card;
            form.set("card", &made.card.clone());
        }
        "去年入学" => form.set("entry_date", "2020-09-01"),
        "单位不同" => made.employer = "济南黄河建设工程有限公司".to_owned(),
        _ => {}
    }
}

fn report_of(person: &Person, n: usize, fault: &str, random: &mut Random) -> Report {
    let mut report = Report::of(person, n, random);
    match fault {
        "报告姓名" => report.name = format!("{}燕", &person.name[..3]),
        "报告出生日期" => report.birth = "1969年01月31日".to_owned(),
        "报告院校" => report.institution = "青岛科技大学".to_owned(),
        "报告层次" => {
            report.level = if person.level == "本科" {
                "专科"
            } else {
                "本科"
            }
            .to_owned()
        }
        "报告入学时间" => report.entry = "2021年07月01日".to_owned(),
        // What is wrong on the form must be right here, or there would be two faults.
        "去年入学" => report.entry = "2020年09月01日".to_owned(),
        "有效期3个月" => report.until = "2022年02月08日".to_owned(),
        "报告已过期" => {
            (report.made, report.until) = ("2021年04月01日".to_owned(), "2021年10月01日".to_owned())
        }
        "学历备案表" => (report.title, report.code) = ("教育部学历证书电子注册备案表", String::new()),
        "仿冒网址" => report.address = report.address.replace("www.chsi.com.cn", "www.chsi-com.cn"),
        "码与文字不符" => report.address = report.address.replace(&report.code[..4], "9999"),
        "同一学籍报告" => {
            // That of the one 200 before, who has the PDF (not the eighth, who photographed it).
            report.code = report::report_code((n - 200) / 8 * 8);
            report.address = format!("https://www.chsi.com.cn/xlcx/bg.do?vcode={}", report.code);
        }
        _ => {}
    }
    if fault == "学历备案表" {
        report.until = String::new();
    }
    report
}

/// The picture that is uploaded beside the report.
fn picture(
    paper: &str,
    person: &Person,
    made: &Made,
    fault: &str,
    n: usize,
    sealer: &Sealer,
    random: &mut Random,
) -> (DocumentKind, MediaType, Vec<u8>) {
    let (kind, sheet): (DocumentKind, Sheet) = match paper {
        "form" => {
            let code = form_code(made, fault, n, sealer);
            (
                DocumentKind::StampedForm,
                make::stamped_form(person, &code, random),
            )
        }
        "receipt" | "invoice" => {
            let number = match (fault, n % 2) {
                ("同一发票", _) => Some(invoice((n - 200) / 10 * 10 + 6)),
                // Every other receipt is an electronic invoice.
                (_, 0) => Some(invoice(n)),
                _ => None,
            };
            (
                DocumentKind::Receipt,
                make::receipt(person, number.as_deref(), random),
            )
        }
        "screen" => {
            return (
                DocumentKind::Receipt,
                MediaType::Png,
                png(&make::payment_screen(person, random)),
            );
        }
        "id" => (DocumentKind::IdFront, make::id_card(person, random)),
        "bank" => (DocumentKind::BankCard, make::bank_card_front(person, random)),
        "copy" => {
            let (kind, media, bytes) = right(n - 200, sealer).papers.pop().unwrap();
            return match fault {
                "同一文件" => (kind, media, bytes),
                _ => (kind, MediaType::Jpeg, forwarded(&bytes, random)),
            };
        }
        other => panic!("no paper {other}"),
    };
    (kind, MediaType::Jpeg, shot(&sheet, fault, random))
}

fn form_code(made: &Made, fault: &str, n: usize, sealer: &Sealer) -> String {
    let code = |number: &str, version| {
        FormCode {
            number: number.to_owned(),
            version,
        }
        .text(sealer)
    };
    match fault {
        "旧版申请表" => code(&made.number, made.version - 1),
        "别人的申请表" => code(&number(n + 1000), made.version),
        "伪造二维码" => code(&made.number, made.version - 1)
            .replace(&format!("*{}*", made.version - 1), &format!("*{}*", made.version)),
        "别处二维码" => "https://weixin.qq.com/r/abcdef".to_owned(),
        _ => code(&made.number, made.version),
    }
}

fn shot(sheet: &Sheet, fault: &str, random: &mut Random) -> Vec<u8> {
    let mut shot = if random.within(0, 4) == 0 {
        Shot::scanner(random)
    } else {
        Shot::usual(random)
    };
    match fault {
        "模糊" => shot.blur = 2.6 + 2.5 * random.part(),
        "太暗" => (shot.gain, shot.noise) = (0.08 + 0.1 * random.part(), 4),
        "过曝" => (shot.gain, shot.lift) = (0.2, 195.0 + 10.0 * random.part()),
        "太小" => {
            let image = DynamicImage::ImageRgb8(shot.take(sheet, random));
            return jpeg(&image.thumbnail(360, 360), 80);
        }
        _ => {}
    }
    shot.jpeg(sheet, random)
}
