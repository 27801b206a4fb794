//! What the city keeps for everybody to read: service stations and 公益微课 (R-36, R-37, ADR 0031).

pub mod courses;
pub mod courses_media;
pub mod courses_watched;
pub mod stations;
pub mod stations_import;
mod store;
