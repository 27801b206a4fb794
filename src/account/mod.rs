//! Who someone is: workers, the slider and SMS code that prove a phone, WeChat binding.

pub mod followers;
pub mod mini;
pub mod slider;
pub mod sms_code;
mod store;
pub mod throttle;
pub mod workers;

pub use workers::Worker;
