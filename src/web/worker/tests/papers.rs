//! The form, the paper, the documents, the last look before submitting.

use super::super::{confirm, documents, examples, form, handoff, print, view};
use super::{TITLE, base, errors, render};
use crate::application::{Application, DocumentKind, FormText, State};
use crate::campaign::{Intake, Season, Window};
use crate::kernel::Time;
use view::{DocView, FileView};

fn good_form() -> FormText {
    FormText::from_posted([
        ("name", "王小梅"),
        ("id_number", "370102199003070022"),
        ("sex", "女"),
        ("phone", "13800138001"),
        ("address", "济南市历下区文化东路 1 号 3 号楼 2 单元 501 室"),
        ("card", "6222021602001234560"),
        ("employer", "济南示范机械有限公司"),
        ("employer_contact", "刘主任"),
        ("employer_address", "济南市历下区工业南路 9 号"),
        ("employer_phone", "0531-85826289"),
        ("post", "worker"),
        ("migrant", "no"),
        ("entry_date", "2021-09-01"),
        ("level", "大专"),
        ("degree", "no"),
        ("institution", "山东开放大学"),
        ("major", "机电一体化技术"),
    ])
}

fn docs() -> Vec<DocView> {
    let file = |picture| {
        Some(FileView {
            url: "/assets/v/examples/id_front.svg".to_owned(),
            picture,
            words: "11月10日 09:32 上传，412 KB".to_owned(),
        })
    };
    let doc = |kind: DocumentKind| DocView {
        kind: kind.as_str(),
        label: kind.label(),
        hint: kind.hint(),
        state: "未上传",
        open: true,
        ..DocView::default()
    };
    let uploaded = |kind, picture| DocView {
        state: "已上传",
        tone: "ok",
        file: file(picture),
        ..doc(kind)
    };
    vec![
        DocView {
            state: "需重新上传",
            tone: "warn",
            ..uploaded(DocumentKind::StampedForm, true)
        },
        uploaded(DocumentKind::Receipt, false),
        DocView {
            error: Some("文件有 4.2 MB，超过了 3 MB。请压缩或重新拍摄后再上传".to_owned()),
            ..doc(DocumentKind::ChsiReport)
        },
        uploaded(DocumentKind::IdFront, true),
        doc(DocumentKind::IdBack),
        doc(DocumentKind::BankCard),
    ]
}

