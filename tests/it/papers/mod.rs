//! Checks of papers by the machine: the generator of realistic papers, its figures, and
//! the journeys on both stores.

mod cases;
mod checked;
mod figures;
mod journeys;
mod looks;
mod make;
mod report;

/// Keeps something to be looked at in `target/test-output/papers/`.
fn keep(name: &str, bytes: impl AsRef<[u8]>) {
    crate::browser::keep("papers", name, bytes.as_ref()).unwrap();
}

/// One of each paper, to be looked at.
#[test]
fn samples_are_kept_to_be_looked_at() {
    let sealer = yuanmeng::kernel::Sealer::new([7; 32], &[]);
    for n in [0, 1, 2, 3, 4, 7] {
        for (kind, media, bytes) in cases::right(n, &sealer).papers {
            let end = media.as_str().rsplit('/').next().unwrap();
            keep(&format!("{n}-{kind}.{end}"), bytes);
        }
    }
}
