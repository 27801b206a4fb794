//! `yuanmeng`: the WeChat Official Account backend of Jinan trade unions' 求学圆梦行动.
//!
//! The table of contents; who may import whom is in `docs/architecture.md` and enforced by a test.

pub mod account;
pub mod api;
pub mod app;
pub mod application;
pub mod audit;
pub mod background;
pub mod cache;
pub mod campaign;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod content;
pub mod db;
pub mod enrolment;
pub mod error;
pub mod files;
pub mod kernel;
pub mod metrics;
pub mod notice;
pub mod outbox;
pub mod papers;
pub mod payment;
pub mod print;
pub mod review;
pub mod sms;
pub mod supervision;
pub mod union;
pub mod web;
pub mod wechat;

#[cfg(feature = "demo")]
pub mod sim;