/// R-13, R-17.
#[test]
fn forms() {
    let text = good_form();
    let page = |allowed: fn(&str) -> bool, wrong: &[(&'static str, &str)]| form::FormPage {
        base: base("填写申请表"),
        errors: errors(wrong),
        title: TITLE.to_owned(),
        back: "/apply",
        owner: "a1".to_owned(),
        saved: "已保存 11月10日 10:32（尚未提交）".to_owned(),
        groups: form::groups(&text, allowed),
        ..Default::default()
    };
    let html = render("form", &page(|_| true, &[]));
    assert!(html.contains("已保存 11月10日 10:32（尚未提交）"));
    for (name, _) in crate::application::form::FIELDS {
        assert!(html.contains(&format!(r#"id="f-{name}""#)), "{name}");
    }
    let wrong = [
        ("id_number", "身份证号：身份证号校验不通过，请对照身份证逐位核对"),
        ("sex", "性别：性别与身份证号不一致，请核对"),
        (
            "card",
            "本人工商银行卡号：请填写申请人本人的工商银行储蓄卡号，其他银行的卡无法发放补助",
        ),
    ];
    let html = render("form-errors", &page(|_| true, &wrong));
    assert!(html.contains("有 3 处需要修改") && html.contains(r#"aria-describedby="e-card""#));
    assert!(
        html.contains(r#"value="6222021602001234560""#),
        "typed text is kept"
    );
    // R-2: the words for those without a job go once one has said to be no migrant worker.
    let hint = "暂无工作的农民工";
    assert!(!html.contains(hint), "migrant is answered with 否");
    let unanswered = form::FormPage {
        groups: form::groups(&FormText::default(), |_| true),
        ..page(|_| true, &[])
    };
    assert!(render("form-blank", &unanswered).contains(hint));
    let returned = form::FormPage {
        returned: true,
        back: "/progress",
        ..page(|name| name == "card", &[])
    };
    let html = render("form-returned", &returned);
    assert!(html.contains("f-card") && !html.contains("f-major"));
}

/// R-14: photo box, the applicant's signature, the employer's signer, phone and seal, each union's opinion and seal.
#[test]
fn paper() {
    let paper = crate::print::Paper {
        year: 2021,
        season: Season::Autumn,
        number: "7K3M-9PXW".to_owned(),
        version: 2,
        code: crate::print::Code::Text("YM1*7K3M9PXW*2*0A1B2C3D4E".to_owned()),
        union: "解放路街道总工会".to_owned(),
        form: good_form(),
        reviewers: ["解放路街道总工会", "历下区总工会", "济南市职工文化事业发展中心"]
            .map(str::to_owned)
            .to_vec(),
        at: Time::shanghai(2021, 11, 10, 9, 30, 0),
    };
    let (sheet, missing) = crate::print::form_picture(&paper).unwrap();
    assert_eq!(missing, []);
    let page = print::PrintPage {
        base: base("打印申请表"),
        number: paper.number,
        version: 2,
        sheet,
        seen: 5,
        missing: vec!["“姓名”中的“𠮷”".to_owned()],
        in_wechat: true,
        address: "https://zgjy.example.org.cn".to_owned(),
        ..Default::default()
    };
    let html = render("print", &page);
    for part in [
        "照片处",
        "申请人签名：",
        "负责人（经办人）签名：",
        "联系电话：",
        "单位公章或工会公章",
        "历下区总工会审核意见：",
    ] {
        assert!(html.contains(part), "R-14 {part}");
    }
}

/// R-15, R-16.
#[test]
fn papers() {
    let check = |name, label| documents::Check {
        name,
        label,
        ticked: false,
    };
    let page = documents::ChecksPage {
        base: base("确认 4 项工作"),
        errors: errors(&[("checks", "请逐项确认 4 项工作都已完成")]),
        checks: vec![
            check("check_1", "按要求正确填写申请表；"),
            check("check_2", "打印申请表；"),
            check("check_3", "将打印好的申请表提交给本人所在企业/单位盖章；"),
            check("check_4", "拍照或扫描加盖公章的申请表，以便下一步上传。"),
        ],
    };
    render("checks", &page);
    let page = documents::DocumentsPage {
        base: base("上传材料"),
        back: "/apply",
        documents: docs(),
        left: 4,
        next: "/apply/confirm",
        ..Default::default()
    };
    let html = render("documents", &page);
    assert!(html.contains("打印新的申请表"), "R-17: the way to the printer");
    assert!(html.contains("文件有 4.2 MB") && html.contains("还有 <strong>4</strong> 份"));
    let coded = documents::DocumentsPage {
        code: Some(handoff::Code {
            svg: "<svg></svg>".to_owned(),
            until: "10:42".to_owned(),
        }),
        ..page
    };
    let html = render("documents-code", &coded);
    assert!(html.contains("10:42 前有效") && html.contains("结束手机上传"));
    render(
        "documents-done",
        &documents::DocumentsPage {
            left: 0,
            code: None,
            ..coded
        },
    );
}

/// Issue 4: the phone's pages name nobody and lead nowhere else.
#[test]
fn the_phone_of_a_hand_off() {
    let documents = docs();
    let documents = documents.into_iter().map(|doc| DocView { file: None, ..doc });
    let page = handoff::PhonePage {
        base: super::super::super::page::Base {
            worker: false,
            ..base("手机上传材料")
        },
        documents: documents.collect(),
        left: 4,
        until: "10:42".to_owned(),
    };
    let html = render("handoff", &page);
    assert!(!html.contains("/apply/documents/") && !html.contains("/me") && !html.contains("/apply/print"));
    render("handoff-done", &handoff::PhonePage { left: 0, ..page });
    let join = handoff::JoinPage {
        base: base("手机上传材料"),
        token: "t".to_owned(),
        until: "10:42".to_owned(),
    };
    render("handoff-join", &join);
    let base = base("手机上传已结束");
    render("handoff-end", &handoff::EndPage { base });
}

/// R-16: each kind has its example, marked as one, and says what to look at.
#[test]
fn every_kind_has_its_example() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/web/examples");
    for kind in DocumentKind::ALL {
        let page = examples::ExamplePage::of(*kind, base("材料示例"));
        assert!(page.points.len() >= 2);
        render(&format!("example-{kind}"), &page);
        let svg = std::fs::read_to_string(folder.join(format!("{kind}.svg"))).unwrap();
        assert!(svg.contains("示例") && svg.contains("样本"), "{kind}");
        assert!(!svg.contains("<script") && !svg.contains("href"), "{kind}");
        assert!(svg.len() < 6_000, "{kind}: {} bytes", svg.len());
    }
}

#[test]
fn before_submitting() {
    let text = good_form();
    let groups = form::GROUPS.iter().map(|(name, fields)| confirm::Group {
        label: name,
        first: fields[0],
        answers: fields
            .iter()
            .map(|f| confirm::Answer {
                label: crate::application::form::label(f).unwrap(),
                value: view::spoken(&text, f),
            })
            .collect(),
    });
    let mut page = confirm::ConfirmPage {
        base: base("提交前核对"),
        title: TITLE.to_owned(),
        union: "历下区总工会 › 解放路街道总工会".to_owned(),
        groups: groups.collect(),
        documents: docs(),
        places: "历下区总工会还剩 12 个名额。".to_owned(),
        ..Default::default()
    };
    let html = render("confirm", &page);
    assert!(html.contains("提交申请") && html.contains("修改") && html.contains("6222021602001234560"));
    let problem = confirm::Problem {
        text: "还没有上传“学费缴费凭证”，请先上传".to_owned(),
        link: "/apply".to_owned(),
    };
    page.problems = vec![problem];
    let html = render("confirm-not-yet", &page);
    assert!(html.contains(r#"data-testid="submit" disabled"#) && html.contains("请先完成"));
    page.refused = true;
    page.elsewhere = true;
    let html = render("confirm-refused", &page);
    assert!(html.contains("没有提交成功") && !html.contains("请先完成"));
    assert!(html.contains("请用原手机号登录查看"));
}

/// R-16, R-17: what was there before the return, and a stamp on an older version, are not done.
#[test]
fn a_paper_is_done_only_when_it_is_the_right_one() {
    let application = application();
    let document = |kind, form_version, at| crate::application::documents::Document {
        id: "d".to_owned(),
        application_id: "a".to_owned(),
        kind,
        media: crate::application::content::MediaType::Jpeg,
        bytes: 1,
        form_version,
        uploaded_at: Time(at),
    };
    let state = |document, since: Option<i64>| {
        let kind = DocumentKind::StampedForm;
        view::doc(kind, &[document], &application, since.map(Time)).state
    };
    assert_eq!(state(document(DocumentKind::StampedForm, 2, 5), None), "已上传");
    assert_eq!(
        state(document(DocumentKind::StampedForm, 1, 5), None),
        "需重新上传"
    );
    assert_eq!(
        state(document(DocumentKind::StampedForm, 2, 5), Some(9)),
        "需更换"
    );
    assert_eq!(
        state(document(DocumentKind::StampedForm, 2, 10), Some(9)),
        "已更换"
    );
    assert_eq!(state(document(DocumentKind::Receipt, 2, 10), None), "未上传");
}

fn application() -> Application {
    Application {
        id: "a".to_owned(),
        worker_id: "w".to_owned(),
        intake_id: "i".to_owned(),
        campaign_id: "c".to_owned(),
        union_id: None,
        unit_id: None,
        state: State::Draft,
        step: 0,
        holder_id: None,
        since: Time(0),
        number: None,
        seq: None,
        submitted_at: None,
        applicant: String::new(),
        level: None,
        institution: String::new(),
        form_sealed: String::new(),
        form_version: 2,
        printed_version: 0,
        checked_version: 0,
        version: 1,
        updated_at: Time(0),
    }
}

/// ux.md: dates as people write them, the last day to its end.
#[test]
fn windows_in_words() {
    let day = |m, d| chrono::NaiveDate::from_ymd_opt(2021, m, d).unwrap();
    let span = |a, b| Window {
        from: Time::start_of(a),
        until: Time::end_of(b),
    };
    let intake = Intake {
        id: String::new(),
        campaign_id: String::new(),
        year: 2021,
        season: Season::Autumn,
        apply: span(day(11, 5), day(11, 30)),
        review: span(day(11, 5), day(12, 7)),
    };
    assert_eq!(
        view::window(&intake),
        "2021年11月5日 至 2021年11月30日 24:00 截止"
    );
    assert_eq!(view::title(&intake), TITLE);
    assert!(
        view::closed(&intake, Time::shanghai(2021, 12, 1, 0, 0, 0))
            .unwrap()
            .contains("2021年11月5日"),
        "R-9"
    );
}
