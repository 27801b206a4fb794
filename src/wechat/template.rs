//! Template messages, with every field cut to what its keyword type allows.
//!
//! Source: WeChat, 发送模板消息 (api_sendtemplatemessage); the limits by keyword type are those of 类目模板, a
//! violation is errcode 47003 naming the field. Since 2023-05-04 a field has at most 20 characters and no line break.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{Client, text_or_number};
use super::error::CallError;

/// Type of a template's field, told by its name (`thing1`, `time2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeywordType {
    /// 事物: at most 20 characters.
    Thing,
    /// One of the values approved with the template: at most 20 characters.
    Const,
    /// 汉字: at most 5 Han characters, nothing else.
    Phrase,
    /// At most 32 digits, letters and symbols; no Chinese.
    CharacterString,
    /// A currency sign at most, up to 12 digits with a decimal point, and 元 at most.
    Amount,
    /// At most 32 digits, with a decimal point at most.
    Number,
    /// At most 32 letters.
    Letter,
    /// At most 5 symbols.
    Symbol,
    /// At most 10 Chinese characters, or 20 letters and symbols.
    Name,
    /// At most 17 digits and symbols.
    PhoneNumber,
    /// At most 8 characters.
    CarNumber,
    /// Date or time of day, 24 hours: `2021年11月30日 18:30`, `2021-11-30 18:30:00`, `18:30`.
    Time,
    /// Not known; treated as a text of at most 20 characters.
    Other,
}

impl KeywordType {
    /// Reads it off a field's name by cutting the digits at its end.
    pub fn of(field: &str) -> Self {
        match field.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "thing" => KeywordType::Thing,
            "const" => KeywordType::Const,
            "phrase" => KeywordType::Phrase,
            "character_string" => KeywordType::CharacterString,
            "amount" => KeywordType::Amount,
            "number" => KeywordType::Number,
            "letter" => KeywordType::Letter,
            "symbol" => KeywordType::Symbol,
            "name" => KeywordType::Name,
            "phone_number" => KeywordType::PhoneNumber,
            "car_number" => KeywordType::CarNumber,
            "time" | "date" => KeywordType::Time,
            _ => KeywordType::Other,
        }
    }

    /// Most characters (UTF-16 units, which is never less than WeChat counts).
    pub fn limit(self) -> usize {
        match self {
            KeywordType::Phrase | KeywordType::Symbol => 5,
            KeywordType::CarNumber => 8,
            KeywordType::PhoneNumber => 17,
            KeywordType::CharacterString | KeywordType::Number | KeywordType::Letter => 32,
            KeywordType::Thing
            | KeywordType::Const
            | KeywordType::Amount
            | KeywordType::Time
            | KeywordType::Name
            | KeywordType::Other => 20,
        }
    }
}

/// Why a value cannot be made to fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// Nothing is left of it; WeChat refuses empty fields.
    #[error("字段 {0} 的内容为空")]
    Empty(String),
    /// Shortening would change its meaning: a time, an amount, an approved value.
    #[error("字段 {0} 的内容不符合其类型")]
    Format(String),
}

/// The value as its field may carry it: line breaks become spaces, what the type does not allow is left out, and
/// what is too long ends in `…`. `field` is the name in the template, which tells the type.
pub fn shorten<'a>(field: &str, value: &'a str) -> Result<Cow<'a, str>, FieldProblem> {
    let kind = KeywordType::of(field);
    let value = one_line(value);
    let fitted = match kind {
        KeywordType::Thing | KeywordType::Other => cut(value, kind.limit(), "…"),
        KeywordType::Phrase => cut(keep(value, is_han), kind.limit(), ""),
        KeywordType::CharacterString => cut(
            keep(value, |c| c.is_ascii() && !c.is_ascii_control()),
            kind.limit(),
            "",
        ),
        KeywordType::PhoneNumber => cut(
            keep(value, |c| c.is_ascii() && !c.is_ascii_alphabetic()),
            kind.limit(),
            "",
        ),
        KeywordType::CarNumber => cut(value, kind.limit(), ""),
        KeywordType::Letter => cut(keep(value, |c| c.is_ascii_alphabetic()), kind.limit(), ""),
        KeywordType::Symbol => cut(keep(value, |c| !c.is_alphanumeric()), kind.limit(), ""),
        KeywordType::Name => {
            let limit = if value.is_ascii() { kind.limit() } else { 10 };
            cut(keep(value, |c| !c.is_ascii_digit()), limit, "")
        }
        KeywordType::Number if is_number(&value, kind.limit()) => value,
        KeywordType::Const if units(&value) <= kind.limit() => value,
        KeywordType::Time if units(&value) <= kind.limit() && is_time(&value) => value,
        KeywordType::Amount if is_amount(&value) => value,
        // An empty value is reported as such below, whatever its type.
        _ if value.is_empty() => value,
        KeywordType::Const | KeywordType::Time | KeywordType::Amount | KeywordType::Number => {
            return Err(FieldProblem::Format(field.to_owned()));
        }
    };
    if fitted.is_empty() {
        Err(FieldProblem::Empty(field.to_owned()))
    } else {
        Ok(fitted)
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn one_line(value: &str) -> Cow<'_, str> {
    let trimmed = value.trim();
    if trimmed.chars().any(char::is_control) {
        Cow::Owned(
            trimmed
                .split(|c: char| c.is_control())
                .filter(|s| !s.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
        )
    } else {
        Cow::Borrowed(trimmed)
    }
}

fn keep(value: Cow<'_, str>, allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    if value.chars().all(&allowed) {
        value
    } else {
        Cow::Owned(value.chars().filter(|c| allowed(*c)).collect())
    }
}

