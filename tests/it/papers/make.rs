//! The papers themselves: what a worker prints, has stamped, is given by the school, and takes pictures of.

use image::DynamicImage;
use press::draw::{BLACK, GREY, RED, Sheet};
use press::scan::Random;
use yuanmeng::application::FormText;
use yuanmeng::kernel::{bank_card, id_number};

/// Who applies.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub id: String,
    pub sex: &'static str,
    pub card: String,
    pub employer: String,
    pub institution: &'static str,
    pub level: &'static str,
    pub major: &'static str,
    /// "2021-09".
    pub entry: &'static str,
}

const FAMILY: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
];
const GIVEN: [&str; 16] = [
    "小梅", "强", "敏", "建国", "秀英", "伟", "芳", "志强", "丽", "军", "洋", "勇", "艳", "杰", "玉兰", "涛",
];
const SCHOOLS: [&str; 6] = [
    "山东开放大学",
    "济南职业学院",
    "山东大学",
    "济南大学",
    "山东建筑大学",
    "齐鲁工业大学",
];
const MAJORS: [&str; 5] = [
    "机电一体化技术",
    "工商管理",
    "会计学",
    "土木工程",
    "计算机应用技术",
];
const WORKS: [&str; 5] = [
    "济南示范机械有限公司",
    "山东泉城物流集团有限公司",
    "济南市长清区人民医院",
    "济南第二纺织厂",
    "山东安泰电子股份有限公司",
];

impl Person {
    /// The n-th; no two have the same ID number or card.
    pub fn new(n: usize, random: &mut Random) -> Person {
        let man = random.within(0, 1) == 1;
        let area = random.one_of(&["370102", "370103", "370113", "371202"]);
        let body = format!(
            "{area}{}{:02}{:02}{:02}{}",
            random.within(1970, 2001),
            n % 12 + 1,
            n / 12 % 28 + 1,
            n / 336 % 100,
            if man { 1 } else { 2 }
        );
        let name = format!("{}{}", random.one_of(&FAMILY), random.one_of(&GIVEN));
        Person {
            name,
            id: format!("{body}{}", id_number::check_digit(body.as_bytes()) as char),
            sex: if man { "男" } else { "女" },
            card: card(&format!("622202160200{:06}", n)),
            employer: random.one_of(&WORKS).to_owned(),
            institution: random.one_of(&SCHOOLS),
            level: random.one_of(&["大专", "本科", "硕士"]),
            major: random.one_of(&MAJORS),
            entry: random.one_of(&["2021-09", "2021-03", "2021-10"]),
        }
    }

    /// Their form, filled in rightly.
    pub fn form(&self) -> FormText {
        FormText::from_posted([
            ("name", self.name.as_str()),
            ("id_number", &self.id),
            ("sex", self.sex),
            ("phone", "13800138001"),
            ("address", "济南市历下区文化东路 1 号"),
            ("card", &self.card),
            ("employer", &self.employer),
            ("employer_contact", "刘主任"),
            ("employer_address", "济南市历下区工业南路 9 号"),
            ("employer_phone", "0531-85826289"),
            ("post", "worker"),
            ("migrant", "no"),
            ("entry_date", &format!("{}-01", self.entry)),
            ("level", self.level),
            ("degree", "no"),
            ("institution", self.institution),
            ("major", self.major),
        ])
    }
}

fn card(body: &str) -> String {
    (0..10)
        .map(|d| format!("{body}{d}"))
        .find(|n| bank_card::luhn(n))
        .unwrap()
}

