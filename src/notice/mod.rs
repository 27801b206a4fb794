//! Being told: which event tells whom what, and how it gets there.

pub mod asking;
pub mod catalogue;
pub mod deliver;
pub mod deliveries;
pub mod digest;
pub mod enrolments;
pub mod facts;
mod payments;
pub mod plan;
pub mod react;
mod reason;
pub mod remind;
mod store;
pub mod tally;
pub mod transfers;
pub mod unions;

pub use catalogue::Content;

crate::text_enum! {
    /// Where a message stands.
    pub enum Delivery {
        /// In the outbox.
        Queued = "queued",
        /// An SMS is on its way to the gateway; found so later, nobody noted how it ended.
        Sending = "sending",
        /// WeChat or the SMS gateway took it.
        Sent = "sent",
        /// WeChat says that it arrived.
        Delivered = "delivered",
        /// The recipient refuses such messages.
        Refused = "refused",
        /// It did not arrive.
        Failed = "failed",
        /// It may have been sent; nobody can tell.
        Unknown = "unknown",
    }
}

impl Delivery {
    /// For officers.
    pub fn label(self) -> &'static str {
        match self {
            Delivery::Queued => "等待发送",
            Delivery::Sending => "正在发送",
            Delivery::Sent => "已发出",
            Delivery::Delivered => "已送达",
            Delivery::Refused => "对方拒收",
            Delivery::Failed => "发送失败",
            Delivery::Unknown => "是否发出不明",
        }
    }

    /// Whether it ended without arriving, as far as anybody knows: it may be sent again.
    pub fn is_lost(self) -> bool {
        matches!(self, Delivery::Refused | Delivery::Failed | Delivery::Unknown)
    }
}

crate::text_enum! {
    /// The way a message goes.
    pub enum Channel { Wechat = "wechat", Subscribe = "subscribe", Sms = "sms" }
}

impl Channel {
    /// For officers.
    pub fn label(self) -> &'static str {
        match self {
            Channel::Wechat => "微信模板消息",
            Channel::Subscribe => "微信订阅通知",
            Channel::Sms => "短信",
        }
    }
}

/// The outbox job that sends one notice; its payload is `{"notice": notices.id}`.
pub const NOTICE_JOB: &str = "notice";
