//! What WeChat tells about a follower.
//!
//! Source: WeChat, 获取用户基本信息(UnionID机制). Names and pictures are no longer given here since 2021-12-27.

use serde::Deserialize;

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

impl Client {
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
}
