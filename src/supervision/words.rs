//! Every act of the audit trail in plain words: one table. A test fails when an act is written anywhere in the source that
//! has no words here (tests/it/supervision).

/// Acts and their words, by what they are about.
pub const ACTS: &[(&str, &str)] = &[
    ("application.begin", "开始填写申请"),
    ("application.choose_union", "选择所在工会"),
    ("application.correct_form", "修改申请表"),
    ("application.tick_checks", "确认上传前的四项核对"),
    ("application.submitted", "提交申请，占用名额"),
    ("application.waitlisted", "提交申请，进入候补"),
    ("application.promoted", "候补转正"),
    ("application.passed", "审核通过，转入上一级"),
    ("application.approved", "审核全部通过"),
    ("application.returned", "退回补正"),
    ("application.resubmitted", "补正后重新提交"),
    ("application.rejected", "审核不予通过"),
    ("application.withdrawn", "撤回申请"),
    ("application.expired", "超过期限，申请失效"),
    ("application.recalled", "取回修改"),
    ("application.follow_tree", "随工会调整改变审核环节"),
    ("application.erase", "清除申请中的个人信息"),
    ("application.list", "查看申请列表"),
    ("application.read", "查看申请"),
    ("application.history", "查看申请的全部记录"),
    ("application.print", "下载申请表"),
    ("application.export", "导出申请列表"),
    ("document.upload", "上传材料"),
    ("document.remove", "删除材料"),
    ("document.read", "查看材料"),
    ("worker.register", "从“齐鲁工惠”进入并注册"),
    ("worker.sign_up", "注册账号"),
    ("worker.bind_wechat", "绑定微信"),
    ("worker.lose_wechat", "微信改绑到其他账号"),
    ("worker.forget_wechat", "解除微信绑定"),
    ("worker.bind_mini", "绑定小程序"),
    ("worker.link_app", "关联“齐鲁工惠”账号"),
    ("worker.verified", "完成实名认证"),
    ("worker.change_phone", "更换手机号"),
    ("worker.set_password", "设置密码"),
    ("worker.end_other_sign_ins", "退出其他设备"),
    ("worker.join", "合并账号"),
    ("worker.joined_into", "账号并入另一账号"),
    ("worker.leave", "注销账号"),
    ("officer.sign_in", "登录"),
    ("officer.add", "增加管理员"),
    ("officer.set_roles", "修改权限"),
    ("officer.deactivate", "停用管理员"),
    ("officer.bind_wechat", "绑定微信"),
    ("officer.unbind_wechat", "解除微信绑定"),
    ("officer.second_factor", "设置登录时微信扫码确认"),
    ("officer.change_password", "修改密码"),
    ("officer.reset_password", "用短信验证码重设密码"),
    ("officer.end_session", "退出一台设备"),
    ("officer.end_other_sessions", "退出其他设备"),
    ("officer.set_notices", "设置接收消息的方式"),
    ("notice.resend", "重发消息"),
    ("invitation.create", "生成入网邀请"),
    ("invitation.revoke", "作废入网邀请"),
    ("registration.file", "提交入网注册"),
    ("registration.read", "查看入网注册"),
    ("registration.approve", "批准入网"),
    ("registration.reject", "不批准入网"),
    ("union.add", "增加工会"),
    ("union.rename", "工会改名"),
    ("union.move", "调整上级工会"),
    ("union.close", "撤销工会"),
    ("campaign.create", "新建年度行动"),
    ("campaign.copy", "沿用上年建立年度"),
    ("campaign.edit", "修改年度标题和金额"),
    ("intake.dates", "修改批次日期"),
    ("funder.add", "增加资金来源"),
    ("funder.match", "设置单位配套"),
    ("funder.set", "修改资金来源"),
    ("quota.set", "设定名额"),
    ("quota.edit", "修改名额"),
    ("quota.import", "导入名额表"),
    ("transfer.propose", "提出名额调剂"),
    ("transfer.proposed", "提出名额调剂"),
    ("transfer.accept", "接受名额调剂"),
    ("transfer.accepted", "接受名额调剂"),
    ("transfer.refuse", "不接受名额调剂"),
    ("transfer.refused", "不接受名额调剂"),
    ("transfer.approve", "批准名额调剂"),
    ("transfer.approved", "批准名额调剂"),
    ("transfer.reject", "不批准名额调剂"),
    ("transfer.rejected", "不批准名额调剂"),
    ("transfer.withdraw", "撤回名额调剂"),
    ("transfer.withdrawn", "撤回名额调剂"),
    ("transfer.expired", "名额调剂过期"),
    ("audit.read", "查看操作记录"),
    ("audit.export", "导出操作记录"),
    ("board.export", "导出督查表"),
    ("refused", "操作被拒绝"),
];

/// The words for an act.
pub fn of(act: &str) -> Option<&'static str> {
    ACTS.iter()
        .find(|(name, _)| *name == act)
        .map(|(_, words)| *words)
}

/// What an act was done to.
pub fn subject(kind: &str) -> &str {
    match kind {
        "application" => "申请",
        "worker" => "职工",
        "officer" => "管理员",
        "union" => "工会",
        "invitation" => "入网邀请",
        "registration" => "入网注册",
        "campaign" => "年度行动",
        "quota" => "名额",
        "intake" => "批次",
        "transfer" => "名额调剂",
        "audit" => "操作记录",
        "notice" => "消息",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_act_stands_once_and_has_words() {
        for (i, (act, words)) in ACTS.iter().enumerate() {
            assert!(!words.is_empty());
            assert!(ACTS[i + 1..].iter().all(|(other, _)| other != act), "{act}");
        }
        assert_eq!(of("application.read"), Some("查看申请"));
        assert_eq!(of("application.nonsense"), None);
    }
}
