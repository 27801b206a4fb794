//! `src/wechat/` compiled alone, without the rest of the crate: quick to build with instrumentation, and a proof that
//! it needs nothing of it.

#[path = "../../src/wechat/mod.rs"]
pub mod wechat;
