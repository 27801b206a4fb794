//! QR codes in a grey picture.
//!
//! `rqrr`'s reader is generic and so is compiled where it is used. A profile optimises packages: here it is optimised in
//! the demo and in tests, too, where it took most of a paper's reading time.

/// The texts of the codes that can be read, in the order in which they are found. `pixels` are `width` × `height` grey
/// levels, row by row.
///
/// # Panics
/// As `rqrr` does on some pictures that hold no code.
pub fn texts(width: usize, height: usize, pixels: &[u8]) -> Vec<String> {
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = prepared.detect_grids();
    grids
        .iter()
        .filter_map(|grid| Some(grid.decode().ok()?.1))
        .collect()
}
