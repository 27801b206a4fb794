//! 网页授权: who is it that opened our page inside WeChat.
//!
//! Source: WeChat, 网页授权 (snsapi_base without a question, snsapi_userinfo with one). A code lives 5 minutes and
//! works once; exchange it once, then redirect to a URL without it (facts row 8). The state is the application's
//! one-time value and is never left out (facts row 9).

use serde::{Deserialize, Deserializer};
use url::form_urlencoded::byte_serialize;

use super::client::Client;
use super::error::CallError;

/// What the login asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only the openid, without asking the person.
    Base,
    /// Name, picture and unionid; WeChat asks the person.
    UserInfo,
}

impl Scope {
    /// WeChat's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Base => "snsapi_base",
            Scope::UserInfo => "snsapi_userinfo",
        }
    }
}

/// A state that WeChat would not carry: not 1 to 128 characters a-z A-Z 0-9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("state must be 1 to 128 letters and digits")]
pub struct BadState;

/// The page to send the person to. WeChat compares the order of the parameters, so it is fixed here.
/// `redirect_uri` is not yet encoded; its host must be set in the console (网页授权域名).
pub fn authorize_url(
    open_base: &str,
    app_id: &str,
    redirect_uri: &str,
    scope: Scope,
    state: &str,
) -> Result<String, BadState> {
    if state.is_empty() || state.len() > 128 || !state.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(BadState);
    }
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    Ok(format!(
        "{}/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={}&state={state}#wechat_redirect",
        open_base.trim_end_matches('/'),
        encode(app_id),
        encode(redirect_uri),
        scope.as_str(),
    ))
}

/// What a code is exchanged for.
#[derive(Clone, Deserialize)]
pub struct Login {
    /// The person's openid in this account; there before they follow it.
    pub openid: String,
    /// Token for [`Client::profile`]; secret, and not the account's own token.
    pub access_token: String,
    /// The granted scope.
    #[serde(default)]
    pub scope: String,
    /// The person's id across the accounts of one owner; only with [`Scope::UserInfo`].
    #[serde(default)]
    pub unionid: Option<String>,
    /// A virtual openid of WeChat's snapshot page (快照页): never bind an account to it.
    #[serde(default, deserialize_with = "flag")]
    pub is_snapshotuser: bool,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("scope", &self.scope)
            .field("is_snapshotuser", &self.is_snapshotuser)
            .finish_non_exhaustive()
    }
}

/// A person's own account of themselves; personal data.
#[derive(Clone, Deserialize)]
pub struct Profile {
    /// As in [`Login`].
    pub openid: String,
    /// The name they chose.
    #[serde(default)]
    pub nickname: String,
    /// URL of their picture; may be empty.
    #[serde(default)]
    pub headimgurl: String,
    /// As in [`Login`].
    #[serde(default)]
    pub unionid: Option<String>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(…)")
    }
}

/// WeChat writes flags as 0 and 1.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(i64::deserialize(deserializer)? != 0)
}

impl Client {
    /// [`authorize_url`] for this account.
    pub fn authorize_url(&self, redirect_uri: &str, scope: Scope, state: &str) -> Result<String, BadState> {
        authorize_url(self.open_base(), self.app_id(), redirect_uri, scope, state)
    }

    /// Exchanges the code. Errors of class `Login` (40029, 40163) mean: begin again, but not for ever.
    pub async fn exchange_code(&self, code: &str) -> Result<Login, CallError> {
        let query = [("code", code), ("grant_type", "authorization_code")];
        self.get_with_secret("/sns/oauth2/access_token", &query).await
    }

    /// Name and picture, after a login with [`Scope::UserInfo`].
    pub async fn profile(&self, login: &Login) -> Result<Profile, CallError> {
        let query = [
            ("access_token", login.access_token.as_str()),
            ("openid", login.openid.as_str()),
            ("lang", "zh_CN"),
        ];
        self.get_with("/sns/userinfo", &query).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts, OAuth: order of the parameters and the fragment.
    #[test]
    fn the_authorize_url_has_wechats_order() {
        let url = authorize_url(
            "https://open.weixin.qq.com",
            "wx1",
            "https://u.example.cn/wechat/oauth/callback?next=/apply",
            Scope::Base,
            "abc123",
        );
        assert_eq!(
            url.unwrap(),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=\
             https%3A%2F%2Fu.example.cn%2Fwechat%2Foauth%2Fcallback%3Fnext%3D%2Fapply\
             &response_type=code&scope=snsapi_base&state=abc123#wechat_redirect"
        );
    }

    /// facts row 9: the state is never left out.
    #[test]
    fn a_state_wechat_would_not_carry_is_refused() {
        for bad in ["", "a-b", "a b", "中", &"a".repeat(129)] {
            assert_eq!(
                authorize_url("https://o", "wx1", "https://x", Scope::UserInfo, bad),
                Err(BadState)
            );
        }
        assert!(authorize_url("https://o", "wx1", "https://x", Scope::UserInfo, &"a".repeat(128)).is_ok());
    }

    /// facts, OAuth: `is_snapshotuser=1` is kept; nothing secret is printed.
    #[test]
    fn snapshot_users_are_marked() {
        let json = r#"{"access_token":"SECRET","expires_in":7200,"refresh_token":"R","openid":"oX","scope":"snsapi_base","is_snapshotuser":1}"#;
        let login: Login = serde_json::from_str(json).unwrap();
        assert!(login.is_snapshotuser);
        assert!(!format!("{login:?}").contains("SECRET") && !format!("{login:?}").contains("oX"));
        let plain: Login = serde_json::from_str(r#"{"access_token":"a","openid":"o"}"#).unwrap();
        assert!(!plain.is_snapshotuser && plain.unionid.is_none());
    }
}
