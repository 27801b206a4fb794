//! The only SQL of what is published.

pub mod articles;
