//! "进度" typed to the account: where the application stands, its place or waiting position, and a link.

use super::entrance;
use crate::account::workers;
use crate::app::App;
use crate::application::progress::{self, Progress};
use crate::application::{self, State};
use crate::error::Result;
use crate::kernel::refusal::HOTLINE;
use crate::wechat::Reply;

/// The words by which people ask for it.
const ASKED: &[&str] = &["进度", "查询", "查一下", "结果", "候补", "审核", "名额", "编号"];

/// Whether a text asks for the progress.
pub fn is_asked(text: &str) -> bool {
    ASKED.iter().any(|word| text.contains(word))
}

/// The answer to whoever asked.
pub async fn answer(app: &App, openid: &str) -> Result<Reply> {
    let link = entrance(app, "/progress");
    let Some(worker) = workers::by_openid(app, openid).await? else {
        return Ok(Reply::text(format!(
            "您的微信还没有绑定账号，查不到申请。\n<a href=\"{link}\">点这里用手机号登录</a>，登录后自动绑定，以后回复“进度”就能查看。\n咨询热线 {HOTLINE}"
        )));
    };
    let Some(application) = application::latest_of(app, &worker.id).await? else {
        let apply = entrance(app, "/apply");
        return Ok(Reply::text(format!(
            "您还没有申请。<a href=\"{apply}\">职工补助申请</a>"
        )));
    };
    let progress = progress::of(app, application).await?;
    let mut lines = told(&progress);
    let (path, words) = if progress.application.state.is_being_filled() {
        ("/apply", "继续填写并提交")
    } else {
        ("/progress", "查看详情")
    };
    lines.push(format!("<a href=\"{}\">{words}</a>", entrance(app, path)));
    Ok(Reply::text(lines.join("\n")))
}

fn told(progress: &Progress) -> Vec<String> {
    let application = &progress.application;
    let mut lines = vec![format!("您的申请：{}", application.state.label())];
    if let (Some(number), true) = (&application.number, application.submitted_at.is_some()) {
        lines.push(format!("申请编号 {number}"));
    }
    match (progress.waiting_position, application.state.holds_place()) {
        (Some(position), _) => lines.push(format!("候补第 {position} 位")),
        (None, true) => lines.push("已占用 1 个名额".to_owned()),
        (None, false) => {}
    }
    if let Some(holder) = &progress.holder {
        lines.push(format!(
            "现在由{holder}办理，自{}起",
            application.since.short_text()
        ));
    }
    let (apply, review) = (progress.intake.apply.until, progress.intake.review.until);
    match application.state {
        State::Returned => lines.push(format!("请在 {} 前补正并重新提交", review.deadline_text())),
        State::Recalled | State::RecalledWaiting => {
            lines.push(format!("请在 {} 前改好并重新提交", apply.deadline_text()));
        }
        State::InReview if progress.is_carried_over() => lines.push(progress.carried_over()),
        State::Expired => lines.push(progress.expired_for().to_owned()),
        State::Draft => lines.push(format!("请在 {} 前提交", apply.deadline_text())),
        _ => {}
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// in the words that people use.
    #[test]
    fn people_ask_in_their_own_words() {
        for text in [
            "进度",
            "查询",
            "查进度",
            "我的申请进度怎么样了",
            "审核结果",
            "候补第几",
        ] {
            assert!(is_asked(text), "{text}");
        }
        for text in ["你好", "怎么申请", ""] {
            assert!(!is_asked(text), "{text}");
        }
    }
}
