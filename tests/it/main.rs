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
mod after_the_window;
mod api;
mod app;
mod app_door;
mod asking;
mod axe;
mod axe_office;
mod axe_pages;
mod base;
mod browser;
mod builders;
mod cache;
mod callback;
mod cli;
mod content_open;
mod csrf;
mod documents;
mod doors_browser;
mod doors_walk;
mod editors;
mod enrol;
mod events;
mod facts;
mod form_script;
mod grants;
mod guarded;
mod journey;
mod jssdk;
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
mod pay;
mod personal;
mod places;
mod print;
mod process;
mod public_places;
mod push;
mod recall;
mod registration;
mod rehearse;
mod reminders;
mod review;
mod services;
mod source;
mod steps;
mod supervision;
mod tokens;
mod upload_script;
mod visitor;
mod who_may;
mod worker_pages;
mod worker_script;
