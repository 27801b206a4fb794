//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops where it is"
)]

mod app;
mod browser;
mod builders;
mod guarded;
mod journey;
mod layers;
mod places;
mod services;
mod source;
mod visitor;
mod worker_pages;
mod worker_script;
