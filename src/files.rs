//! Files at rest: in a folder, or in S3 / COS / OSS by URL. Documents are sealed with AES-256-GCM before they leave the
//! process. What everybody may read (videos, covers) is stored as it is, so that a part of it can be read without the
//! rest (ADR 0031); its keys have a folder of their own, and neither kind is ever read as the other.

use crate::clock::Entropy;
use crate::kernel::Sealer;
use anyhow::Context as _;
use opendal::Operator;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::{FuturesBytesStream, Writer};
use std::ops::Range;
use std::time::Duration;

/// Where the public files are.
const PUBLIC: &str = "public/";
/// A public file is read in pieces of so many bytes, however much of it is asked for.
const READ_PIECE: usize = 512 * 1024;
/// … and written in pieces of so many: object stores take none below 5 MiB.
const WRITE_PIECE: usize = 8 * 1024 * 1024;

/// The file store; cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Operator,
    sealer: Sealer,
    entropy: Entropy,
}

impl Files {
    /// Opens `url`: `fs:///var/lib/yuanmeng/files`, `s3://bucket/prefix?region=…`, `cos://…`, `oss://…`
    /// (opendal's own options as query parameters).
    pub fn open(url: &str, sealer: Sealer, entropy: Entropy) -> anyhow::Result<Self> {
        opendal::init_default_registry();
        let store = Operator::from_uri(url).context("FILES_URL is not understood")?;
        let store = store
            .layer(
                TimeoutLayer::new()
                    .with_timeout(Duration::from_secs(20))
                    .with_io_timeout(Duration::from_secs(20)),
            )
            .layer(RetryLayer::new().with_max_times(3));
        Ok(Files {
            store,
            sealer,
            entropy,
        })
    }

    /// Writes a file, sealed for its own key: moved to another key it does not open.
    pub async fn put(&self, key: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let sealed = self.sealer.seal_bytes(key, bytes, self.entropy.bytes());
        self.store.write(key, sealed).await.context("writing a file")?;
        Ok(())
    }

    /// Reads a file; an error when it is missing or altered.
    pub async fn get(&self, key: &str) -> anyhow::Result<Vec<u8>> {
        let sealed = self.store.read(key).await.context("reading a file")?.to_vec();
        Ok(self.sealer.open_file(key, &sealed)?)
    }

    /// Deletes a file; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> anyhow::Result<()> {
        self.store.delete(key).await.context("deleting a file")
    }

    /// Begins to write a public file piece by piece; it is there once the writer was closed.
    pub async fn public_writer(&self, id: &str) -> anyhow::Result<Writer> {
        let key = public(id);
        let writer = self.store.writer_with(&key).chunk(WRITE_PIECE).await;
        writer.context("beginning a public file")
    }

    /// A part of a public file, by its bytes, read as it is asked for.
    pub async fn public_part(&self, id: &str, part: Range<u64>) -> anyhow::Result<FuturesBytesStream> {
        let key = public(id);
        let reader = self.store.reader_with(&key).chunk(READ_PIECE).await;
        let reader = reader.context("opening a public file")?;
        reader
            .into_bytes_stream(part)
            .await
            .context("reading a public file")
    }

    /// Deletes a public file; one that is not there is no error.
    pub async fn delete_public(&self, id: &str) -> anyhow::Result<()> {
        let deleted = self.store.delete(&public(id)).await;
        deleted.context("deleting a public file")
    }

    /// Whether the store can be written to, for `/readyz`.
    pub async fn check(&self) -> anyhow::Result<()> {
        Ok(self.store.check().await?)
    }
}

fn public(id: &str) -> String {
    format!("{PUBLIC}{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt as _;

    fn files(dir: &tempfile::TempDir) -> Files {
        let url = format!("fs://{}", dir.path().display());
        Files::open(&url, Sealer::new([3; 32], &[]), Entropy::default()).unwrap()
    }

    /// A public file is written and read in pieces; any part of it is its own bytes.
    #[tokio::test]
    async fn parts_of_a_public_file_are_its_own_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(&dir);
        let whole: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut writer = files.public_writer("v").await.unwrap();
        for piece in whole.chunks(70_001) {
            writer.write(piece.to_vec()).await.unwrap();
        }
        writer.close().await.unwrap();
        for part in [0..1, 0..3_000_000, 524_287..524_290, 2_999_999..3_000_000] {
            let pieces: Vec<_> = files
                .public_part("v", part.clone())
                .await
                .unwrap()
                .try_collect()
                .await
                .unwrap();
            assert!(pieces.iter().all(|piece| piece.len() <= READ_PIECE));
            let read: Vec<u8> = pieces.concat();
            assert_eq!(read, whole[part.start as usize..part.end as usize], "{part:?}");
        }
        files.delete_public("v").await.unwrap();
        files.delete_public("v").await.unwrap();
        assert!(!dir.path().join("public/v").exists());
    }

    /// Documents are encrypted at rest: the folder holds no trace of the content.
    #[tokio::test]
    async fn a_file_is_sealed_on_disk_and_opens_only_under_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(&dir);
        files.put("documents/a", b"370102 secret").await.unwrap();
        assert_eq!(files.get("documents/a").await.unwrap(), b"370102 secret");
        let raw = std::fs::read(dir.path().join("documents/a")).unwrap();
        assert!(!raw.windows(6).any(|w| w == b"370102"));
        std::fs::copy(dir.path().join("documents/a"), dir.path().join("documents/b")).unwrap();
        assert!(files.get("documents/b").await.is_err());
        assert!(files.get("documents/none").await.is_err());
        files.delete("documents/a").await.unwrap();
        files.delete("documents/a").await.unwrap();
        assert!(!dir.path().join("documents/a").exists());
    }
}
