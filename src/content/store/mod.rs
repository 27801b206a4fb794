//! SQL of what the city keeps for everybody.

pub mod courses;
pub mod stations;
