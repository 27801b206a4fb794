//! What the official account answers in its chat, and what WeChat's events change.

mod courses;
mod help;
mod late;
mod notices;
mod status;

pub use courses::{answer as courses_answer, asked as courses_asked};
pub use late::{ANSWER_JOB, LATE_JOB, OUTCOME_JOB, SUBSCRIBE_JOB, answer_late, defer, send_answer};

use crate::account::{followers, grants, workers};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::refusal::HOTLINE;
use crate::union::binding::{self, Scanned};
use crate::union::invitations::{self, Invitation};
use crate::wechat::reply::Article;
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
        Kind::Text { content } if !is_asked(content) => Some(Reply::text(match help::asked(content) {
            Some(topic) => help::answer(app, topic),
            None => welcome(app),
        })),
        Kind::Click { key } if key == "HOTLINE" => Some(Reply::text(help::hotline(app))),
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

/// Whether the answer to a text has to be looked up.
fn is_asked(content: &str) -> bool {
    status::is_asked(content) || courses::asked(content).is_some() || notices::is_asked(content)
}

async fn after_looking(app: &App, message: &Inbound) -> Result<Reply> {
    let openid = &message.from;
    let at = Time(message.create_time.saturating_mul(1000));
    match &message.kind {
        Kind::Text { content } => match courses::asked(content) {
            Some(words) => courses::answer(app, &words).await,
            None if notices::is_asked(content) => notices::answer(app).await,
            None => status::answer(app, openid).await,
        },
        Kind::Subscribe { scene, .. } => {
            followers::set_following(app, openid, true, scene.as_deref(), at).await?;
            match scene {
                Some(scene) => scanned(app, openid, scene).await,
                None => Ok(Reply::text(welcome(app))),
            }
        }
        Kind::Unsubscribe => {
            followers::set_following(app, openid, false, None, at).await?;
            Ok(Reply::Success)
        }
        Kind::Scan { scene, .. } => scanned(app, openid, scene).await,
        Kind::TemplateSent { msg_id, status } => {
            late::note_outcome(app, msg_id, status).await?;
            Ok(Reply::Success)
        }
        Kind::SubscribePopup { grants } | Kind::SubscribeChange { grants } => {
            let cause = message.dedup_key(app.wechat.app_id());
            if matches!(message.kind, Kind::SubscribePopup { .. }) {
                grants::answered(app, openid, &cause, at, grants).await?;
            } else {
                grants::changed(app, openid, &cause, at, grants).await?;
            }
            Ok(Reply::Success)
        }
        Kind::SubscribeSent { results } => {
            late::note_subscriptions(app, openid, results).await?;
            Ok(Reply::Success)
        }
        Kind::AuthorizationRevoked { of, .. } | Kind::AuthorizationCancelled { of } => {
            binding::forget(app, &of.openid).await?;
            workers::forget_openid(app, &of.openid).await?;
            followers::forget(app, &of.openid).await?;
            grants::forget(app, &of.openid).await?;
            Ok(Reply::Success)
        }
        _ => Ok(Reply::Success),
    }
}

/// A QR code was scanned: a union's invitation leads to its registration, an officer's binds their WeChat or lets
/// them in, any other only greets.
async fn scanned(app: &App, openid: &str, scene: &str) -> Result<Reply> {
    match invitations::scanned(app, scene, openid).await? {
        invitations::Scanned::Other => {}
        invitations::Scanned::Open(invitation, path) => return Ok(invited(app, &invitation, &path)),
        invitations::Scanned::Closed(invitation, refusal) => {
            let union = &invitation.union.name;
            return Ok(Reply::text(format!(
                "{}。请联系{union}的{}重新邀请。\n咨询热线 {HOTLINE}",
                refusal.text(),
                invitation.by
            )));
        }
    }
    Ok(Reply::text(match binding::scanned(app, scene, openid).await? {
        Scanned::Other => welcome(app),
        Scanned::Stale => "二维码已过期或已使用，请在电脑上刷新页面后重新扫描。".to_owned(),
        Scanned::Bound(officer) => {
            format!(
                "{}（{}），微信已绑定。有新的待审核申请时会在这里通知您。",
                officer.name, officer.union.name
            )
        }
        Scanned::Taken => {
            "这个微信正用于另一个管理员账号的登录验证，没有绑定。请先在那个账号里关闭微信验证。".to_owned()
        }
        Scanned::Entered(officer) => {
            format!(
                "{}（{}），验证通过，请回到电脑继续。",
                officer.name, officer.union.name
            )
        }
        Scanned::NotTheirs => "这不是该账号绑定的微信，不能登录。如不是您本人操作，请不要再扫。".to_owned(),
    }))
}

fn invited(app: &App, invitation: &Invitation, path: &str) -> Reply {
    let article = Article {
        title: "工会入网注册".to_owned(),
        description: format!(
            "{}邀请您的工会入网（{}）。点这里填写注册信息，{} 前有效。链接只供您本人使用。",
            invitation.union.name,
            invitation.kind.label(),
            invitation.expires_at.minute_text()
        ),
        pic_url: String::new(),
        url: app.link(path),
    };
    Reply::News {
        articles: vec![article],
    }
}

fn entrance(app: &App, path: &str) -> String {
    app.link(&format!("/wechat/oauth/start?next={path}"))
}

fn welcome(app: &App) -> String {
    // One allocation: this is what nearly every message is answered with.
    let start = "/wechat/oauth/start?next=";
    let base = &app.config.http.public_url;
    format!(
        "欢迎来到求学圆梦行动！\n<a href=\"{base}{start}/apply\">职工补助申请</a>\n<a href=\"{base}{start}/enrol\">职工选学报读</a>\n<a href=\"{base}{start}/progress\">进度查询</a>\n\
         回复“进度”也可查看申请进度，回复“报读 会计”可找专业，回复“政策”可看最新通知。\n咨询热线 {HOTLINE}"
    )
}
