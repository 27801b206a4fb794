//! JS-SDK: the signed configuration a page needs for `wx.config`.
//!
//! Source: WeChat, JS-SDK 说明文档, appendix 1. The page sends its own `location.href`; a URL put together from Host
//! or proxy headers does not match what the phone sees (facts row 10).

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use url::Url;

use super::client::{Client, Link};
use super::error::CallError;
use super::token::{Fetched, TokenFetch};

/// Why a page gets no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageUrlError {
    /// It is no absolute http or https URL, or names a user.
    #[error("页面地址不正确")]
    Malformed,
    /// Its host is not on the list: a signature would let a foreign page act in our name.
    #[error("页面域名不在允许范围内")]
    Host,
}

/// The URL to sign: `href` without the fragment, otherwise untouched, if its host is one of `hosts`
/// (`u.example.cn`, or `u.example.cn:8443` for another port).
pub fn page_url<'a>(href: &'a str, hosts: &[impl AsRef<str>]) -> Result<&'a str, PageUrlError> {
    let bare = href.split('#').next().unwrap_or_default();
    // Parsing forgives what the browser would have escaped; such a text is not what the phone compares.
    if bare.is_empty()
        || bare
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err(PageUrlError::Malformed);
    }
    let url = Url::parse(bare).map_err(|_| PageUrlError::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(PageUrlError::Malformed);
    }
    let host = url.host_str().ok_or(PageUrlError::Malformed)?;
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    if hosts
        .iter()
        .any(|allowed| allowed.as_ref().eq_ignore_ascii_case(&host))
    {
        Ok(bare)
    } else {
        Err(PageUrlError::Host)
    }
}

/// The signature: lower-case hex SHA-1 over ticket, nonce, timestamp and URL, none of them escaped.
pub fn signature(ticket: &str, nonce: &str, timestamp_s: i64, url: &str) -> String {
    let text = format!("jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp_s}&url={url}");
    hex::encode(Sha1::digest(text.as_bytes()))
}

/// What goes into `wx.config`, in the names it has there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsConfig {
    /// AppID of the account.
    pub app_id: String,
    /// Unix time in seconds.
    pub timestamp: i64,
    /// Random text.
    pub nonce_str: String,
    /// See [`signature`].
    pub signature: String,
}

/// Asks WeChat for the jsapi_ticket.
pub(super) struct TicketFetch(pub(super) Arc<Link>);

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
    expires_in: i64,
}

#[async_trait]
impl TokenFetch for TicketFetch {
    async fn fetch(&self) -> Result<Fetched, CallError> {
        let answer: Ticket = self
            .0
            .get("/cgi-bin/ticket/getticket", &[("type", "jsapi")])
            .await?;
        Ok(Fetched {
            value: answer.ticket,
            expires_in_s: answer.expires_in,
        })
    }
}

impl Client {
    /// The configuration for the page at `href` (its own `location.href`). `hosts` are the configured JS 接口安全域名,
    /// `nonce` is any random text. Errors: `Invalid` for a page that is not ours; else those of a call.
    pub async fn js_config(
        &self,
        href: &str,
        hosts: &[impl AsRef<str> + Sync],
        now_s: i64,
        nonce: &str,
    ) -> Result<JsConfig, CallError> {
        let url = page_url(href, hosts).map_err(|error| CallError::Invalid(error.to_string()))?;
        let ticket = self.tickets().token().await?;
        Ok(JsConfig {
            app_id: self.app_id().to_owned(),
            timestamp: now_s,
            nonce_str: nonce.to_owned(),
            signature: signature(&ticket, nonce, now_s, url),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::testing::vectors;

    /// facts, JS-SDK: the official example.
    #[test]
    fn official_signature() {
        let v = &vectors()["jssdk"][0];
        let s = |k: &str| v[k].as_str().unwrap();
        let timestamp = s("timestamp").parse().unwrap();
        assert_eq!(
            signature(s("jsapi_ticket"), s("noncestr"), timestamp, s("url")),
            s("signature")
        );
    }

    /// facts row 10: only the fragment is cut; the rest is signed as the phone sees it.
    #[test]
    fn only_the_fragment_is_cut() {
        let hosts = ["u.example.cn"];
        for (href, url) in [
            (
                "https://u.example.cn/a?b=1&c=%E4%B8%AD#/x#y",
                "https://u.example.cn/a?b=1&c=%E4%B8%AD",
            ),
            ("https://u.example.cn", "https://u.example.cn"),
            ("https://U.example.cn/?q=中", "https://U.example.cn/?q=中"),
            ("http://u.example.cn/%2f../", "http://u.example.cn/%2f../"),
        ] {
            assert_eq!(page_url(href, &hosts), Ok(url));
        }
    }

    /// facts row 10: host allow-list.
    #[test]
    fn foreign_pages_get_no_signature() {
        let hosts = ["u.example.cn", "127.0.0.1:8080"];
        assert!(page_url("http://127.0.0.1:8080/", &hosts).is_ok());
        for foreign in [
            "https://evil.cn/",
            "https://u.example.cn.evil.cn/",
            "https://evil.cn/?u.example.cn",
            "https://u.example.cn:8443/",
            "http://127.0.0.1/",
            "https://u.example.cn./",
        ] {
            assert_eq!(page_url(foreign, &hosts), Err(PageUrlError::Host), "{foreign}");
        }
        for bad in [
            "",
            "#x",
            "/a",
            "javascript:alert(1)",
            "https://u.example.cn@evil.cn/",
            "https://a:b@u.example.cn/",
            "https://u.example.cn\\@evil.cn/",
            "https://u.example.cn/a b",
            "https://u.example.cn/\n",
            "ftp://u.example.cn/",
        ] {
            assert_eq!(page_url(bad, &hosts), Err(PageUrlError::Malformed), "{bad}");
        }
        assert_eq!(
            page_url("https://u.example.cn/", &[] as &[&str]),
            Err(PageUrlError::Host)
        );
    }

    #[test]
    fn the_names_are_those_of_wx_config() {
        let config = JsConfig {
            app_id: "wx1".into(),
            timestamp: 1,
            nonce_str: "n".into(),
            signature: "s".into(),
        };
        let expected = serde_json::json!({"appId": "wx1", "timestamp": 1, "nonceStr": "n", "signature": "s"});
        assert_eq!(serde_json::to_value(config).unwrap(), expected);
    }
}
