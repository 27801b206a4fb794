//! Text messages about the account itself, to a number that may no longer be the account's: kept sealed with the act,
//! sent by the outbox, deleted once they are sent.

use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Phone;
use crate::kernel::refusal::HOTLINE;
use crate::outbox;
use serde_json::json;

crate::text_enum! {
    /// What is told.
    pub enum Message {
        /// To the old number.
        PhoneChanged = "phone_changed",
        PasswordChanged = "password_changed",
        /// To the account whose WeChat went to another one.
        WechatMoved = "wechat_moved",
        /// To the number of the account that was joined into another.
        Joined = "joined",
        Left = "left",
    }
}

impl Message {
    /// The text, with what to do when it was not oneself.
    pub fn text(self) -> String {
        let (what, then) = match self {
            Message::PhoneChanged => ("您的求学圆梦账户已更换手机号，此号码不再用于登录", "立即拨打"),
            Message::PasswordChanged => (
                "您的求学圆梦账户密码已修改",
                "立即用短信验证码登录并重新设置密码，或拨打",
            ),
            Message::WechatMoved => (
                "您的微信已改为绑定另一个求学圆梦账户，本账户的审核消息改发短信",
                "拨打",
            ),
            Message::Joined => (
                "您的求学圆梦账户已与您的另一个账户合并，请用那个账户的手机号登录",
                "拨打",
            ),
            Message::Left => (
                "您的求学圆梦账户已注销，个人信息已按规定删除，此号码可以重新注册",
                "拨打",
            ),
        };
        format!("【泉城工会】{what}。如非本人操作，请{then} {HOTLINE}。")
    }
}

/// The outbox job that sends one; its payload is `{"message": account_messages.id}`.
pub const MESSAGE_JOB: &str = "account_message";

const PLACE: &str = "account_messages.phone";

/// Puts a message in line within the caller's transaction.
pub async fn enqueue(app: &App, tx: &mut Tx, phone: &Phone, message: Message) -> Result<()> {
    let id = app.id();
    let sealed = app.seal(PLACE, phone.digits());
    store::insert_message(tx, &id, &sealed, message.as_str(), app.now()).await?;
    outbox::enqueue(
        tx,
        &app.id(),
        MESSAGE_JOB,
        &json!({ "message": id }),
        app.now(),
        None,
    )
    .await?;
    Ok(())
}

/// Sends a message that still stands, and deletes it.
pub async fn send(app: &App, id: &str) -> Result<()> {
    let Some((sealed, message)) = store::message(app, id).await? else {
        return Ok(());
    };
    let phone = Phone::stored(app.sealer.open_text(PLACE, &sealed)?);
    let message = Message::parse(&message).ok_or_else(|| anyhow::anyhow!("an unknown account message"))?;
    app.sms.send(&phone, &message.text()).await?;
    let mut tx = app.db.write().await?;
    store::delete_message(&mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}
