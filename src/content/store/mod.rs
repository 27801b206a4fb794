//! The only SQL of what the city publishes.

pub mod articles;
pub mod courses;
pub mod stations;
