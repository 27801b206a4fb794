//! `POST /cgi-bin/message/custom/send`, and the windows in which it may be used (facts: Customer service).

use poem::web::{Data, Query};
use poem::{Body, handler};
use serde_json::Value;

use super::Sim;
use super::api::{self, WxResult};
use super::error::WxError;
use super::media::{self, Kind};
use super::reply::Article;
use super::state::{Body as Shown, MenuItem, State};
use super::token::TokenQuery;

/// A text longer than this is refused, in bytes.
const MAX_TEXT: usize = 2048;

/// 正在输入 may be shown so long after a message, and lasts so long.
const TYPING_AFTER_MS: i64 = 30_000;
const TYPING_MS: i64 = 15_000;

/// What a person did that lets the account write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// Wrote: 5 messages within 48 hours.
    Message,
    /// Followed, scanned, tapped a button that pushes an event: 3 messages within one minute.
    Act,
}

impl Opens {
    /// How many messages, and for how many milliseconds.
    fn limits(self) -> (u32, i64) {
        match self {
            Opens::Message => (5, 48 * 3_600_000),
            Opens::Act => (3, 60_000),
        }
    }
}

struct Window {
    by: Opens,
    left: u32,
    until: i64,
}

/// The windows open towards one person; doing the same again opens it anew.
#[derive(Default)]
pub(super) struct Windows {
    open: Vec<Window>,
    /// When one of the two last wrote.
    wrote_at: Option<i64>,
    /// The phone shows 对方正在输入 until then.
    typing_until: i64,
}

impl Windows {
    pub fn open(&mut self, by: Opens, now: i64) {
        let (left, lasts) = by.limits();
        if by == Opens::Message {
            self.wrote_at = Some(now);
        }
        self.open.retain(|w| w.by != by);
        self.open.push(Window {
            by,
            left,
            until: now + lasts,
        });
    }

    /// Counts one message, in the window that closes first. Nothing open: 45015; all used up: 45047.
    fn take(&mut self, now: i64) -> Result<(), WxError> {
        self.open.retain(|w| w.until > now);
        if self.open.is_empty() {
            let text = "response out of time limit or subscription is canceled";
            return Err(WxError::new(45015, text));
        }
        let usable = self.open.iter_mut().filter(|w| w.left > 0);
        let window = usable.min_by_key(|w| w.until);
        let window = window.ok_or_else(|| WxError::new(45047, "out of response count limit"))?;
        window.left -= 1;
        self.wrote_at = Some(now);
        self.typing_until = now;
        Ok(())
    }

    pub fn is_typing(&self, now: i64) -> bool {
        self.typing_until > now
    }

    /// 45080 when nobody wrote within 30 s, 45081 when it is shown already.
    fn start_typing(&mut self, now: i64) -> Result<(), WxError> {
        if self.wrote_at.is_none_or(|at| now - at >= TYPING_AFTER_MS) {
            let text = "client status error: no message within 30s";
            return Err(WxError::new(45080, text));
        }
        if self.is_typing(now) {
            return Err(WxError::new(45081, "already in typing status"));
        }
        self.typing_until = now + TYPING_MS;
        Ok(())
    }
}

#[handler]
pub(super) async fn send(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let message: Value = api::parse(&api::body(body).await?)?;
    let touser = str_of(&message, "touser");
    let mut state = sim.state();
    let user = state
        .by_openid(touser)
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    let (openid, following) = (user.openid.clone(), user.following);
    let shown = content(&state, &message)?;
    let now = state.now_ms();
    // Leaving closes every window: the text of 45015 says so.
    if !following {
        state.windows.remove(&openid);
    }
    state.windows.entry(openid.clone()).or_default().take(now)?;
    state.stats.custom_shown += 1;
    state.show(&openid, shown);
    Ok(api::ok())
}

/// `POST /cgi-bin/message/custom/typing`: `Typing` or `CancelTyping` (else 45072).
#[handler]
pub(super) async fn typing(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let ask: Value = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    let now = state.now_ms();
    let user = state.by_openid(str_of(&ask, "touser"));
    let openid = user
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?
        .openid
        .clone();
    let windows = state.windows.entry(openid).or_default();
    match str_of(&ask, "command") {
        "Typing" => windows.start_typing(now)?,
        "CancelTyping" => windows.typing_until = now,
        _ => return Err(WxError::new(45072, "invalid command")),
    }
    Ok(api::ok())
}