/// The printed form with photo, signatures and the employer's seal over its name. `code` is what its QR code says.
pub fn stamped_form(person: &Person, code: &str, random: &mut Random) -> Sheet {
    let mut sheet = Sheet::new(990, 1400, [250, 250, 248]);
    sheet.text(250, 90, 34, BLACK, "“求学圆梦行动”补助申请表");
    sheet.text(70, 150, 20, GREY, "一式一份，请用 A4 纸打印");
    if !code.is_empty() {
        sheet.qr(820, 30, 122, code);
    }
    let rows = [
        ("姓名", person.name.as_str()),
        ("身份证号", &person.id),
        ("性别", person.sex),
        ("本人工商银行卡号", &person.card),
        ("工作单位名称", &person.employer),
        ("单位联系人", "刘主任"),
        ("入学时间", person.entry),
        ("学历层次", person.level),
        ("报读院校", person.institution),
        ("报考专业", person.major),
    ];
    for (n, (label, value)) in rows.iter().enumerate() {
        let y = 180 + n as i32 * 62;
        sheet.frame(70, y, if n < 3 { 640 } else { 850 }, 62);
        sheet.frame(70, y, 230, 62);
        sheet.text(90, y + 40, 22, BLACK, label);
        sheet.text(320, y + 40, 22, BLACK, value);
    }
    portrait(&mut sheet, 730, 182, 190, 184, random);
    for (n, label) in ["申请人签名", "单位意见（盖章）", "工会意见（盖章）"]
        .iter()
        .enumerate()
    {
        let y = 830 + n as i32 * 170;
        sheet.frame(70, y, 850, 170);
        sheet.text(90, y + 40, 22, BLACK, label);
        sheet.text(620, y + 150, 20, BLACK, "2021年11月  日");
        let seed = random.next();
        sheet.scribble(330, y + 60, seed);
    }
    let (dx, dy) = (random.within(-40, 40), random.within(-20, 20));
    sheet.text(420, 1090, 22, BLACK, "同意申报");
    sheet.seal(480 + dx, 1080 + dy, 78, &person.employer);
    sheet
}

fn portrait(sheet: &mut Sheet, x: i32, y: i32, width: i32, height: i32, random: &mut Random) {
    let back = [random.within(150, 220) as u8, random.within(150, 230) as u8, 235];
    sheet.fill(x, y, width, height, back);
    let skin = [random.within(190, 235) as u8, random.within(150, 190) as u8, 140];
    let (cx, head) = (
        x + width / 2 + random.within(-8, 8),
        width / 4 + random.within(-5, 5),
    );
    let coat = [
        random.within(20, 90) as u8,
        random.within(20, 90) as u8,
        random.within(30, 120) as u8,
    ];
    sheet.disc(cx, y + height / 3 - head / 3, head + 4, [30, 25, 25]);
    sheet.disc(cx, y + height / 3 + 6, head, skin);
    sheet.fill(
        cx - width * 3 / 8,
        y + height * 2 / 3 + 6,
        width * 3 / 4,
        height / 3 - 8,
        coat,
    );
    for side in [-1, 1] {
        sheet.disc(cx + side * head / 2, y + height / 3, 4, [20; 3]);
    }
    sheet.fill(
        cx - head / 3,
        y + height / 3 + head / 2 + 6,
        head * 2 / 3,
        3,
        [150, 60, 60],
    );
}

/// ID card, front.
pub fn id_card(person: &Person, random: &mut Random) -> Sheet {
    let mut sheet = Sheet::new(860, 540, [225, 232, 238]);
    for n in 0..18 {
        sheet.fill(0, n * 30, 860, 1, [205, 215, 228]);
    }
    let lines = [
        format!("姓名  {}", person.name),
        format!("性别  {}   民族  汉", person.sex),
        format!(
            "出生  {} 年 {} 月 {} 日",
            &person.id[6..10],
            &person.id[10..12],
            &person.id[12..14]
        ),
        "住址  山东省济南市历下区文化东路".to_owned(),
        format!("      {} 号", random.within(1, 400)),
    ];
    for (n, line) in lines.iter().enumerate() {
        sheet.text(50, 85 + n as i32 * 68, 30, BLACK, line);
    }
    sheet.text(50, 490, 32, BLACK, &format!("公民身份号码  {}", person.id));
    portrait(&mut sheet, 580, 60, 230, 300, random);
    sheet
}

