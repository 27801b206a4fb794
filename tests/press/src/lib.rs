//! Draws papers and takes pictures of them, for the tests of what the machine sees in papers. Knows nothing of
//! yuanmeng. A package of its own because a profile can optimise packages only: millions of pixels are made in a test.

#![allow(
    clippy::unwrap_used,
    reason = "only tests use it: one that cannot go on stops where it is"
)]

pub mod draw;
pub mod scan;
