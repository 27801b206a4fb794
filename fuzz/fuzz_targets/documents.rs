//! `application::content::clean` on whatever somebody uploads: never a panic; what is kept is of the same or a smaller
//! size class, is accepted again and is then kept as it is.
//!
//! The modules are compiled into this target by their paths, so that the library keeps to `src/wechat/` alone.
#![no_main]
#![allow(
    dead_code,
    missing_docs,
    clippy::float_arithmetic,
    reason = "a part of the crate, of which only `clean` is called"
)]

#[path = "../../src/kernel/mod.rs"]
pub mod kernel;

#[path = "../../src/application"]
pub mod application {
    pub mod content;
}

use application::content::{MAX_BYTES, clean};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(kept) = clean(data) else { return };
    assert!(kept.bytes.len() <= MAX_BYTES, "more is kept than may be uploaded");
    let again = clean(&kept.bytes).expect("what was kept is refused");
    assert_eq!(again.media, kept.media);
    assert!(again.bytes == kept.bytes, "cleaned twice it is another file");
});