/// Bank card, front.
pub fn bank_card_front(person: &Person, random: &mut Random) -> Sheet {
    let tint = random.within(0, 30) as u8;
    let mut sheet = Sheet::new(860, 540, [190 + tint, 40, 50]);
    for n in 0..6 {
        sheet.disc(120 * n, 540 - 40 * n, 120, [180 + tint, 30 + 4 * n as u8, 45]);
    }
    let light = [250, 240, 225];
    sheet.text(60, 100, 44, [60, 0, 0], "中国工商银行  借记卡");
    sheet.fill(70, 180, 110, 80, [220, 190, 110]);
    let number: String = person
        .card
        .chars()
        .enumerate()
        .flat_map(|(n, c)| {
            [(n > 0 && n % 4 == 0).then_some(' '), Some(c)]
                .into_iter()
                .flatten()
        })
        .collect();
    sheet.fill(50, 300, 760, 70, light);
    sheet.text(60, 352, 48, BLACK, &number);
    sheet.text(60, 480, 34, [60, 0, 0], "UnionPay 银联");
    sheet
}

/// A photographed receipt of the school with its seal; `invoice` is the text of an electronic invoice's code.
pub fn receipt(person: &Person, invoice: Option<&str>, random: &mut Random) -> Sheet {
    let mut sheet = Sheet::new(900, 640, [246, 244, 240]);
    sheet.text(240, 70, 36, RED, "山东省非税收入票据");
    sheet.text(
        600,
        120,
        22,
        BLACK,
        &format!("No. {:08}", random.next() % 100_000_000),
    );
    let rows = [
        ("交款人", person.name.clone()),
        ("项目", "学费".to_owned()),
        ("金额", format!("{}.00 元", random.within(20, 98) * 100)),
        ("收款单位", person.institution.to_owned()),
        (
            "开票日期",
            format!(
                "2021年{}月{}日",
                person.entry[5..].trim_start_matches('0'),
                random.within(1, 28)
            ),
        ),
    ];
    for (n, (label, value)) in rows.iter().enumerate() {
        let y = 150 + n as i32 * 70;
        sheet.frame(60, y, 780, 70);
        sheet.text(80, y + 45, 26, BLACK, label);
        sheet.text(280, y + 45, 26, BLACK, value);
    }
    if let Some(invoice) = invoice {
        sheet.qr(60, 5, 142, invoice);
    }
    let (dx, dy) = (random.within(-30, 30), random.within(-15, 15));
    sheet.seal(680 + dx, 500 + dy, 70, person.institution);
    sheet
}

/// A payment page on a phone's screen: the same for all but for name, amount and number.
pub fn payment_screen(person: &Person, random: &mut Random) -> DynamicImage {
    let mut sheet = Sheet::new(540, 960, [245, 246, 248]);
    sheet.fill(0, 0, 540, 90, [30, 100, 200]);
    sheet.text(200, 60, 30, [255; 3], "缴费成功");
    sheet.disc(270, 190, 56, [20, 160, 90]);
    sheet.text(
        180,
        320,
        44,
        BLACK,
        &format!("¥ {}.00", random.within(20, 98) * 100),
    );
    let rows = [
        ("姓名", person.name.clone()),
        ("学校", "山东开放大学".to_owned()),
        ("项目", "2021 学年学费".to_owned()),
        ("订单号", format!("2021{:012}", random.next() % 1_000_000_000_000)),
        (
            "时间",
            format!(
                "2021-09-{:02} {:02}:{:02}",
                random.within(1, 28),
                random.within(8, 20),
                random.within(0, 59)
            ),
        ),
    ];
    for (n, (label, value)) in rows.iter().enumerate() {
        let y = 400 + n as i32 * 80;
        sheet.fill(30, y + 60, 480, 1, [220; 3]);
        sheet.text(40, y + 40, 24, GREY, label);
        sheet.text(180, y + 40, 24, BLACK, value);
    }
    sheet.qr(210, 810, 120, "https://pay.example.com/school/sdou");
    DynamicImage::ImageRgb8(sheet.0)
}
