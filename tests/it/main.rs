//! The tests of the whole: one binary, so that services start once and browsers are shared out fairly.

mod browser;
mod guarded;
mod layers;
mod services;
mod source;
