//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

mod app;
mod browser;
mod builders;
mod guarded;
mod layers;
mod places;
mod services;
mod source;
