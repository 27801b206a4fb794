//! Who someone is: workers, the slider and SMS code that prove a phone, passwords, the APP's ticket, WeChat binding,
//! where they are signed in. What concerns their applications too (joining two accounts,
//! leaving) stands in `application`.

pub mod app_door;
pub mod app_ticket;
pub mod change_phone;
pub mod followers;
pub mod grants;
pub mod identity;
pub mod merging;
pub mod messages;
pub mod mini;
pub mod passwords;
pub mod profile;
pub mod registration;
pub mod sign_ins;
pub mod slider;
pub mod sms_code;
mod store;
pub mod throttle;
pub mod watched;
pub mod workers;

pub use profile::Profile;
pub use workers::Worker;

use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use serde_json::json;

/// A line of the trail about a worker's own act on the account, within its transaction.
async fn note(app: &App, tx: &mut Tx, worker_id: &str, act: &str) -> sqlx::Result<()> {
    let actor = Actor::Worker(worker_id.to_owned());
    let line = Line {
        actor: &actor,
        act,
        subject: ("worker", worker_id),
        detail: json!({}),
    };
    audit::record(tx, &app.entropy, app.now(), line).await
}
