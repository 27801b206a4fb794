//! Style, script and pictures: embedded, named by a hash of all of them so that they may be cached for ever.

use poem::http::{StatusCode, header};
use poem::web::Path;
use poem::{Response, handler};
use rust_embed::RustEmbed;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "assets/web/"]
struct Assets;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    let hashes: Vec<u8> = names
        .iter()
        .filter_map(|n| Assets::get(n))
        .flat_map(|f| f.metadata.sha256_hash())
        .collect();
    crate::kernel::code::sha256_hex(&hashes)[..10].to_owned()
});

/// The hash that stands in every asset's URL.
pub fn version() -> &'static str {
    &VERSION
}

/// `GET /assets/:version/*path`
#[handler]
pub fn serve(Path((_, path)): Path<(String, String)>) -> Response {
    match Assets::get(&path) {
        None => Response::builder().status(StatusCode::NOT_FOUND).finish(),
        Some(file) => Response::builder()
            .header(
                header::CONTENT_TYPE,
                mime_guess::from_path(&path).first_or_octet_stream().as_ref(),
            )
            .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(file.data.into_owned()),
    }
}
