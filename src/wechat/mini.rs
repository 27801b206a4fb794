//! Mini-program: who logs in, their phone number, and whether a text may be shown.
//!
//! Source: WeChat, code2Session, getuserphonenumber, msgSecCheck (version 2), 开放数据校验. Uses a [`Client`] of the
//! mini-program's own AppID and secret.

use serde::{Deserialize, Deserializer, Serialize};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::client::Client;
use super::error::CallError;

/// Longest text [`Client::check_text`] takes, in characters.
pub const MAX_CHECKED: usize = 2500;
/// What the interface's first version answers for a text that must not be shown.
const RISKY: i64 = 87014;

/// What a login code is exchanged for.
#[derive(Clone, Deserialize)]
pub struct Session {
    /// The person's openid in this mini-program.
    pub openid: String,
    /// Signs what the phone sends ([`Session::verify_raw_data`]). Secret: never to the phone, never into a log.
    #[serde(deserialize_with = "secret")]
    pub session_key: Zeroizing<String>,
    /// The person's id across the accounts of one owner, if the mini-program belongs to one.
    #[serde(default)]
    pub unionid: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    /// Whether `signature` (of wx.getUserProfile and its like) is right for `raw_data`, as sent.
    #[must_use]
    pub fn verify_raw_data(&self, raw_data: &str, signature: &str) -> bool {
        let mut sha = Sha1::new();
        sha.update(raw_data.as_bytes());
        sha.update(self.session_key.as_bytes());
        let expected = hex::encode(sha.finalize());
        expected.as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// Says for which app and when something was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Watermark {
    /// AppID of the mini-program.
    pub appid: String,
    /// Unix time in seconds.
    pub timestamp: i64,
}

/// A phone number WeChat vouches for; personal data.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phone {
    /// With the country code if it is a foreign one.
    pub phone_number: String,
    /// Without the country code.
    pub pure_phone_number: String,
    /// `86`.
    pub country_code: String,
    /// Checked to name this mini-program.
    pub watermark: Watermark,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: Phone,
}

/// Where a checked text is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub enum TextScene {
    /// 资料.
    Profile,
    /// 评论.
    Comment,
    /// 论坛.
    Forum,
    /// 社交日志.
    Log,
}

impl From<TextScene> for u8 {
    fn from(scene: TextScene) -> u8 {
        match scene {
            TextScene::Profile => 1,
            TextScene::Comment => 2,
            TextScene::Forum => 3,
            TextScene::Log => 4,
        }
    }
}

/// What WeChat says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be shown.
    Pass,
    /// A person should look at it first.
    Review,
    /// It must not be shown.
    Risky,
}

/// Verdict on a text, with what WeChat finds in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// Whether it may be shown.
    pub verdict: Verdict,
    /// WeChat's number of the finding: 100 nothing, 10001 advertising, 20001 politics, 20002 pornography, 20003 abuse,
    /// 20006 crime, 20008 fraud, 20012 vulgarity, 20013 copyright, 21000 other; 0 if not told.
    pub label: i64,
}

#[derive(Serialize)]
struct TextRequest<'a> {
    version: u8,
    openid: &'a str,
    scene: TextScene,
    content: &'a str,
}

#[derive(Deserialize)]
struct TextAnswer {
    result: Option<TextResult>,
}

#[derive(Deserialize)]
struct TextResult {
    suggest: String,
    #[serde(default)]
    label: i64,
}

impl From<TextAnswer> for Checked {
    fn from(answer: TextAnswer) -> Self {
        let Some(result) = answer.result else {
            // The first version of the interface answers errcode 0 and nothing else.
            return Checked {
                verdict: Verdict::Pass,
                label: 0,
            };
        };
        let verdict = match result.suggest.as_str() {
            "pass" => Verdict::Pass,
            "risky" => Verdict::Risky,
            // "review", and whatever may come to be: better looked at than shown.
            _ => Verdict::Review,
        };
        Checked {
            verdict,
            label: result.label,
        }
    }
}

impl Client {
    /// Exchanges the code of wx.login; it works once. Errors: class `Login` (40029, 40163) means log in again, 40226
    /// (class `Recipient`) that WeChat thinks the person dangerous.
    pub async fn code_to_session(&self, code: &str) -> Result<Session, CallError> {
        let query = [("js_code", code), ("grant_type", "authorization_code")];
        self.get_with_secret("/sns/jscode2session", &query).await
    }

    /// The phone number for the code of a getPhoneNumber button (not that of wx.login); it works once. Errors:
    /// `Decode` if the answer is for another mini-program.
    pub async fn phone_number(&self, code: &str) -> Result<Phone, CallError> {
        let body = serde_json::json!({"code": code});
        let answer: PhoneAnswer = self.post("/wxa/business/getuserphonenumber", &body).await?;
        if answer.phone_info.watermark.appid != self.app_id() {
            return Err(CallError::Decode("水印中的 AppID 不是本小程序".to_owned()));
        }
        Ok(answer.phone_info)
    }

    /// Whether a text of somebody (who used the mini-program within two hours) may be shown. Errors: `Invalid` for an
    /// empty text or one of more than [`MAX_CHECKED`] characters, before calling.
    pub async fn check_text(&self, openid: &str, scene: TextScene, text: &str) -> Result<Checked, CallError> {
        if text.is_empty() || text.chars().count() > MAX_CHECKED {
            return Err(CallError::Invalid(format!(
                "待检测文本须为 1 至 {MAX_CHECKED} 字"
            )));
        }
        let body = TextRequest {
            version: 2,
            openid,
            scene,
            content: text,
        };
        match self.post::<TextAnswer>("/wxa/msg_sec_check", &body).await {
            Ok(answer) => Ok(answer.into()),
            Err(error) if error.code() == Some(RISKY) => Ok(Checked {
                verdict: Verdict::Risky,
                label: 0,
            }),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::testing::vectors;

    /// facts, Mini: the official example of 开放数据校验.
    #[test]
    fn official_raw_data_signature() {
        let v = &vectors()["miniprogram"][0];
        let s = |k: &str| v[k].as_str().unwrap();
        let session = Session {
            openid: "o1".into(),
            session_key: Zeroizing::new(s("session_key").into()),
            unionid: None,
        };
        assert!(session.verify_raw_data(s("rawData"), s("signature")));
        assert!(!session.verify_raw_data(&s("rawData").replace("Band", "Bend"), s("signature")));
        assert!(!session.verify_raw_data(s("rawData"), ""));
        assert!(!format!("{session:?}").contains("HyVF"));
    }

    #[test]
    fn verdicts() {
        let read = |json: &str| Checked::from(serde_json::from_str::<TextAnswer>(json).unwrap());
        for (suggest, verdict) in [
            ("pass", Verdict::Pass),
            ("review", Verdict::Review),
            ("risky", Verdict::Risky),
            ("unheard", Verdict::Review),
        ] {
            let json = format!(
                r#"{{"errcode":0,"result":{{"suggest":"{suggest}","label":20001}},"detail":[],"trace_id":"t"}}"#
            );
            assert_eq!(
                read(&json),
                Checked {
                    verdict,
                    label: 20001
                }
            );
        }
        assert_eq!(read(r#"{"errcode":0,"errmsg":"ok"}"#).verdict, Verdict::Pass);
        let body = TextRequest {
            version: 2,
            openid: "o1",
            scene: TextScene::Forum,
            content: "x",
        };
        let expected = serde_json::json!({"version": 2, "openid": "o1", "scene": 3, "content": "x"});
        assert_eq!(serde_json::to_value(body).unwrap(), expected);
    }
}
