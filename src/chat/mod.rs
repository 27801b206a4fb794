//! What the official account answers in its chat, and what WeChat's events change.

mod late;

pub use late::{LATE_JOB, OUTCOME_JOB, answer_late, defer};

use crate::account::{followers, workers};
use crate::app::App;
use crate::application::{self, progress};
use crate::error::Result;
use crate::kernel::refusal::HOTLINE;
use crate::union::binding::{self, Scanned};
use crate::wechat::{Inbound, Kind, Reply};

/// Does what a message or event asks for and gives the answer. Each of its changes is a transaction of its own: it
/// may be cut off between them and run again.
pub async fn handle(app: &App, message: &Inbound) -> Result<Reply> {
    match at_once(app, &message.kind) {
        Some(reply) => Ok(reply),
        // In a box, so that what is answered at once does not carry the room all these waits need.
        None => Box::pin(after_looking(app, message)).await,
    }
}

/// The answer that depends on nothing but the message: nearly every one.
fn at_once(app: &App, kind: &Kind) -> Option<Reply> {
    match kind {
        Kind::Text { content } if !content.contains("进度") => Some(Reply::text(welcome(app))),
        Kind::Click { key } if key == "HOTLINE" => Some(Reply::text(hotline())),
        Kind::Click { .. }
        | Kind::Image { .. }
        | Kind::Voice { .. }
        | Kind::Video { .. }
        | Kind::ShortVideo { .. }
        | Kind::Location { .. }
        | Kind::Link { .. } => Some(Reply::text(welcome(app))),
        _ => None,
    }
}

async fn after_looking(app: &App, message: &Inbound) -> Result<Reply> {
    let openid = &message.from;
    match &message.kind {
        Kind::Text { .. } => progress_of(app, openid).await,
        Kind::Subscribe { scene, .. } => {
            followers::set_following(app, openid, true, scene.as_deref()).await?;
            match scene {
                Some(scene) => scanned(app, openid, scene).await,
                None => Ok(Reply::text(welcome(app))),
            }
        }
        Kind::Unsubscribe => {
            followers::set_following(app, openid, false, None).await?;
            Ok(Reply::Success)
        }
        Kind::Scan { scene, .. } => scanned(app, openid, scene).await,
        Kind::TemplateSent { msg_id, status } => {
            late::note_outcome(app, msg_id, status).await?;
            Ok(Reply::Success)
        }
        Kind::AuthorizationRevoked { of, .. } | Kind::AuthorizationCancelled { of } => {
            binding::forget(app, &of.openid).await?;
            workers::forget_openid(app, &of.openid).await?;
            followers::forget(app, &of.openid).await?;
            Ok(Reply::Success)
        }
        _ => Ok(Reply::Success),
    }
}

/// "进度": the state of the sender's application, or the way to bind.
async fn progress_of(app: &App, openid: &str) -> Result<Reply> {
    let link = entrance(app, "/progress");
    let Some(worker) = workers::by_openid(app, openid).await? else {
        return Ok(Reply::text(format!(
            "您还没有绑定账号，<a href=\"{link}\">点这里登录后查看进度</a>。\n咨询热线 {HOTLINE}"
        )));
    };
    let Some(application) = application::latest_of(app, &worker.id).await? else {
        let apply = entrance(app, "/apply");
        return Ok(Reply::text(format!(
            "您还没有申请。<a href=\"{apply}\">职工补助申请</a>"
        )));
    };
    let progress = progress::of(app, application).await?;
    let mut line = format!("您的申请：{}", progress.application.state.label());
    if let Some(holder) = &progress.holder {
        line.push_str(&format!(
            "\n现在由{holder}办理，自{}起",
            progress.application.since.short_text()
        ));
    }
    if let Some(position) = progress.waiting_position {
        line.push_str(&format!("\n候补第 {position} 位"));
    }
    Ok(Reply::text(format!("{line}\n<a href=\"{link}\">查看详情</a>")))
}

/// A QR code was scanned: an officer's binds their WeChat, any other only greets.
async fn scanned(app: &App, openid: &str, scene: &str) -> Result<Reply> {
    Ok(Reply::text(match binding::scanned(app, scene, openid).await? {
        Scanned::Other => welcome(app),
        Scanned::Stale => "二维码已过期或已使用，请在电脑上刷新“我的账号”页面后重新扫描。".to_owned(),
        Scanned::Bound(officer) => {
            format!(
                "{}（{}），微信已绑定。有新的待审核申请时会在这里通知您。",
                officer.name, officer.union.name
            )
        }
    }))
}

fn entrance(app: &App, path: &str) -> String {
    app.link(&format!("/wechat/oauth/start?next={path}"))
}

fn welcome(app: &App) -> String {
    // One allocation: this is what nearly every message is answered with.
    let start = "/wechat/oauth/start?next=";
    let base = &app.config.http.public_url;
    format!(
        "欢迎来到求学圆梦行动！\n<a href=\"{base}{start}/apply\">职工补助申请</a>\n<a href=\"{base}{start}/progress\">进度查询</a>\n\
         回复“进度”也可查看申请进度。\n咨询热线 {HOTLINE}"
    )
}

fn hotline() -> String {
    format!("职工咨询服务热线：{HOTLINE}\n济南市“求学圆梦”职工教育运营中心为您解答报读、申请和审核中的问题。")
}
