//! The tests of the whole: one binary, so that services start once and a browser is shared out fairly.

mod browser;
mod guarded;
mod services;
