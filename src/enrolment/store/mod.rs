//! SQL of the catalogue, of enrolments and of what providers do; private to the capability.

mod catalogue;
mod enrolments;
mod owner;
mod provider;
mod search;
mod terms;

pub use catalogue::*;
pub use enrolments::*;
pub use owner::*;
pub use provider::*;
pub use search::*;
pub use terms::*;
