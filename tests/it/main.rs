//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

mod acts;
mod app;
mod browser;
mod builders;
mod callback;
mod guarded;
mod kill9;
mod layers;
mod notices;
mod places;
mod process;
mod review;
mod services;
mod source;
mod stores;
