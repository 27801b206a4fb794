//! The home page, the doors, and what comes before the form.

use super::super::{apply, articles, check, home, sign_in, sign_up, union, view};
use super::{TITLE, base, errors, render};
use view::{IntakeView, LEVELS, POSTS};

fn intake() -> IntakeView {
    IntakeView {
        title: TITLE.to_owned(),
        label: "2021年秋季批次".to_owned(),
        year: 2021,
        window: "2021年11月5日 至 2021年11月30日 24:00 截止".to_owned(),
        review: "至 2021年12月7日 24:00".to_owned(),
        grant: "1000 元".to_owned(),
        places_total: 3245,
        places_left: 1208,
        closed: None,
    }
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

fn line(title: &str) -> articles::Line {
    articles::Line {
        href: "/policies/plan-2021".to_owned(),
        title: title.to_owned(),
        summary: "摘要<b>".to_owned(),
        date: "2021年2月19日".to_owned(),
        pinned: true,
        sample: true,
    }
}

/// R-36, R-37: the entries, and the latest notices, for anybody.
#[test]
fn the_portal() {
    let mut page = home::HomePage {
        base: base("首页"),
        policies: vec![line("通知<script>")],
        articles: vec![line("资讯")],
        ..Default::default()
    };
    page.base.worker = false;
    page.base.at = "home".to_owned();
    let html = render("home-notices", &page);
    for entry in [
        "apply", "progress", "courses", "enrol", "policies", "stations", "places", "office",
    ] {
        assert!(html.contains(&format!("data-testid=\"menu-{entry}\"")), "{entry}");
    }
    for words in ["各级工会登录", "公益微课", "网站资讯", "通知&#60;script&#62;"] {
        assert!(html.contains(words), "{words}");
    }

    let list = articles::ListPage {
        base: base("政策通知"),
        heading: "政策通知",
        path: "/policies",
        lines: vec![line("通知")],
        years: vec![(2026, false), (2021, true)],
        one_year: true,
        next: Some("/policies?year=2021&page=2".to_owned()),
        page: 1,
        pages: 2,
        total: 16,
        ..Default::default()
    };
    let html = render("articles", &list);
    assert!(html.contains("year=2021&#38;page=2") && html.contains("摘要&#60;b&#62;"));
    render(
        "articles-empty",
        &articles::ListPage {
            base: base("资讯"),
            ..Default::default()
        },
    );

    let article = articles::ArticlePage {
        base: base("通知"),
        title: "\"><script>".to_owned(),
        html: "<p>正文</p>".to_owned(),
        files: vec![articles::FileLine {
            href: "/policies/a/files/1".to_owned(),
            name: "附件<1>.pdf".to_owned(),
            facts: "PDF，1 KB".to_owned(),
        }],
        ..Default::default()
    };
    let html = render("article", &article);
    assert!(html.contains("<p>正文</p>") && !html.contains("\"><script>"));
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
        checked: false,
    };
    render("apply-intro", &page);
    page.checked = true;
    assert!(!render("apply-checked", &page).contains("data-testid=\"check\""));
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
        ..Default::default()
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
    assert!(html.contains("历下、医务、公共交通"));
    assert!(html.contains("请向单位所在工会咨询") && html.contains("可以到产业、直属单位工会名单中查找"));
    let page = union::UnionPage {
        parent: Some(union::Parent {
            id: "u1".to_owned(),
            name: "历下区总工会".to_owned(),
        }),
        errors: errors(&[("union", "请从列表中选择一项")]),
        ..page
    };
    let html = render("union-below", &page);
    assert!(html.contains("历下区总工会的下级工会") && html.contains("placeholder=\"街道名称\""));
}
