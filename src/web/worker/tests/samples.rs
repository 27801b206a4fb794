//! Sample data for every template.

use super::super::super::page::{ErrorLine, Errors};
use super::super::{
    apply, check, confirm, documents, form, home, me, print, progress, sign_in, sign_up, union, view,
};
use super::{base, render};
use crate::application::{Application, DocumentKind, FormText, State};
use crate::campaign::{Intake, Season, Window};
use crate::kernel::Time;
use view::{DocView, FileView, IntakeView, LEVELS, POSTS};

const TITLE: &str = "2021年济南市总工会“求学圆梦行动”学历提升补助（秋季批次）";

fn intake() -> IntakeView {
    IntakeView {
        title: TITLE.to_owned(),
        label: "2021年秋季批次".to_owned(),
        year: 2021,
        window: "2021年11月5日 至 2021年11月30日 24:00 截止".to_owned(),
        grant: "1000 元".to_owned(),
        places_total: 3245,
        places_left: 1208,
        closed: None,
    }
}

fn errors(lines: &[(&'static str, &str)]) -> Errors {
    Errors(
        lines
            .iter()
            .map(|(field, text)| ErrorLine {
                field,
                text: (*text).to_owned(),
            })
            .collect(),
    )
}

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

#[test]
fn home_pages() {
    let mut page = home::HomePage {
        base: base("首页"),
        intake: Some(intake()),
        ..Default::default()
    };
    page.base.worker = false;
    render("home", &page);
    page.base.worker = true;
    page.base.flash = Some("注册成功".to_owned());
    page.who = Some(home::Who {
        name: "王小梅".to_owned(),
        phone: "138****8001".to_owned(),
    });
    page.news = Some(home::News {
        link: "/progress",
        heading: "您的申请需要补正",
        text: "申请编号 JN21-7K3M-9QXW".to_owned(),
        state: "退回补正",
        tone: "warn",
    });
    let html = render("home-signed-in", &page);
    assert!(html.contains("王小梅，您好") && html.contains("退出登录"));
}

/// R-10, R-11: both doors with their slider, code, and the source's words.
#[test]
fn doors() {
    let mut page = sign_in::SignInPage {
        base: base("登录"),
        challenge: "c1".to_owned(),
        ..Default::default()
    };
    page.base.worker = false;
    page.next = "/apply?x=\"><script>".to_owned();
    let html = render("sign-in", &page);
    assert!(
        html.contains("济南市总工会教育补助")
            && html.contains("2 申领 / 进度查询")
            && html.contains("还没账号？")
    );
    assert!(!html.contains("\"><script>"), "next is escaped");
    page.in_wechat = true;
    page.phone = "1380013800".to_owned();
    page.errors = errors(&[
        ("phone", "请填写 11 位手机号码，例如 13800138000"),
        ("code", "验证码不正确，还可以再试 4 次"),
    ]);
    let html = render("sign-in-errors", &page);
    assert!(html.contains(r#"value="1380013800""#), "what was typed is kept");
    assert!(html.contains(r#"role="alert""#) && html.contains(r##"href="#f-code""##));

    let page = sign_up::SignUpPage {
        base: page.base,
        full_name: "王小梅".to_owned(),
        ..Default::default()
    };
    let html = render("sign-up", &page);
    assert!(
        html.contains("入网注册 享受更多职工福利") && html.contains("不得填写虚拟电话"),
        "R-6, R-37"
    );
    assert!(html.contains("为我定制个性化的学习计划") && html.contains("公益课堂"));
    assert!(html.contains(r#"value="王小梅""#));
}

#[test]
fn before_anything_is_begun() {
    let mut page = apply::IntroPage {
        base: base("职工补助申请"),
        title: TITLE.to_owned(),
        intake: Some(intake()),
        can_begin: true,
    };
    render("apply-intro", &page);
    page.base.worker = false;
    page.intake = None;
    let html = render("apply-none", &page);
    assert!(html.contains("目前没有开放的申请批次"));

    let mut page = check::CheckPage {
        base: base("资格自查"),
        questions: 5,
        work_options: vec![
            ("jinan", "在济南市的单位工作"),
            ("migrant", "我是农民工，住在济南，暂时没有工作"),
            ("no", "都不是"),
        ],
        post_options: POSTS.to_vec(),
        level_options: [LEVELS, &[("below", "都不是（如中专、高中、培训班）")]].concat(),
        entry_label: "4. 您是 2021 年新入学的吗？".to_owned(),
        entry_options: vec![("yes", "是，今年春季或秋季入学"), ("no", "不是")],
        agreed_options: vec![("yes", "是，单位同意"), ("no", "还没有同意")],
        units: vec![("u1".to_owned(), "历下区总工会".to_owned())],
        ..Default::default()
    };
    page.answers.post = "team_leader".to_owned();
    page.errors = errors(&[("work", "请从列表中选择一项")]);
    let html = render("check", &page);
    assert!(
        html.contains(r#"value="team_leader" id="f-post-2" checked"#),
        "answers are kept"
    );

    let reason = check::Reason {
        why: "补助面向大专及以上学历教育".to_owned(),
        instead: "报读大专后再申请。",
    };
    let mut page = check::ResultPage {
        base: base("结果"),
        against: vec![reason],
        ..Default::default()
    };
    assert!(render("check-no", &page).contains("您可以：报读大专后再申请。"));
    page.against.clear();
    page.grant = "1000 元".to_owned();
    page.window = intake().window;
    page.places = "历下区总工会还剩 12 个（共 350 个），全市还剩 1208 个".to_owned();
    page.papers = vec![
        "盖章的补助申请表",
        "学费缴费凭证",
        "学信网学籍在线验证报告（有效期 6 个月以上）",
    ];
    assert!(render("check-yes", &page).contains("还剩 12 个"));
}

#[test]
fn tasks() {
    let task = |name, label, state, tone, open, detail: &str| apply::Task {
        name,
        label,
        link: "/apply/form",
        detail: detail.to_owned(),
        state,
        tone,
        open,
    };
    let tasks = vec![
        task("union", "选择工会", "已完成", "ok", true, "解放路街道总工会"),
        task(
            "form",
            "填写申请表",
            "已完成",
            "ok",
            true,
            "基本信息、单位信息、学历信息",
        ),
        task(
            "print",
            "打印盖章",
            "需重新打印",
            "warn",
            true,
            "申请表有修改，请重新打印、盖章",
        ),
        task(
            "documents",
            "上传材料",
            "上传中",
            "on",
            true,
            "共 6 份，已上传 2 份",
        ),
        task(
            "confirm",
            "核对提交",
            "暂不能提交",
            "",
            false,
            "核对全部内容和图片，再提交",
        ),
    ];
    let page = apply::TasksPage {
        base: base("我的补助申请"),
        title: TITLE.to_owned(),
        closed: None,
        deadline: "2021年11月30日 24:00".to_owned(),
        places: "历下区总工会还剩 12 个名额".to_owned(),
        next: Some(tasks[2].clone()),
        tasks,
    };
    let html = render("tasks", &page);
    assert!(html.contains("尚未提交") && html.contains("继续：打印盖章"));
}

/// R-12: both notes of the source.
#[test]
fn unions() {
    let row = |name: &str, checked| union::Row {
        id: name.to_owned(),
        name: name.to_owned(),
        note: "",
        checked,
    };
    let names = [
        "历下区",
        "市中区",
        "槐荫区",
        "天桥区",
        "历城区",
        "长清区",
        "章丘区",
        "济阳县",
        "莱芜区",
    ];
    let districts = names
        .iter()
        .map(|n| row(&format!("{n}总工会"), *n == "历下区"))
        .collect();
    let page = union::UnionPage {
        base: base("选择工会"),
        current: Some("历下区总工会 › 解放路街道总工会".to_owned()),
        groups: vec![
            union::Group {
                label: "区县（含功能区）总工会",
                rows: districts,
            },
            union::Group {
                label: "产业、直属单位、企业集团工会",
                rows: vec![row("济南市医务工会", false)],
            },
        ],
        ..Default::default()
    };
    let html = render("union", &page);
    assert!(html.contains("请向单位所在工会咨询") && html.contains("可以到产业、直属单位工会名单中查找"));
    let page = union::UnionPage {
        parent: Some(union::Parent {
            id: "u1".to_owned(),
            name: "历下区总工会".to_owned(),
        }),
        errors: errors(&[("union", "请从列表中选择一项")]),
        ..page
    };
    assert!(render("union-below", &page).contains("历下区总工会的下级工会"));
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
    let page = print::PrintPage {
        base: base("打印申请表"),
        title: TITLE.to_owned(),
        union: "解放路街道总工会".to_owned(),
        draft: "9F3A21BC".to_owned(),
        version: 2,
        f: print::Filled::from(&good_form()),
        reviewers: ["解放路街道总工会", "历下区总工会", "济南市职工文化事业发展中心"]
            .map(str::to_owned)
            .to_vec(),
        in_wechat: true,
        address: "https://zgjy.example.org.cn".to_owned(),
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
    assert!(html.contains("文件有 4.2 MB") && html.contains("还有 <strong>4</strong> 份"));
    render("documents-done", &documents::DocumentsPage { left: 0, ..page });
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
    assert!(html.contains(r#"data-testid="submit" disabled"#));
}

fn progress_page() -> progress::ProgressPage {
    let line = |at: &str, what, by: &str, note: &str, tone| progress::Line {
        at: at.to_owned(),
        what,
        by: by.to_owned(),
        note: note.to_owned(),
        tone,
    };
    let step = |union: &str, state, tone| progress::StepView {
        union: union.to_owned(),
        state,
        tone,
    };
    progress::ProgressPage {
        base: base("申请进度"),
        title: TITLE.to_owned(),
        stamp: "7-0".to_owned(),
        state: "审核中",
        tone: "on",
        headline: "您的申请正在历下区总工会审核。".to_owned(),
        number: "JN21-7K3M-9QXW".to_owned(),
        place: "已占用 1 个名额".to_owned(),
        holder: Some(progress::Holder { union: "历下区总工会".to_owned(), since: "自 11月12日 15:20 起".to_owned() }),
        next: "接下来由各级工会逐级审核，2021年12月7日 24:00 前审完。有变化时会发消息通知您，也可以随时打开本页查看。".to_owned(),
        steps: vec![
            step("解放路街道总工会", "已通过", "ok"),
            step("历下区总工会", "审核中", "on"),
            step("济南市职工文化事业发展中心", "未开始", ""),
        ],
        timeline: vec![
            line("2021年11月12日 15:20", "审核通过，转入上一级", "解放路街道总工会", "", "now"),
            line("2021年11月11日 09:05", "已补正，重新提交", "", "", ""),
            line("2021年11月10日 16:41", "退回补正", "解放路街道总工会", "盖章的申请表拍得不清楚，请重新拍摄", "warn"),
            line("2021年11月10日 10:02", "提交成功，已占用名额", "", "", ""),
        ],
        can_withdraw: true,
        ..Default::default()
    }
}

/// R-18, R-20, R-22.
#[test]
fn progress_pages() {
    render("progress", &progress_page());
    let item = |name: &str, label, state, tone| progress::Item {
        name: name.to_owned(),
        label,
        link: "/apply/documents#doc-receipt".to_owned(),
        state,
        tone,
    };
    let correction = progress::CorrectionView {
        reason: "缴费凭证看不清金额，请重新拍摄；银行卡号与图片不一致".to_owned(),
        until: "2021年12月7日 24:00".to_owned(),
        items: vec![
            item("receipt", "学费缴费凭证", "需更换", "warn"),
            item("card", "本人工商银行卡号", "去修改", "on"),
        ],
    };
    let page = progress::ProgressPage {
        state: "退回补正",
        tone: "warn",
        correction: Some(correction),
        problem: "申请表修改过了，请重新打印、盖章并上传新的盖章申请表".to_owned(),
        ..progress_page()
    };
    let html = render("progress-returned", &page);
    assert!(
        html.contains("缴费凭证看不清金额") && html.contains("名额为您保留") && html.contains("重新提交")
    );
    assert!(html.contains("2021年12月7日 24:00"));
    render(
        "progress-none",
        &progress::NonePage {
            base: base("申请进度"),
            draft: true,
        },
    );
    let page = progress::WithdrawPage {
        base: base("撤回申请"),
        number: "JN21-7K3M-9QXW".to_owned(),
        holds_place: true,
    };
    assert!(render("withdraw", &page).contains("不能要回"));
    let page = me::MePage {
        base: base("我的账户"),
        name: "王小梅".to_owned(),
        phone: "138****8001".to_owned(),
        employer: "济南示范机械有限公司".to_owned(),
        ..Default::default()
    };
    render("me", &page);
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
