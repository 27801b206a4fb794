//! Where a worker is signed in: the session holds a sign-in's id, the row here keeps it alive. Who deletes the row ends
//! the session wherever it is.

use super::{note, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::{DAY, HOUR};

crate::text_enum! {
    /// How somebody signed in.
    pub enum Way { Sms = "sms", Password = "password", Wechat = "wechat", App = "app", Mini = "mini" }
}

impl Way {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Way::Sms => "短信验证码登录",
            Way::Password => "密码登录",
            Way::Wechat => "微信登录",
            Way::App => "齐鲁工惠 APP 登录",
            Way::Mini => "小程序登录",
        }
    }
}

/// A sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Id, kept in the session; of no use outside one.
    pub id: String,
    /// How.
    pub way: Way,
    /// On what, in words.
    pub device: String,
    /// When.
    pub at: Time,
    /// When it was last used, to the hour.
    pub seen_at: Time,
}

/// A sign-in not used for so long is over: its session ended by itself.
pub const IDLE: i64 = 7 * DAY;
/// Use is written down no oftener than this.
const NOTED_EVERY: i64 = HOUR;

/// Begins a sign-in in place of the session's former one; gives its id.
pub async fn begin(
    app: &App,
    worker_id: &str,
    way: Way,
    device: &str,
    former: Option<&str>,
) -> Result<String> {
    let now = app.now();
    let new = SignIn {
        id: app.id(),
        way,
        device: device.to_owned(),
        at: now,
        seen_at: now,
    };
    let mut tx = app.db.write().await?;
    if let Some(former) = former {
        store::delete_sign_in(&mut tx, former, worker_id).await?;
    }
    store::delete_old_sign_ins(&mut tx, worker_id, now.plus(-IDLE)).await?;
    store::insert_sign_in(&mut tx, worker_id, &new).await?;
    note(app, &mut tx, worker_id, &format!("worker.sign_in_{way}")).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Whether a sign-in of this worker still holds; notes now and then that it is used.
pub async fn holds(app: &App, id: &str, worker_id: &str) -> Result<bool> {
    let Some(seen_at) = store::seen_at(app, id, worker_id).await? else {
        return Ok(false);
    };
    let now = app.now();
    if now.0 - seen_at.0 > NOTED_EVERY {
        let mut tx = app.db.write().await?;
        store::touch_sign_in(&mut tx, id, now).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// Those that hold, the last used first.
pub async fn of(app: &App, worker_id: &str) -> Result<Vec<SignIn>> {
    store::sign_ins_of(app, worker_id, app.now().plus(-IDLE)).await
}

/// Ends one.
pub async fn end(app: &App, worker_id: &str, id: &str) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::delete_sign_in(&mut tx, id, worker_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all but this one; gives how many.
pub async fn end_others(app: &App, worker_id: &str, keep: &str) -> Result<u64> {
    let mut tx = app.db.write().await?;
    let ended = store::delete_sign_ins(&mut tx, worker_id, keep).await?;
    note(app, &mut tx, worker_id, "worker.end_other_sign_ins").await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends all but one (all, for an empty `keep`) within the caller's transaction.
pub async fn end_within(tx: &mut Tx, worker_id: &str, keep: &str) -> Result<u64> {
    Ok(store::delete_sign_ins(tx, worker_id, keep).await?)
}
