//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops where it is"
)]

mod account_life;
mod accounts;
mod acts;
mod api;
mod app;
mod app_door;
mod browser;
mod builders;
mod cache;
mod callback;
mod cli;
mod csrf;
mod events;
mod facts;
mod grants;
mod editors;
mod form_script;
mod guarded;
mod journey;
mod jssdk;
mod doors_browser;
mod guarded;
mod journey;
mod kept;
mod kill9;
mod layers;
mod live;
mod made;
mod mended;
mod notices;
mod oauth;
mod office;
mod outbox;
mod papers;
mod personal;
mod places;
mod print;
mod process;
mod push;
mod recall;
mod reminders;
mod registration;
mod review;
mod services;
mod source;
mod tokens;
mod upload_script;
mod visitor;
mod worker_pages;
mod worker_script;
