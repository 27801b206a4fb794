//! 订阅通知 of an official account and 订阅消息 of a mini-program: one message for every time a person accepted.
//!
//! Source: WeChat, api_sendnewsubscribemsg (bizsend) and subscribeMessage.send. Grants come as events
//! ([`Kind::SubscribePopup`](super::Kind), [`Kind::SubscribeChange`](super::Kind)); counting them is the application's.
//! 43101 says that none is left.

use serde::{Deserialize, Serialize};

use super::client::{Client, text_or_number};
use super::error::CallError;
use super::template::{Data, FieldProblem, MiniProgramPage};

/// Which build of a mini-program a message opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MiniProgramState {
    /// 开发版.
    Developer,
    /// 体验版.
    Trial,
    /// 正式版.
    Formal,
}

/// One subscription message. Fields can only be added through [`SubscribeMessage::field`], which makes them fit.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SubscribeMessage {
    touser: String,
    template_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    miniprogram: Option<MiniProgramPage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    miniprogram_state: Option<MiniProgramState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'static str>,
    data: Data,
}

/// Openid and contents are personal.
impl std::fmt::Debug for SubscribeMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubscribeMessage")
            .field("template_id", &self.template_id)
            .field("fields", &self.data.names())
            .finish_non_exhaustive()
    }
}

impl SubscribeMessage {
    /// A message to one openid, by a subscription template of this account.
    pub fn new(to_openid: impl Into<String>, template_id: impl Into<String>) -> Self {
        SubscribeMessage {
            touser: to_openid.into(),
            template_id: template_id.into(),
            page: None,
            miniprogram: None,
            miniprogram_state: None,
            lang: None,
            data: Data::default(),
        }
    }

    /// Opens a page when tapped: a URL for an official account, a path of the mini-program for a mini-program.
    #[must_use]
    pub fn page(mut self, page: impl Into<String>) -> Self {
        self.page = Some(page.into());
        self
    }

    /// Of an official account: opens a mini-program when tapped.
    #[must_use]
    pub fn mini_program(mut self, page: MiniProgramPage) -> Self {
        self.miniprogram = Some(page);
        self
    }

    /// Of a mini-program: which build opens; the published one if not said.
    #[must_use]
    pub fn state(mut self, state: MiniProgramState) -> Self {
        self.miniprogram_state = Some(state);
        self.lang = Some("zh_CN");
        self
    }

    /// Takes these fields instead of what it has.
    #[must_use]
    pub fn data(mut self, data: Data) -> Self {
        self.data = data;
        self
    }

    /// Adds a field, [`shorten`](super::template::shorten)ed. Errors: [`FieldProblem`].
    pub fn field(mut self, name: impl Into<String>, value: &str) -> Result<Self, FieldProblem> {
        self.data.add(name.into(), value)?;
        Ok(self)
    }
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "text_or_number")]
    msgid: String,
}

impl Sent {
    fn id(self) -> Option<String> {
        Some(self.msgid).filter(|id| !id.is_empty())
    }
}

impl Client {
    /// Sends a 订阅通知 of an official account; gives the id which `subscribe_msg_sent_event` will name, if WeChat tells
    /// one. Errors: 43101 (class `Recipient`) when the person has not accepted or no grant is left.
    pub async fn send_subscription(&self, message: &SubscribeMessage) -> Result<Option<String>, CallError> {
        let sent: Sent = self.post("/cgi-bin/message/subscribe/bizsend", message).await?;
        Ok(sent.id())
    }

    /// Sends a 订阅消息 of a mini-program; otherwise as [`Client::send_subscription`].
    pub async fn send_mini_subscription(
        &self,
        message: &SubscribeMessage,
    ) -> Result<Option<String>, CallError> {
        let sent: Sent = self.post("/cgi-bin/message/subscribe/send", message).await?;
        Ok(sent.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, to_value};

    /// facts, 订阅通知 and Category keywords: the documented body, its fields cut to their types.
    #[test]
    fn bodies_are_wechats() {
        let message = SubscribeMessage::new("o1", "T1")
            .page("https://u.example.cn/progress")
            .field("thing1", &"工".repeat(21))
            .and_then(|m| m.field("phrase2", "审核已经通过"))
            .unwrap();
        let body = json!({
            "touser": "o1", "template_id": "T1", "page": "https://u.example.cn/progress",
            "data": {"thing1": {"value": format!("{}…", "工".repeat(19))}, "phrase2": {"value": "审核已经通"}},
        });
        assert_eq!(to_value(&message).unwrap(), body);
        assert!(!format!("{message:?}").contains("o1"));
        let linked = SubscribeMessage::new("o1", "T1").mini_program(MiniProgramPage {
            appid: "wx2".into(),
            pagepath: "pages/i".into(),
        });
        let body = json!({"touser": "o1", "template_id": "T1", "miniprogram": {"appid": "wx2", "pagepath": "pages/i"}, "data": {}});
        assert_eq!(to_value(&linked).unwrap(), body);
        let mini = SubscribeMessage::new("o1", "T1")
            .page("i?a=1")
            .state(MiniProgramState::Trial);
        let body = json!({"touser": "o1", "template_id": "T1", "page": "i?a=1", "miniprogram_state": "trial", "lang": "zh_CN", "data": {}});
        assert_eq!(to_value(&mini).unwrap(), body);
        assert!(SubscribeMessage::new("o1", "T1").field("time3", "明天").is_err());
    }

    /// facts, 订阅通知: no msgid comes back, or one does.
    #[test]
    fn an_id_may_come_back() {
        let id = |json: &str| serde_json::from_str::<Sent>(json).unwrap().id();
        assert_eq!(id(r#"{"errcode":0,"errmsg":"ok"}"#), None);
        assert_eq!(id(r#"{"errcode":0,"msgid":17}"#).as_deref(), Some("17"));
    }
}
