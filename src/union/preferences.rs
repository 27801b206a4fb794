//! How an officer wishes to be told: by which way, and when not.

use super::{Officer, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::error::Result;
use crate::kernel::time::{DAY, MINUTE};
use crate::kernel::{FieldErrors, Refusal, Time};
use serde_json::json;

crate::text_enum! {
    /// The ways, in the order in which they are tried.
    pub enum Way {
        /// WeChat; what does not arrive there goes by SMS.
        WechatSms = "wechat_sms",
        /// SMS; by WeChat when the gateway does not take it.
        SmsWechat = "sms_wechat",
        /// WeChat alone; while no WeChat is bound, SMS.
        Wechat = "wechat",
        /// SMS alone.
        Sms = "sms",
    }
}

impl Way {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Way::WechatSms => "微信优先，微信收不到时发短信",
            Way::SmsWechat => "短信优先，短信发不出时发微信",
            Way::Wechat => "只发微信",
            Way::Sms => "只发短信",
        }
    }

    /// Whether WeChat is tried.
    pub fn wechat(self) -> bool {
        self != Way::Sms
    }

    /// Whether an SMS may follow, or stand for, a message by WeChat.
    pub fn sms(self) -> bool {
        self != Way::Wechat
    }
}

/// A span of the day in which messages wait: minutes from midnight in Shanghai, `from` included; over midnight when
/// `from` is later than `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    from: i64,
    until: i64,
}

impl Quiet {
    /// From `HH:MM` and `HH:MM`; both empty: none. Errors: [`Refusal::QuietHours`] when one is missing or malformed, or
    /// they are the same.
    pub fn parse(from: &str, until: &str) -> Result<Option<Self>, Refusal> {
        match (from.trim(), until.trim()) {
            ("", "") => Ok(None),
            (from, until) => {
                let both = minute(from).zip(minute(until));
                let quiet = both.map(|(from, until)| Quiet { from, until });
                let quiet = quiet.filter(|quiet| quiet.from != quiet.until);
                Ok(Some(quiet.ok_or(Refusal::QuietHours)?))
            }
        }
    }

    /// When the quiet hours end that `now` lies in; `None` outside them.
    pub fn ends(self, now: Time) -> Option<Time> {
        let today = Time::start_of(now.date());
        let minute = (now.0 - today.0) / MINUTE;
        let end = today.plus(self.until * MINUTE);
        if self.from < self.until {
            return (self.from..self.until).contains(&minute).then_some(end);
        }
        match minute {
            m if m < self.until => Some(end),
            m if m >= self.from => Some(end.plus(DAY)),
            _ => None,
        }
    }

    /// `("22:00", "07:30")`.
    pub fn texts(self) -> (String, String) {
        let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        (text(self.from), text(self.until))
    }
}

/// `HH:MM` as minutes of the day.
fn minute(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let part = |text: &str, most: i64| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| digits);
        number.filter(|n| *n <= most)
    };
    Some(part(hours, 23)? * 60 + part(minutes, 59)?)
}

/// What an officer wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// By which way.
    pub way: Way,
    /// When not.
    pub quiet: Option<Quiet>,
}

/// An active officer's wishes; the default for anybody else.
pub async fn of(app: &App, officer_id: &str) -> Result<Preferences> {
    let row = store::preferences(app, officer_id).await?;
    let (way, from, until) = row.unwrap_or((String::new(), None, None));
    let quiet = from.zip(until).map(|(from, until)| Quiet { from, until });
    Ok(Preferences {
        way: Way::parse(&way).unwrap_or(Way::WechatSms),
        quiet,
    })
}

/// Keeps an officer's own wishes. `way` is a [`Way`]'s text, `from` and `until` are `HH:MM` or empty.
///
/// Errors: at `way` [`Refusal::NotAChoice`], at `quiet` [`Refusal::QuietHours`].
pub async fn set(app: &App, officer: &Officer, way: &str, (from, until): (&str, &str)) -> Result<()> {
    let mut errors = FieldErrors::default();
    let way = errors.take("way", Way::parse(way).ok_or(Refusal::NotAChoice));
    let quiet = errors.take("quiet", Quiet::parse(from, until));
    let (Some(way), Some(quiet)) = (way, quiet) else {
        return Err(errors.into());
    };
    let wished = (way.as_str(), quiet.map(|q| q.from), quiet.map(|q| q.until));
    let mut tx = app.db.write().await?;
    store::set_preferences(&mut tx, &officer.id, wished).await?;
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "officer.set_notices",
        subject: ("officer", &officer.id),
        detail: json!({ "way": way, "quiet": quiet.map(Quiet::texts) }),
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, until: &str) -> Quiet {
        Quiet::parse(from, until).unwrap().unwrap()
    }

    fn at(day: u32, hour: u32, minute: u32) -> Time {
        Time::shanghai(2026, 12, day, hour, minute, 0)
    }

    /// quiet hours within a day, and over midnight and the year's end.
    #[test]
    fn quiet_hours_end() {
        let noon = quiet("12:00", "14:00");
        assert_eq!(noon.ends(at(1, 11, 59)), None);
        assert_eq!(noon.ends(at(1, 12, 0)), Some(at(1, 14, 0)));
        assert_eq!(noon.ends(at(1, 14, 0)), None);
        let night = quiet("22:00", "07:30");
        assert_eq!(night.ends(at(1, 7, 29)), Some(at(1, 7, 30)));
        assert_eq!(night.ends(at(1, 7, 30)), None);
        assert_eq!(night.ends(at(1, 22, 0)), Some(at(2, 7, 30)));
        assert_eq!(
            night.ends(at(31, 23, 0)),
            Some(Time::shanghai(2027, 1, 1, 7, 30, 0))
        );
        assert_eq!(quiet("00:00", "08:00").ends(at(1, 0, 0)), Some(at(1, 8, 0)));
        assert_eq!(quiet("20:00", "00:00").ends(at(1, 23, 59)), Some(at(2, 0, 0)));
    }

    #[test]
    fn what_is_typed_is_checked() {
        assert_eq!(Quiet::parse(" ", ""), Ok(None));
        assert_eq!(quiet("09:05", "23:59").texts(), ("09:05".into(), "23:59".into()));
        for (from, until) in [
            ("22:00", ""),
            ("", "07:00"),
            ("24:00", "07:00"),
            ("7:00", "08:00"),
            ("08:00", "08:00"),
            ("+8:00", "09:00"),
            ("08:60", "09:00"),
        ] {
            assert_eq!(
                Quiet::parse(from, until),
                Err(Refusal::QuietHours),
                "{from} {until}"
            );
        }
    }
}
