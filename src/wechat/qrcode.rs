//! Parametric QR codes: whoever scans one is led to the account, and the callback tells its scene.
//!
//! Source: WeChat, 生成带参数二维码.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::CallError;

/// Longest life of a temporary code, in seconds (30 days).
pub const MAX_EXPIRE_S: u32 = 2_592_000;

/// What a code stands for; comes back as `EventKey`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// A number: not 0, and at most 100000 for a permanent code.
    Id(u32),
    /// A text of 1 to 64 characters.
    Text(String),
}

/// A code WeChat made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QrCode {
    /// Names the code; the callback repeats it.
    pub ticket: String,
    /// What the picture must contain: draw it yourself, or fetch it from mp.weixin.qq.com/cgi-bin/showqrcode?ticket=.
    pub url: String,
    /// Life in seconds; none for a permanent code.
    #[serde(default)]
    pub expire_seconds: Option<u32>,
}

fn check(scene: &Scene, permanent: bool) -> Result<(), CallError> {
    let problem = match scene {
        Scene::Id(0) => "场景值不能为 0",
        Scene::Id(id) if permanent && *id > 100_000 => "永久二维码的场景值不能超过 100000",
        Scene::Text(text) if !(1..=64).contains(&text.chars().count()) => "场景值须为 1 至 64 个字符",
        _ => return Ok(()),
    };
    Err(CallError::Invalid(problem.to_owned()))
}

fn body(scene: &Scene, permanent: bool) -> Value {
    let (number, text) = if permanent {
        ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")
    } else {
        ("QR_SCENE", "QR_STR_SCENE")
    };
    match scene {
        Scene::Id(id) => json!({"action_name": number, "action_info": {"scene": {"scene_id": id}}}),
        Scene::Text(s) => json!({"action_name": text, "action_info": {"scene": {"scene_str": s}}}),
    }
}

impl Client {
    /// A code that ends after `expire_s` seconds (1 to [`MAX_EXPIRE_S`]). Errors: `Invalid` before calling.
    pub async fn temporary_qr(&self, scene: &Scene, expire_s: u32) -> Result<QrCode, CallError> {
        check(scene, false)?;
        if !(1..=MAX_EXPIRE_S).contains(&expire_s) {
            return Err(CallError::Invalid("二维码有效期须为 1 秒至 30 天".to_owned()));
        }
        let mut body = body(scene, false);
        body["expire_seconds"] = expire_s.into();
        self.post("/cgi-bin/qrcode/create", &body).await
    }

    /// A code for ever; an account has 100,000 of them. Errors: `Invalid` before calling.
    pub async fn permanent_qr(&self, scene: &Scene) -> Result<QrCode, CallError> {
        check(scene, true)?;
        self.post("/cgi-bin/qrcode/create", &body(scene, true)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts, QR
    #[test]
    fn scenes_have_limits() {
        let text = |n: usize| Scene::Text("场".repeat(n));
        for (scene, temporary, permanent) in [
            (Scene::Id(0), false, false),
            (Scene::Id(1), true, true),
            (Scene::Id(100_000), true, true),
            (Scene::Id(100_001), true, false),
            (Scene::Id(u32::MAX), true, false),
            (text(0), false, false),
            (text(64), true, true),
            (text(65), false, false),
        ] {
            assert_eq!(check(&scene, false).is_ok(), temporary, "{scene:?}");
            assert_eq!(check(&scene, true).is_ok(), permanent, "{scene:?}");
        }
    }

    #[test]
    fn bodies_are_wechats() {
        assert_eq!(
            body(&Scene::Text("u7".into()), false),
            json!({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "u7"}}})
        );
        assert_eq!(
            body(&Scene::Id(7), true),
            json!({"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 7}}})
        );
    }
}
