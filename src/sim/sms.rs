//! `POST /sim/sms`: the SMS gateway.

use poem::web::{Data, Json};
use poem::{Body as RawBody, handler};
use serde::Deserialize;
use serde_json::json;

use super::Sim;
use super::api::{self, ControlResult};
use super::error::ControlError;
use super::state::Body;

#[derive(Deserialize)]
struct Sms {
    phone: String,
    text: String,
}

/// Delivers to the phone of that number; for a number nobody has it is kept until somebody gets it.
#[handler]
pub(super) async fn send(sim: Data<&Sim>, body: RawBody) -> ControlResult {
    let sms: Sms = api::control_body(body).await?;
    if sms.text.trim().is_empty() {
        return Err(ControlError::bad("empty_text", "短信内容不能为空"));
    }
    if sms.phone.is_empty() || !sms.phone.chars().all(|c| c.is_ascii_digit()) {
        return Err(ControlError::bad("bad_phone", "手机号只能是数字"));
    }
    let mut state = sim.state();
    state.stats.sms += 1;
    let shown = Body::Sms {
        code: code_in(&sms.text),
        text: sms.text,
    };
    let item = state.item(shown);
    match state.users.iter_mut().find(|u| u.phone == sms.phone) {
        Some(user) => user.items.push(item),
        None => state.stray_sms.entry(sms.phone).or_default().push(item),
    }
    Ok(Json(json!({ "ok": true })))
}

/// The first run of 4 to 8 digits: what phones offer to copy.
pub(super) fn code_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit())
        .find(|run| (4..=8).contains(&run.len()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn the_code_is_the_first_run_of_four_to_eight_digits() {
        assert_eq!(
            code_in("【泉城工会】验证码 482913，5 分钟内有效").as_deref(),
            Some("482913")
        );
        assert_eq!(code_in("热线 400012331800，第 12 位"), None);
    }
}
