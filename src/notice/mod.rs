//! Being told: which event tells whom what, and how it gets there.

pub mod catalogue;
pub mod deliver;
pub mod enrolments;
pub mod react;
pub mod remind;
mod store;
pub mod transfers;
pub mod unions;

pub use catalogue::Content;

crate::text_enum! {
    /// Where a message stands.
    pub enum Delivery {
        /// In the outbox.
        Queued = "queued",
        /// WeChat or the SMS gateway took it.
        Sent = "sent",
        /// WeChat says that it arrived.
        Delivered = "delivered",
        /// The recipient refuses such messages.
        Refused = "refused",
        /// It did not arrive.
        Failed = "failed",
    }
}

crate::text_enum! {
    /// The way a message goes.
    pub enum Channel { Wechat = "wechat", Subscribe = "subscribe", Sms = "sms" }
}

/// The outbox job that sends one notice; its payload is `{"notice": notices.id}`.
pub const NOTICE_JOB: &str = "notice";
