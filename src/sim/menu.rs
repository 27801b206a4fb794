//! `/cgi-bin/menu/create`, `/get`, `/delete` and the rules of a menu (facts: Menu), with WeChat's own codes.

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, WxResult};
use super::conditional::Conditional;
use super::error::WxError;
use super::token::TokenQuery;

const TOP_BUTTONS: usize = 3;
const SUB_BUTTONS: usize = 5;
const TOP_NAME_BYTES: usize = 16;
const SUB_NAME_BYTES: usize = 60;
const KEY_BYTES: usize = 128;
const URL_BYTES: usize = 1024;

/// The same mistake has one code on a button and another on a button of a submenu.
struct Codes {
    kind: (i64, &'static str),
    name: (i64, &'static str),
    key: (i64, &'static str),
    url: (i64, &'static str),
    domain: (i64, &'static str),
}

const TOP: Codes = Codes {
    kind: (40017, "invalid button type"),
    name: (40018, "invalid button name size"),
    key: (40019, "invalid button key size"),
    url: (40020, "invalid button url size"),
    domain: (40055, "invalid button url domain"),
};

const SUB: Codes = Codes {
    kind: (40024, "invalid sub button type"),
    name: (40025, "invalid sub button name size"),
    key: (40026, "invalid sub button key size"),
    url: (40027, "invalid sub button url size"),
    domain: (40054, "invalid sub button url domain"),
};

fn refuse((code, text): (i64, &'static str)) -> WxError {
    WxError::new(code, text)
}

/// Checks a menu and gives it back as `/menu/get` shows it: only known properties, `sub_button` on each button.
pub(super) fn check(menu: &Value) -> Result<Value, WxError> {
    let buttons = menu.get("button").and_then(Value::as_array);
    let buttons = buttons.ok_or_else(|| WxError::new(40015, "invalid menu type"))?;
    if buttons.is_empty() || buttons.len() > TOP_BUTTONS {
        return Err(WxError::new(40016, "invalid button size"));
    }
    let checked = buttons.iter().map(check_top).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "button": checked }))
}

fn check_top(button: &Value) -> Result<Value, WxError> {
    let subs = button
        .get("sub_button")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if subs.is_empty() {
        return check_leaf(button, &TOP, TOP_NAME_BYTES);
    }
    let name = check_name(button, &TOP, TOP_NAME_BYTES)?;
    if subs.len() > SUB_BUTTONS {
        return Err(WxError::new(40023, "invalid sub button size"));
    }
    let checked = subs.iter().map(check_sub).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "name": name, "sub_button": checked }))
}

fn check_sub(button: &Value) -> Result<Value, WxError> {
    let deeper = button.get("sub_button").and_then(Value::as_array);
    if deeper.is_some_and(|d| !d.is_empty()) {
        return Err(WxError::new(40022, "invalid sub button level"));
    }
    check_leaf(button, &SUB, SUB_NAME_BYTES)
}

fn check_leaf(button: &Value, codes: &Codes, name_bytes: usize) -> Result<Value, WxError> {
    let name = check_name(button, codes, name_bytes)?;
    let kind = text(button, "type");
    let mut leaf = json!({ "type": kind, "name": name, "sub_button": [] });
    let mut keep = |key: &str, value: &str| leaf[key] = json!(value);
    match kind {
        "view" => keep("url", check_url(button, codes)?),
        "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
        | "pic_weixin" | "location_select" => keep("key", check_key(button, codes)?),
        "media_id" | "view_limited" => keep("media_id", present(button, "media_id")?),
        "article_id" | "article_view_limited" => keep("article_id", present(button, "article_id")?),
        "miniprogram" => {
            // The URL is what a WeChat too old for mini programs opens.
            keep("url", check_url(button, codes)?);
            keep("appid", present(button, "appid")?);
            keep("pagepath", present(button, "pagepath")?);
        }
        _ => return Err(refuse(codes.kind)),
    }
    Ok(leaf)
}

fn text<'a>(button: &'a Value, key: &str) -> &'a str {
    button.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn check_name<'a>(button: &'a Value, codes: &Codes, bytes: usize) -> Result<&'a str, WxError> {
    let name = text(button, "name");
    if name.is_empty() || name.len() > bytes {
        Err(refuse(codes.name))
    } else {
        Ok(name)
    }
}

fn check_key<'a>(button: &'a Value, codes: &Codes) -> Result<&'a str, WxError> {
    let key = text(button, "key");
    if key.is_empty() || key.len() > KEY_BYTES {
        Err(refuse(codes.key))
    } else {
        Ok(key)
    }
}

fn check_url<'a>(button: &'a Value, codes: &Codes) -> Result<&'a str, WxError> {
    let url = text(button, "url");
    if url.is_empty() || url.len() > URL_BYTES {
        return Err(refuse(codes.url));
    }
    match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => Ok(url),
        _ => Err(refuse(codes.domain)),
    }
}

/// Properties of buttons this project does not use; missing → 47001, our choice: no documented code was found.
fn present<'a>(button: &'a Value, key: &str) -> Result<&'a str, WxError> {
    match text(button, key) {
        "" => Err(WxError::new(47001, format!("data format error, {key} missing"))),
        value => Ok(value),
    }
}

/// The JSON of a menu. Chinese must be sent as UTF-8 (JSON_UNESCAPED_UNICODE of the PHP world), else 40033.
pub(super) fn read(bytes: &[u8]) -> Result<Value, WxError> {
    if bytes.windows(2).any(|pair| pair == b"\\u") {
        let text = "invalid charset. please check your request, if include \\uxxxx will create fail!";
        return Err(WxError::new(40033, text));
    }
    api::parse(bytes)
}

#[handler]
pub(super) async fn create(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let menu = check(&read(&api::body(body).await?)?)?;
    sim.state().menu = Some(menu);
    Ok(api::ok())
}

#[handler]
pub(super) fn get(sim: Data<&Sim>, Query(query): Query<TokenQuery>) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let state = sim.state();
    let menu = state.menu.as_ref();
    let menu = menu.ok_or_else(|| WxError::new(46003, "menu no exist"))?;
    let mut answer = json!({ "menu": menu });
    if !state.conditional.is_empty() {
        let views: Vec<Value> = state.conditional.iter().map(Conditional::view).collect();
        answer["conditionalmenu"] = json!(views);
    }
    Ok(Json(answer))
}

/// Takes the conditional menus with it.
#[handler]
pub(super) fn delete(sim: Data<&Sim>, Query(query): Query<TokenQuery>) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let mut state = sim.state();
    state.menu = None;
    state.conditional.clear();
    Ok(api::ok())
}
