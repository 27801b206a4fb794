//! The six-digit code that proves a phone: sent after the slider, throttled, ended by five mistakes.

use super::{slider, throttle};
use crate::app::App;
use crate::error::Result;
use crate::kernel::time::{MINUTE, SECOND};
use crate::kernel::{Phone, Refusal, Time, code};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// A code holds this long.
pub const VALID: i64 = 5 * MINUTE;
/// Between two codes to one phone.
pub const GAP: i64 = 60 * SECOND;
/// So many wrong codes end a code.
pub const MISTAKES: u64 = 5;

/// Sends a code: the slider's pass is used up, the limits hold, then the message goes out.
///
/// Errors: [`Refusal::SliderMissing`], [`Refusal::SliderFailed`], [`Refusal::SmsTooSoon`], [`Refusal::SmsTooMany`],
/// [`Refusal::SmsFailed`].
pub async fn send(app: &App, phone: &Phone, address: &str, pass: &str) -> Result<()> {
    slider::use_pass(app, pass).await?;
    let who = app.phone_index(phone);
    let gap = Duration::from_millis(GAP as u64);
    if !app.cache.set_new(&format!("sms-gap:{who}"), "", gap).await? {
        let left = app
            .cache
            .remaining(&format!("sms-gap:{who}"))
            .await?
            .unwrap_or(gap);
        return Err(Refusal::SmsTooSoon {
            wait_s: left.as_secs() + 1,
        }
        .into());
    }
    throttle::check(app, &throttle::SMS_PER_PHONE, &who, Refusal::SmsTooMany).await?;
    throttle::check(app, &throttle::SMS_PER_ADDRESS, address, Refusal::SmsTooMany).await?;
    throttle::check(app, &throttle::sms_per_day(app), "all", Refusal::SmsTooMany).await?;

    let code = code::sms_code(app.entropy.bytes());
    app.cache.delete(&format!("sms-wrong:{who}")).await?;
    let value = format!("{}:{}", app.now().0, app.sealer.index("sms_code", &code));
    app.cache
        .set(
            &format!("sms-code:{who}"),
            &value,
            Duration::from_millis(VALID as u64),
        )
        .await?;
    let text = format!("【泉城工会】验证码 {code}，5 分钟内有效。您正在登录求学圆梦，请勿把验证码告诉他人。");
    if let Err(error) = app.sms.send(phone, &text).await {
        tracing::error!(error = format!("{error:#}"), "a code could not be sent");
        app.cache.delete(&format!("sms-gap:{who}")).await?;
        return Err(Refusal::SmsFailed.into());
    }
    Ok(())
}

/// Checks a code and uses it up.
///
/// Errors: [`Refusal::SmsCodeNone`] for expired or used, [`Refusal::SmsCodeWrong`] with the tries left,
/// [`Refusal::SmsCodeEnded`] after five mistakes.
pub async fn check(app: &App, phone: &Phone, typed: &str) -> Result<()> {
    let who = app.phone_index(phone);
    let key = format!("sms-code:{who}");
    let stored = app.cache.get(&key).await?;
    let stored = stored.as_deref().and_then(|value| value.split_once(':'));
    let Some((sent_at, expected)) = stored.and_then(|(at, hash)| Some((Time(at.parse().ok()?), hash))) else {
        return Err(Refusal::SmsCodeNone.into());
    };
    if app.now().0 > sent_at.0 + VALID {
        return Err(Refusal::SmsCodeNone.into());
    }
    // Counted before it is looked at: guesses that come at the same moment are bounded too.
    let window = Duration::from_millis(VALID as u64);
    let tries = app.cache.count(&format!("sms-wrong:{who}"), window).await?;
    let typed = app.sealer.index("sms_code", &crate::kernel::text::digits(typed));
    if tries > MISTAKES || !bool::from(typed.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(wrong(app, &key, tries).await?.into());
    }
    // Whoever takes the code away is the one who used it: two requests with one code make one sign-in.
    match app.cache.take(&key).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::SmsCodeNone.into()),
    }
}

async fn wrong(app: &App, key: &str, tries: u64) -> Result<Refusal> {
    if tries >= MISTAKES {
        app.cache.delete(key).await?;
        return Ok(Refusal::SmsCodeEnded);
    }
    Ok(Refusal::SmsCodeWrong {
        left: (MISTAKES - tries) as u32,
    })
}