fn cut<'a>(value: Cow<'a, str>, limit: usize, mark: &str) -> Cow<'a, str> {
    if units(&value) <= limit {
        return value;
    }
    let mut room = limit - units(mark);
    let mut short = String::with_capacity(value.len());
    for c in value.chars() {
        let Some(left) = room.checked_sub(c.len_utf16()) else {
            break;
        };
        room = left;
        short.push(c);
    }
    short.push_str(mark);
    Cow::Owned(short)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Digits between the signs of date and time, beginning with a digit.
fn is_time(value: &str) -> bool {
    let signs = |c: char| matches!(c, '年' | '月' | '日' | '-' | '/' | ':' | '~' | ' ');
    value.starts_with(|c: char| c.is_ascii_digit()) && value.chars().all(|c| c.is_ascii_digit() || signs(c))
}

fn is_amount(value: &str) -> bool {
    let digits = value.strip_prefix(['¥', '￥', '$']).unwrap_or(value);
    let digits = digits.strip_suffix('元').unwrap_or(digits);
    is_number(digits, 12)
}

/// Digits with a decimal point at most, together no longer than `most`.
fn is_number(value: &str, most: usize) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction) && value.len() <= most
}

/// A mini-program page to open instead of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniProgramPage {
    /// AppID of a mini-program linked to the account.
    pub appid: String,
    /// Path with query.
    pub pagepath: String,
}

/// The fields of a message, each made to fit; the same for a template message and a 订阅通知 with the same keywords.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Data(Map<String, Value>);

/// Contents are personal.
impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Data").field(&self.names()).finish()
    }
}

impl Data {
    /// Name and value of each field, [`shorten`]ed. Errors: the first [`FieldProblem`].
    pub fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FieldProblem> {
        let mut data = Data::default();
        for (name, value) in fields {
            data.add(name.to_owned(), value)?;
        }
        Ok(data)
    }

    pub(super) fn add(&mut self, name: String, value: &str) -> Result<(), FieldProblem> {
        let value = shorten(&name, value)?.into_owned();
        self.0.insert(
            name,
            Value::Object(Map::from_iter([("value".to_owned(), Value::String(value))])),
        );
        Ok(())
    }

    /// Name and value of each field as WeChat gets them, sorted by name.
    pub fn fields<'a>(&'a self) -> Vec<(&'a str, &'a str)> {
        let value = |field: &'a Value| field.get("value").and_then(Value::as_str);
        self.0
            .iter()
            .filter_map(|(name, field)| Some((name.as_str(), value(field)?)))
            .collect()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// One template message. Fields can only be added through [`TemplateMessage::field`], which makes them fit.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TemplateMessage {
    touser: String,
    template_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    miniprogram: Option<MiniProgramPage>,
    data: Data,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_msg_id: Option<String>,
}

/// Openid and contents are personal.
impl std::fmt::Debug for TemplateMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TemplateMessage")
            .field("template_id", &self.template_id)
            .field("fields", &self.data.names())
            .finish_non_exhaustive()
    }
}

impl TemplateMessage {
    /// A message to one openid, by a template id of this account.
    pub fn new(to_openid: impl Into<String>, template_id: impl Into<String>) -> Self {
        TemplateMessage {
            touser: to_openid.into(),
            template_id: template_id.into(),
            url: None,
            miniprogram: None,
            data: Data::default(),
            client_msg_id: None,
        }
    }

    /// Opens a page when tapped.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Opens a mini-program when tapped; WeChat prefers it to the URL.
    #[must_use]
    pub fn mini_program(mut self, page: MiniProgramPage) -> Self {
        self.miniprogram = Some(page);
        self
    }

    /// WeChat sends one message only per openid and this id within ten minutes: the same id for every attempt makes
    /// repeating safe.
    #[must_use]
    pub fn client_msg_id(mut self, id: impl Into<String>) -> Self {
        self.client_msg_id = Some(id.into());
        self
    }

    /// Takes these fields instead of what it has.
    #[must_use]
    pub fn data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }

    /// Adds a field, [`shorten`]ed. Errors: [`FieldProblem`].
    pub fn field(mut self, name: impl Into<String>, value: &str) -> Result<Self, FieldProblem> {
        self.data.add(name.into(), value)?;
        Ok(self)
    }
}

#[derive(Deserialize)]
struct Sent {
    #[serde(deserialize_with = "text_or_number")]
    msgid: String,
}

impl Client {
    /// Sends it; gives the `MsgID` which TEMPLATESENDJOBFINISH will name. Errors of class `Recipient` are final.
    pub async fn send_template(&self, message: &TemplateMessage) -> Result<String, CallError> {
        let sent: Sent = self.post("/cgi-bin/message/template/send", message).await?;
        Ok(sent.msgid)
    }
}

#[cfg(test)]
mod tests;