fn str_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What the phone will show. Errors: 40008 unknown kind, 44003/44004 empty, 45002 too long, 45008 too many
/// articles, 40007 unknown media, 53600 unknown article, 47001 a part is missing.
fn content(state: &State, message: &Value) -> Result<Shown, WxError> {
    let kind = str_of(message, "msgtype");
    let part = message.get(kind).unwrap_or(&Value::Null);
    let field = |key: &str| str_of(part, key).to_owned();
    let needed = |key: &str| match str_of(part, key) {
        "" => Err(WxError::new(
            47001,
            format!("data format error, {kind}.{key} missing"),
        )),
        value => Ok(value.to_owned()),
    };
    let stored = |kind: Kind, key: &str| media::stored(state, kind, str_of(part, key));
    match kind {
        "text" => text(field("content")),
        "image" => {
            let media_id = stored(Kind::Image, "media_id")?;
            Ok(Shown::Image {
                url: media::path(&media_id),
                media_id,
            })
        }
        "voice" => Ok(Shown::Voice {
            media_id: stored(Kind::Voice, "media_id")?,
        }),
        "video" => {
            // The preview picture may be left out, but not be one there is not.
            if !str_of(part, "thumb_media_id").is_empty() {
                stored(Kind::Thumb, "thumb_media_id").or_else(|_| stored(Kind::Image, "thumb_media_id"))?;
            }
            Ok(Shown::Video {
                media_id: stored(Kind::Video, "media_id")?,
                title: field("title"),
                description: field("description"),
            })
        }
        "music" => Ok(Shown::Music {
            title: field("title"),
            description: field("description"),
            url: needed("musicurl")?,
        }),
        "news" => news(part),
        "mpnewsarticle" => Err(WxError::new(53600, "invalid article_id")),
        "miniprogrampage" => Ok(Shown::Mini {
            title: field("title"),
            app_id: needed("appid")?,
            page_path: needed("pagepath")?,
        }),
        "msgmenu" => menu(part),
        _ => Err(WxError::new(40008, "invalid message type")),
    }
}

fn text(text: String) -> Result<Shown, WxError> {
    if text.is_empty() {
        return Err(WxError::new(44004, "empty content"));
    }
    if text.len() > MAX_TEXT {
        return Err(WxError::new(45002, "content size out of limit"));
    }
    Ok(Shown::Text { text })
}

/// One article, not more (since 2018-10-12).
fn news(part: &Value) -> Result<Shown, WxError> {
    let articles = part.get("articles").and_then(Value::as_array);
    let articles = articles.map(Vec::as_slice).unwrap_or_default();
    let article = match articles {
        [] => return Err(WxError::new(44003, "empty news data")),
        [one] => one,
        _ => return Err(WxError::new(45008, "article size out of limit")),
    };
    let field = |key: &str| str_of(article, key).to_owned();
    Ok(Shown::News {
        articles: vec![Article {
            title: field("title"),
            description: field("description"),
            pic_url: field("picurl"),
            url: field("url"),
        }],
    })
}

fn menu(part: &Value) -> Result<Shown, WxError> {
    let list = part.get("list").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let item = |item: &Value| match (item.get("id"), str_of(item, "content")) {
        (Some(id), content) if !content.is_empty() => Some(MenuItem {
            // Documented as a string, sent by many as a number.
            id: id.as_str().map_or_else(|| id.to_string(), str::to_owned),
            content: content.to_owned(),
        }),
        _ => None,
    };
    let items: Option<Vec<MenuItem>> = list.iter().map(item).collect();
    let items = items
        .filter(|items| !items.is_empty())
        .ok_or_else(|| WxError::new(47001, "data format error, msgmenu.list"))?;
    Ok(Shown::MsgMenu {
        head: str_of(part, "head_content").to_owned(),
        items,
        tail: str_of(part, "tail_content").to_owned(),
    })
}
