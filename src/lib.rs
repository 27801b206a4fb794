//! `yuanmeng`: the WeChat Official Account backend of Jinan trade unions' 求学圆梦行动.
//!
//! The table of contents; who may import whom is in `docs/architecture.md` and enforced by a test.

pub mod wechat;

#[cfg(feature = "demo")]
pub mod sim;
