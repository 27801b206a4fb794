//! 用户标签: groups of followers, which conditional menus can be for.
//!
//! Source: WeChat, 用户标签管理. An account has at most 100 tags, a person at most 20.

use serde::Deserialize;
use serde_json::json;

use super::client::{Client, Done};
use super::error::CallError;

/// Longest name, in characters.
pub const MAX_NAME: usize = 30;
/// Most openids in one call.
pub const MAX_BATCH: usize = 50;

/// One tag.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tag {
    /// WeChat's number of it, for [`MatchRule`](super::menu::MatchRule).
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many followers have it; 0 for a new one.
    #[serde(default)]
    pub count: u64,
}

#[derive(Deserialize)]
struct Created {
    tag: Tag,
}

#[derive(Deserialize)]
struct All {
    tags: Vec<Tag>,
}

impl Client {
    /// Makes a tag. Errors: `Invalid` for a name that is empty or too long, before calling; 45157 if there is one of
    /// this name.
    pub async fn create_tag(&self, name: &str) -> Result<Tag, CallError> {
        if name.trim().is_empty() || name.chars().count() > MAX_NAME {
            return Err(CallError::Invalid(format!("标签名须为 1 至 {MAX_NAME} 字")));
        }
        let body = json!({"tag": {"name": name}});
        let created: Created = self.post("/cgi-bin/tags/create", &body).await?;
        Ok(created.tag)
    }

    /// All tags of the account.
    pub async fn tags(&self) -> Result<Vec<Tag>, CallError> {
        let all: All = self.get("/cgi-bin/tags/get", &[]).await?;
        Ok(all.tags)
    }

    /// Takes a tag away. Errors: 45057 if more than 100,000 people have it.
    pub async fn delete_tag(&self, id: i64) -> Result<(), CallError> {
        let body = json!({"tag": {"id": id}});
        self.post::<Done>("/cgi-bin/tags/delete", &body).await.map(|_| ())
    }

    /// Gives followers a tag, [`MAX_BATCH`] at a time.
    pub async fn tag_users(&self, id: i64, openids: &[impl AsRef<str> + Sync]) -> Result<(), CallError> {
        self.tag_batches("/cgi-bin/tags/members/batchtagging", id, openids)
            .await
    }

    /// Takes a tag from followers, [`MAX_BATCH`] at a time.
    pub async fn untag_users(&self, id: i64, openids: &[impl AsRef<str> + Sync]) -> Result<(), CallError> {
        self.tag_batches("/cgi-bin/tags/members/batchuntagging", id, openids)
            .await
    }

    async fn tag_batches(
        &self,
        path: &str,
        id: i64,
        openids: &[impl AsRef<str> + Sync],
    ) -> Result<(), CallError> {
        for some in openids.chunks(MAX_BATCH) {
            let list: Vec<_> = some.iter().map(AsRef::as_ref).collect();
            let body = json!({"openid_list": list, "tagid": id});
            self.post::<Done>(path, &body).await?;
        }
        Ok(())
    }
}
