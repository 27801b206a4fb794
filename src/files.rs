//! Documents at rest: in a folder, or in S3 / COS / OSS by URL, each sealed with AES-256-GCM before it leaves
//! the process.

use crate::clock::Entropy;
use crate::kernel::Sealer;
use anyhow::Context as _;
use opendal::Operator;
use opendal::layers::{RetryLayer, TimeoutLayer};
use std::time::Duration;

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

    /// Whether the store can be written to, for `/readyz`.
    pub async fn check(&self) -> anyhow::Result<()> {
        Ok(self.store.check().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents are encrypted at rest: the folder holds no trace of the content.
    #[tokio::test]
    async fn a_file_is_sealed_on_disk_and_opens_only_under_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("fs://{}", dir.path().display());
        let files = Files::open(&url, Sealer::new([3; 32], &[]), Entropy::default()).unwrap();
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
