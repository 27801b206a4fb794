//! What WeChat tells about followers.
//!
//! Source: WeChat, 获取用户基本信息(UnionID机制), 获取用户列表. Names and pictures are no longer given here since 2021-12-27.

use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use super::error::CallError;
use super::oauth::flag;

/// One person as the account sees them; personal data.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// Whether they follow the account; if not, nothing else is told.
    #[serde(deserialize_with = "flag")]
    pub subscribe: bool,
    /// Their openid.
    pub openid: String,
    /// Their id across the accounts of one owner, if the account belongs to one.
    #[serde(default)]
    pub unionid: Option<String>,
    /// Unix time in seconds of the last follow.
    #[serde(default)]
    pub subscribe_time: Option<i64>,
    /// How they came to follow (ADD_SCENE_QR_CODE, …).
    #[serde(default)]
    pub subscribe_scene: Option<String>,
    /// Scene of the QR code they came by, when it was a text.
    #[serde(default)]
    pub qr_scene_str: Option<String>,
    /// The operator's remark.
    #[serde(default)]
    pub remark: Option<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("subscribe", &self.subscribe)
            .finish_non_exhaustive()
    }
}

/// Most openids in one call of [`Client::users`].
pub const MAX_BATCH: usize = 100;

#[derive(Deserialize)]
struct Batch {
    user_info_list: Vec<User>,
}

/// Up to 10,000 followers, the oldest first.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowerPage {
    /// Number of all followers.
    pub total: u64,
    /// Their openids.
    pub openids: Vec<String>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

impl std::fmt::Debug for FollowerPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowerPage")
            .field("total", &self.total)
            .field("count", &self.openids.len())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct ListAnswer {
    total: u64,
    #[serde(default)]
    data: ListData,
    #[serde(default)]
    next_openid: String,
}

#[derive(Default, Deserialize)]
struct ListData {
    #[serde(default)]
    openid: Vec<String>,
}

impl From<ListAnswer> for FollowerPage {
    fn from(answer: ListAnswer) -> Self {
        let openids = answer.data.openid;
        // WeChat names the last openid as the next even on the last page, which is followed by an empty one.
        let next = Some(answer.next_openid).filter(|next| !next.is_empty() && !openids.is_empty());
        FollowerPage {
            total: answer.total,
            openids,
            next,
        }
    }
}

impl Client {
    /// Many people by openid, [`MAX_BATCH`] at a time. WeChat promises no order: tell them apart by their openid.
    pub async fn users(&self, openids: &[impl AsRef<str> + Sync]) -> Result<Vec<User>, CallError> {
        let mut users = Vec::with_capacity(openids.len());
        for some in openids.chunks(MAX_BATCH) {
            let list: Vec<_> = some
                .iter()
                .map(|openid| json!({"openid": openid.as_ref(), "lang": "zh_CN"}))
                .collect();
            let body = json!({"user_list": list});
            let batch: Batch = self.post("/cgi-bin/user/info/batchget", &body).await?;
            users.extend(batch.user_info_list);
        }
        Ok(users)
    }

    /// A page of followers, beginning after `next` (of the page before), or at the first.
    pub async fn followers(&self, next: Option<&str>) -> Result<FollowerPage, CallError> {
        let answer: ListAnswer = match next {
            Some(openid) => self.get("/cgi-bin/user/get", &[("next_openid", openid)]).await?,
            None => self.get("/cgi-bin/user/get", &[]).await?,
        };
        Ok(answer.into())
    }

    /// One person by openid.
    pub async fn user(&self, openid: &str) -> Result<User, CallError> {
        self.get("/cgi-bin/user/info", &[("openid", openid), ("lang", "zh_CN")])
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn followers_and_others() {
        let other: User = serde_json::from_str(r#"{"subscribe":0,"openid":"o2"}"#).unwrap();
        assert!(!other.subscribe && other.subscribe_time.is_none());
        let json = r#"{"subscribe":1,"openid":"o1","language":"zh_CN","subscribe_time":1382694957,"unionid":"u",
            "remark":"","groupid":0,"tagid_list":[],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":0,"qr_scene_str":"u7"}"#;
        let follower: User = serde_json::from_str(json).unwrap();
        assert_eq!(follower.qr_scene_str.as_deref(), Some("u7"));
        assert!(!format!("{follower:?}").contains("o1"));
    }

    /// 获取用户列表: the last page names its last openid as the next, or nothing.
    #[test]
    fn pages_of_followers() {
        let page = |json: &str| FollowerPage::from(serde_json::from_str::<ListAnswer>(json).unwrap());
        let first = page(r#"{"total":3,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}"#);
        assert_eq!(
            (first.total, first.openids.len(), first.next.as_deref()),
            (3, 2, Some("o2"))
        );
        assert!(!format!("{first:?}").contains("o1"));
        assert_eq!(page(r#"{"total":3,"count":0,"next_openid":""}"#).next, None);
        assert_eq!(
            page(r#"{"total":3,"count":0,"data":{"openid":[]},"next_openid":"o3"}"#).next,
            None
        );
    }
}
