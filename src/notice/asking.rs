//! 订阅通知 that a page may ask for inside WeChat. Asking is the page's, the popup WeChat's; what was allowed is told by
//! WeChat's event alone (`account::grants`).

use super::catalogue::TEMPLATES;
use crate::account::{followers, grants};
use crate::app::App;
use crate::error::Result;

/// What to ask of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// WeChat's id of the template.
    pub template_id: String,
    /// Its title, as the popup and the messages show it.
    pub title: &'static str,
    /// How many messages they have allowed already.
    pub granted: i64,
}

/// What to ask of who will be told so many more times by a template of ours; nothing when no id is configured, when
/// enough is allowed, or when a template message reaches them, which needs no grant and goes first.
pub async fn of(app: &App, openid: &str, template: &str, ahead: usize) -> Result<Option<Asking>> {
    let wechat = &app.config.wechat;
    let id = wechat.subscribe_templates.get(template);
    let title = TEMPLATES.iter().find(|(name, ..)| *name == template);
    let (Some(id), Some((_, title, _))) = (id, title) else {
        return Ok(None);
    };
    // A template message needs a follower.
    if wechat.templates.contains_key(template) && followers::is_following(app, openid).await? == Some(true) {
        return Ok(None);
    }
    let granted = grants::open(app, openid, id).await?;
    let enough = usize::try_from(granted).is_ok_and(|granted| granted >= ahead);
    Ok((!enough).then(|| Asking {
        template_id: id.clone(),
        title,
        granted,
    }))
}
