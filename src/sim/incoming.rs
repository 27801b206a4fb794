//! What happens to the account, as the fields of a callback.

use super::custom::Opens;
use super::node::{self, Field, Node, text};

/// Something that happens to the account.
#[derive(Clone)]
pub(super) struct Incoming {
    fields: Vec<Field>,
    /// A message has a `MsgId`, an event has none.
    is_message: bool,
    /// Whether the phone waits for the answer, and is told when there is trouble.
    pub wants_reply: bool,
    /// The customer-service window it opens.
    pub opens: Option<Opens>,
    /// `FromUserName`, when it is not the one whom it is about.
    pub from: Option<String>,
}

impl Incoming {
    /// A message of a person.
    pub fn message(kind: &'static str) -> Incoming {
        Incoming {
            fields: vec![text("MsgType", kind)],
            is_message: true,
            wants_reply: true,
            opens: Some(Opens::Message),
            from: None,
        }
    }

    /// An event nobody waits for an answer to.
    pub fn event(name: impl Into<String>) -> Incoming {
        Incoming {
            fields: vec![text("MsgType", "event"), text("Event", name)],
            is_message: false,
            wants_reply: false,
            opens: None,
            from: None,
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Incoming {
        self.fields.push(text(name, value));
        self
    }

    pub fn with_some(self, name: &'static str, value: Option<String>) -> Incoming {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn node(mut self, name: &'static str, node: Node) -> Incoming {
        self.fields.push((name.into(), node));
        self
    }

    pub fn all(mut self, fields: Vec<Field>) -> Incoming {
        self.fields.extend(fields);
        self
    }

    pub fn answered(mut self) -> Incoming {
        self.wants_reply = true;
        self
    }

    /// An act of a person, which opens the short window and is answered.
    fn act(mut self) -> Incoming {
        self.opens = Some(Opens::Act);
        self.answered()
    }

    pub fn text(content: String) -> Incoming {
        Incoming::message("text").with("Content", content)
    }

    pub fn subscribe(scene: Option<String>, ticket: Option<String>) -> Incoming {
        let key = scene.map(|s| format!("qrscene_{s}")).unwrap_or_default();
        let event = Incoming::event("subscribe").with("EventKey", key);
        event.with_some("Ticket", ticket).act()
    }

    pub fn unsubscribe() -> Incoming {
        Incoming::event("unsubscribe").with("EventKey", "")
    }

    pub fn scan(scene: String, ticket: Option<String>) -> Incoming {
        let event = Incoming::event("SCAN").with("EventKey", scene);
        event.with_some("Ticket", ticket).act()
    }

    pub fn click(key: String) -> Incoming {
        Incoming::event("CLICK").with("EventKey", key).act()
    }

    /// `menu_id` only of a conditional menu.
    pub fn view(url: String, menu_id: Option<String>) -> Incoming {
        let event = Incoming::event("VIEW").with("EventKey", url);
        event.with_some("MenuId", menu_id)
    }

    /// A scanning button (`scancode_push`, `scancode_waitmsg`): the third of the taps that open a window.
    pub fn scancode(name: &str, key: String, kind: &str, result: String) -> Incoming {
        let info = vec![text("ScanType", kind), text("ScanResult", result)];
        let event = Incoming::event(name).with("EventKey", key);
        let event = event.node("ScanCodeInfo", Node::Group(info)).act();
        Incoming {
            // Only 扫码带提示 waits for the account.
            wants_reply: name == "scancode_waitmsg",
            ..event
        }
    }

    /// The one message whose id is spelt MsgID (facts: TEMPLATESENDJOBFINISH).
    pub fn template_job(msgid: u64, status: String) -> Incoming {
        let event = Incoming::event("TEMPLATESENDJOBFINISH").node("MsgID", Node::Num(msgid));
        event.with("Status", status)
    }

    /// The whole callback: envelope fields, its own, and a message's `MsgId`.
    pub fn body(&self, to: &str, openid: &str, at: u64, msg_id: u64) -> Vec<Field> {
        let from = self.from.as_deref().unwrap_or(openid);
        let mut body = vec![
            text("ToUserName", to),
            text("FromUserName", from),
            ("CreateTime".into(), Node::Num(at)),
        ];
        body.extend(self.fields.iter().cloned());
        if self.is_message {
            body.push(("MsgId".into(), Node::Num(msg_id)));
        }
        body
    }
}

/// How callbacks are written.
#[derive(Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Xml,
    Json,
}

impl Format {
    pub fn write(self, fields: &[Field]) -> String {
        match self {
            Format::Xml => node::xml(fields),
            Format::Json => node::object(fields).to_string(),
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Xml => "text/xml",
            Format::Json => "application/json",
        }
    }
}
