//! "政策" or "通知" typed to the account: the latest three of 政策通知, each with its link.

use crate::app::App;
use crate::content::articles::{self, Head, Kind};
use crate::error::Result;
use crate::kernel::refusal::HOTLINE;
use crate::kernel::text;
use crate::wechat::Reply;

/// The words by which people ask for them.
const ASKED: &[&str] = &["政策", "通知", "政策通知", "最新政策", "最新通知", "公告", "文件"];
/// So many are told.
const LATEST: usize = 3;

/// Whether a text asks for the notices.
pub fn is_asked(content: &str) -> bool {
    let content = text::clean(content);
    let word = content.trim_matches(|c: char| "。，！？!?.“”\" ".contains(c));
    ASKED.contains(&word)
}

/// The answer: anybody may read them, so the links lead there without a sign-in.
pub async fn answer(app: &App) -> Result<Reply> {
    let heads = articles::latest(app, Kind::Policy, LATEST).await?;
    if heads.is_empty() {
        return Ok(Reply::text(format!(
            "目前还没有发布政策通知。有疑问请拨打 {HOTLINE}。"
        )));
    }
    let lines: Vec<String> = (1..).zip(&heads).map(|(no, head)| line(app, no, head)).collect();
    Ok(Reply::text(format!(
        "最新政策通知：\n{}\n<a href=\"{}\">全部政策通知</a>\n咨询热线 {HOTLINE}",
        lines.join("\n"),
        app.link(Kind::Policy.path())
    )))
}

fn line(app: &App, no: usize, head: &Head) -> String {
    // A title is text: WeChat reads marks in it as a link's.
    let title = head.title.replace('<', "＜").replace('>', "＞");
    let link = app.link(&head.path());
    format!(
        "{no}. <a href=\"{link}\">{title}</a>（{}）",
        head.publish_at.day_text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_ask_for_notices_in_a_word() {
        for text in ["政策", " 通知 ", "政策通知。", "“政策”", "最新通知！"] {
            assert!(is_asked(text), "{text}");
        }
        for text in ["我想问一下补助的政策", "进度", "报读 会计", "", "通知书"] {
            assert!(!is_asked(text), "{text}");
        }
    }
}
