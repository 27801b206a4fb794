//! WeChat Pay's API v3 for a merchant of its own (直连商户): requests signed, answers and notifications verified, resources
//! decrypted, orders, refunds and the daily bill. Knows nothing of what is paid for; usable alone (`docs/wechat.md`).
//!
//! Amounts are whole fen. Time and randomness are passed in. Keys are wiped when dropped and never printed.
//!
//! Source: facts, "Pay v3" and row 12; pay.weixin.qq.com/doc/v3/merchant (签名, 验签, 回调, JSAPI/Native 下单, 退款, 账单).

pub mod bill;
pub mod certificates;
pub mod client;
pub mod crypt;
pub mod error;
pub mod headers;
pub mod keys;
pub mod notification;
pub mod order;
pub mod refund;

pub use bill::{BillRow, BillTotals, RowKind};
pub use client::{Nonces, PayClient, PayConfig, PayHook};
pub use crypt::ApiV3Key;
pub use error::{PayApiError, PayClass, PayError};
pub use headers::Signed;
pub use keys::{KeyError, MerchantKey, PlatformKey, PlatformKeys};
pub use notification::{Event, Notification, Refused};
pub use order::{NewOrder, PayParams, TradeState, Transaction};
pub use refund::{NewRefund, Refund, RefundState};

#[cfg(test)]
mod tests;
