//! When somebody may be written to: five messages within 48 hours of their message, three within a minute of their
//! click, follow or scan (facts, Customer service). A pure rule: times are passed in, keeping it is the application's.

use serde::{Deserialize, Serialize};

use crate::wechat::message::{Inbound, Kind};

/// What opens a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// They wrote or sent something.
    Message,
    /// They tapped a menu item of type click or scan, followed, or scanned a QR code.
    Action,
}

impl Contact {
    /// What an inbound opens; `None` if nothing, as a tap on a `view` item.
    pub fn of(inbound: &Inbound) -> Option<Self> {
        match &inbound.kind {
            Kind::Click { .. } | Kind::ScanCode { .. } | Kind::Subscribe { .. } | Kind::Scan { .. } => {
                Some(Contact::Action)
            }
            _ if inbound.is_message() => Some(Contact::Message),
            _ => None,
        }
    }

    /// How long it lasts, in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Contact::Message => 48 * 3600,
            Contact::Action => 60,
        }
    }

    /// How many messages it allows.
    pub fn messages(self) -> u32 {
        match self {
            Contact::Message => 5,
            Contact::Action => 3,
        }
    }
}

/// No message can be sent now; WeChat would answer 45015 or 45047.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("客服消息窗口已关闭")]
pub struct Closed;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Allowance {
    until_s: i64,
    left: u32,
}

impl Allowance {
    fn left_at(self, now_s: i64) -> u32 {
        if now_s < self.until_s { self.left } else { 0 }
    }
}

/// What one person's contacts allow. Starts closed; can be stored as JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    message: Option<Allowance>,
    action: Option<Allowance>,
}

impl Window {
    /// Notes a contact at `at_s` (Unix seconds): it opens its window anew. One that comes late does not shorten.
    pub fn open(&mut self, contact: Contact, at_s: i64) {
        let slot = self.slot(contact);
        let until_s = at_s.saturating_add(contact.seconds());
        if slot.is_none_or(|allowance| allowance.until_s < until_s) {
            *slot = Some(Allowance {
                until_s,
                left: contact.messages(),
            });
        }
    }

    /// How many messages can still be sent at `now_s`.
    pub fn left(&self, now_s: i64) -> u32 {
        [self.message, self.action]
            .into_iter()
            .flatten()
            .map(|allowance| allowance.left_at(now_s))
            .sum()
    }

    /// Takes one message, from the window that ends sooner. Errors: [`Closed`].
    pub fn take(&mut self, now_s: i64) -> Result<(), Closed> {
        let open = [&mut self.message, &mut self.action]
            .into_iter()
            .flatten()
            .filter(|allowance| allowance.left_at(now_s) > 0)
            .min_by_key(|allowance| allowance.until_s)
            .ok_or(Closed)?;
        open.left -= 1;
        Ok(())
    }

    /// When the last open window ends (Unix seconds); `None` if none is open.
    pub fn closes_at(&self, now_s: i64) -> Option<i64> {
        [self.message, self.action]
            .into_iter()
            .flatten()
            .filter(|allowance| allowance.left_at(now_s) > 0)
            .map(|allowance| allowance.until_s)
            .max()
    }

    /// WeChat said 45015 or 45047: it counts differently, and its word counts.
    pub fn close(&mut self) {
        *self = Window::default();
    }

    fn slot(&mut self, contact: Contact) -> &mut Option<Allowance> {
        match contact {
            Contact::Message => &mut self.message,
            Contact::Action => &mut self.action,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    fn opened(contact: Contact) -> Window {
        let mut window = Window::default();
        window.open(contact, 0);
        window
    }

    fn taken(window: &mut Window, now_s: i64) -> u32 {
        (0..10).filter(|_| window.take(now_s).is_ok()).count() as u32
    }

    /// facts, Customer service: 5 in 48 hours.
    #[test]
    fn a_message_opens_five_for_48_hours() {
        assert_eq!(taken(&mut opened(Contact::Message), 2 * DAY - 1), 5);
        assert_eq!(taken(&mut opened(Contact::Message), 2 * DAY), 0);
        let mut window = opened(Contact::Message);
        assert_eq!(taken(&mut window, 10), 5);
        window.open(Contact::Message, 20);
        assert_eq!((window.left(20), window.closes_at(20)), (5, Some(20 + 2 * DAY)));
    }

    /// facts, Customer service: 3 in a minute.
    #[test]
    fn an_action_opens_three_for_a_minute() {
        assert_eq!(taken(&mut opened(Contact::Action), 59), 3);
        assert_eq!(taken(&mut opened(Contact::Action), 60), 0);
        assert_eq!(Window::default().take(0), Err(Closed));
        assert_eq!(Window::default().closes_at(0), None);
    }

    #[test]
    fn the_window_that_ends_sooner_is_used_first() {
        let mut window = opened(Contact::Message);
        window.open(Contact::Action, 100);
        assert_eq!(window.left(100), 8);
        window.take(100).unwrap();
        // The action's minute is over, and only what is left of the five remains: all of them.
        assert_eq!(window.left(160), 5);
        window.close();
        assert_eq!(window.left(100), 0);
    }

    #[test]
    fn a_late_or_repeated_contact_gives_nothing_back() {
        let mut window = opened(Contact::Message);
        window.take(1).unwrap();
        window.open(Contact::Message, 0);
        window.open(Contact::Message, -100);
        assert_eq!(window.left(1), 4);
        let stored = serde_json::to_string(&window).unwrap();
        assert_eq!(serde_json::from_str::<Window>(&stored).unwrap(), window);
    }

    #[test]
    fn which_contact_opens_what() {
        let inbound = |inner: &str| {
            Inbound::parse(&format!(
                "<xml><ToUserName>g</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>{inner}</xml>"
            ))
            .unwrap()
        };
        let event = |name: &str| inbound(&format!("<MsgType>event</MsgType><Event>{name}</Event>"));
        assert_eq!(
            Contact::of(&inbound("<MsgType>voice</MsgType>")),
            Some(Contact::Message)
        );
        for name in ["CLICK", "subscribe", "SCAN", "scancode_push", "scancode_waitmsg"] {
            assert_eq!(Contact::of(&event(name)), Some(Contact::Action), "{name}");
        }
        for name in [
            "VIEW",
            "unsubscribe",
            "view_miniprogram",
            "LOCATION",
            "MASSSENDJOBFINISH",
        ] {
            assert_eq!(Contact::of(&event(name)), None, "{name}");
        }
    }
}
