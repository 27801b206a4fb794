//! What the city publishes for everybody, signed in or not: 政策通知 and 网站资讯, service stations,
//! 公益微课 (ADRs 0030 and 0031). Kept by the city's administrators
//! ([`Act::ManageContent`](crate::union::rights::Act::ManageContent)).

pub mod articles;
pub mod courses;
pub mod courses_media;
pub mod courses_watched;
pub mod stations;
pub mod stations_import;
mod store;

use crate::app::App;
use crate::error::Result;
use crate::union::Officer;
use crate::union::rights::{self, Act};

/// [`NotAllowed`](crate::kernel::Refusal::NotAllowed) or [`NotFound`](crate::error::Error::NotFound) for whoever does not keep
/// what the city publishes.
pub async fn check_publishes(app: &App, officer: &Officer) -> Result<()> {
    rights::city(app, officer, Act::ManageContent).await.map(drop)
}
