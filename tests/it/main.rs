//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops where it is"
)]

mod accounts;
mod acts;
mod api;
mod app;
mod browser;
mod builders;
mod cache;
mod callback;
mod cli;
mod csrf;
mod guarded;
mod journey;
mod kill9;
mod layers;
mod mended;
mod notices;
mod oauth;
mod office;
mod outbox;
mod personal;
mod places;
mod print;
mod process;
mod push;
mod review;
mod services;
mod source;
mod visitor;
mod worker_pages;
mod worker_script;
