//! Why a message did not go by a way, in words for officers. What is stored is for the operator: WeChat's own words and codes.

/// Signs in a stored note and what they mean; the first that is found counts.
const SIGNS: &[(&str, &str)] = &[
    ("43004", "对方没有关注“泉城工会”公众号"),
    ("43101", "对方没有授权或已关闭这类微信通知"),
    ("user block", "对方在微信里屏蔽了通知"),
    ("43019", "对方在微信里屏蔽了通知"),
    ("48002", "对方在微信里关闭了接收消息"),
    ("40003", "绑定的微信已失效"),
    ("system failed", "微信系统故障"),
    ("freq limit", "微信限制了发送频率"),
    ("45009", "公众号当天的发送量已用完"),
    ("45015", "对方太久没有和公众号互动"),
    ("45047", "对方太久没有和公众号互动"),
    ("no template id", "没有配置这类微信模板"),
    ("40037", "微信模板编号有误，请联系系统运维"),
    ("47003", "微信不接受消息内容，请联系系统运维"),
    ("48001", "公众号没有这项权限，请联系系统运维"),
    ("the account is closed", "职工已注销账号"),
    ("the recipient left", "管理员已不在任"),
    ("SMS gateway", "短信网关没有接收"),
    ("SMS went out is not known", "短信可能已发出，网关没有回应"),
    ("订阅通知 went out is not known", "微信没有回复是否发出"),
];

/// The reason in Chinese; empty for none.
pub fn words(note: &str) -> String {
    if note.is_empty() {
        return String::new();
    }
    let known = SIGNS.iter().find(|(sign, _)| note.contains(sign));
    known
        .map_or("其他原因，请联系系统运维", |(_, words)| words)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What WeChat and our own notes say has words; what is unknown has some, too.
    #[test]
    fn a_note_has_its_words() {
        assert_eq!(words(""), "");
        assert!(words("failed:user block").contains("屏蔽"));
        assert!(words("no template id is configured; 43101 user refuse").contains("没有授权"));
        assert!(words("the SMS gateway answers 502 Bad Gateway").contains("网关"));
        assert!(words("failed: something new").contains("运维"));
    }
}
