//! `POST /sim/tap`: a button of the menu, and what the phone does after it.

use poem::web::{Data, Json};
use poem::{Body, Request, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sim;
use super::acts::{self, Place};
use super::api::{self, ControlResult};
use super::control::must_follow;
use super::error::ControlError;
use super::incoming::Incoming;
use super::node::{Node, text};

/// Most pictures one can pick.
const MAX_PICS: usize = 9;

#[derive(Deserialize)]
struct Tap {
    user: String,
    path: Vec<usize>,
    /// What a scanning button scans; a QR code with this text.
    scan: Option<String>,
    /// How many pictures a picture button sends.
    #[serde(default = "one")]
    pics: usize,
    /// What a place button sends.
    #[serde(default)]
    place: Place,
}

fn one() -> usize {
    1
}

/// The button at `path` of the user's menu, and the menu's id if it is a conditional one.
fn find(sim: &Sim, act: &Tap) -> Result<(String, Value, Option<String>), ControlError> {
    let state = sim.state();
    let openid = must_follow(&state, &act.user)?;
    let user = state
        .user(&act.user)
        .ok_or_else(|| ControlError::unknown_user(&act.user))?;
    let (menu, id) = state.menu_of(user);
    let menu = menu.ok_or_else(|| ControlError::conflict("no_menu", "还没有推送菜单"))?;
    let found = button(menu, &act.path).filter(|b| b.get("type").is_some());
    let found = found.ok_or_else(|| ControlError::bad("no_button", "菜单里没有这个按钮"))?;
    Ok((openid, found.clone(), id.map(str::to_owned)))
}

fn button<'a>(menu: &'a Value, path: &[usize]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let top = menu.get("button")?.get(first)?;
    match rest {
        [] => Some(top),
        [second] => top.get("sub_button")?.get(second),
        _ => None,
    }
}

#[handler]
pub(super) async fn tap(sim: Data<&Sim>, request: &Request, body: Body) -> ControlResult {
    let tap: Tap = api::control_body(body).await?;
    let (openid, button, menu_id) = find(&sim, &tap)?;
    let field = |key: &str| {
        let value = button.get(key).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let kind = field("type");
    match kind.as_str() {
        "click" => acts::outcome(&sim, &openid, &Incoming::click(field("key"))).await,
        "view" => {
            let url = field("url");
            beside(&sim, openid, Incoming::view(url.clone(), menu_id));
            Ok(Json(json!({ "type": "view", "url": url })))
        }
        "miniprogram" => {
            let event = Incoming::event("view_miniprogram").with("EventKey", field("pagepath"));
            beside(&sim, openid, event.with_some("MenuId", menu_id));
            Ok(Json(
                json!({ "type": kind, "appid": field("appid"), "pagepath": field("pagepath") }),
            ))
        }
        "scancode_push" | "scancode_waitmsg" => {
            let result = tap
                .scan
                .unwrap_or_else(|| "http://weixin.qq.com/q/sim".to_owned());
            let event = Incoming::scancode(&kind, field("key"), "qrcode", result.clone());
            let mut answer = sim.deliver(&openid, &event).await.json();
            answer["type"] = json!(kind);
            answer["scan"] = json!(result);
            Ok(Json(answer))
        }
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
            pictures(&sim, request, &openid, &kind, field("key"), tap.pics).await
        }
        "location_select" => place(&sim, &openid, field("key"), &tap.place).await,
        other => Ok(Json(json!({ "type": other, "unsupported": true }))),
    }
}

/// The page opens at once; the event travels beside it.
fn beside(sim: &Sim, openid: String, event: Incoming) {
    let background = sim.clone();
    sim.in_background(async move {
        background.deliver(&openid, &event).await;
    });
}

/// The event names how many pictures, and each then comes as a message.
async fn pictures(
    sim: &Sim,
    request: &Request,
    openid: &str,
    kind: &str,
    key: String,
    pics: usize,
) -> ControlResult {
    if !(1..=MAX_PICS).contains(&pics) {
        return Err(ControlError::bad("bad_pics", "一次可发 1 到 9 张图片"));
    }
    let sums = (0..pics).map(|_| hex::encode(rand::random::<[u8; 16]>()));
    let list = sums.map(|sum| vec![text("PicMd5Sum", sum)]).collect();
    let info = vec![
        ("Count".into(), Node::Num(u64::try_from(pics).unwrap_or_default())),
        ("PicList".into(), Node::Items(list)),
    ];
    let event = Incoming::event(kind)
        .with("EventKey", key)
        .node("SendPicsInfo", Node::Group(info));
    sim.deliver(openid, &event).await;
    let mut last = json!({});
    for _ in 0..pics {
        let message = acts::picture(sim, request, openid, None)?;
        last = sim.deliver(openid, &message).await.json();
    }
    last["type"] = json!(kind);
    Ok(Json(last))
}

async fn place(sim: &Sim, openid: &str, key: String, place: &Place) -> ControlResult {
    let info = vec![
        text("Location_X", place.latitude.to_string()),
        text("Location_Y", place.longitude.to_string()),
        text("Scale", "15"),
        text("Label", &place.label),
        text("Poiname", ""),
    ];
    let event = Incoming::event("location_select")
        .with("EventKey", key)
        .node("SendLocationInfo", Node::Group(info));
    sim.deliver(openid, &event).await;
    let message = acts::location(sim, openid, place);
    let mut answer = sim.deliver(openid, &message).await.json();
    answer["type"] = json!("location_select");
    Ok(Json(answer))
}
