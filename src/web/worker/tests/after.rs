//! After submission, and the account.

use super::super::{me, progress, withdraw};
use super::{TITLE, base, render};

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

/// 订阅通知 is asked for beside what the live page draws anew, hidden until WeChat's script is ready.
#[test]
fn subscriptions_are_asked_for() {
    let asking = crate::notice::asking::Asking {
        template_id: "tpl-1".to_owned(),
        title: "申请进度通知",
        granted: 1,
    };
    let page = progress::ProgressPage {
        ask: Some(progress::Ask {
            sdk: "https://zgjy.example.org.cn/jweixin.js".to_owned(),
            asking,
            ahead: 3,
        }),
        ..progress_page()
    };
    let html = render("progress-ask", &page);
    let (live, ask) = html.split_once("id=\"ask\"").unwrap();
    assert!(live.contains("jweixin.js") && live.ends_with("</div>\n<section class=\"card\" "));
    assert!(ask.starts_with(" data-template=\"tpl-1\" data-granted=\"1\" data-testid=\"ask\" hidden>"));
    assert!(ask.contains("<strong>3</strong>") && ask.contains("您已允许 1 条"));
    let plain = render("progress", &progress_page());
    assert!(!plain.contains("id=\"ask\"") && !plain.contains("subscribe.js"));
}

///
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
    let page = withdraw::WithdrawPage {
        base: base("撤回申请"),
        number: "JN21-7K3M-9QXW".to_owned(),
        holds_place: true,
    };
    let html = render("withdraw", &page);
    for part in [
        "不能要回",
        "可以重新申请",
        "申请表的内容会带过来",
        "材料要重新上传",
        "重新排队",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let page = me::MePage {
        base: base("我的账户"),
        name: "王小梅".to_owned(),
        phone: "138****8001".to_owned(),
        employer: "济南示范机械有限公司".to_owned(),
        ..Default::default()
    };
    render("me", &page);
}
