//! Uploads under way: bytes of strangers, under names that say nothing about them, until they are checked.

use std::pin::pin;
use std::time::SystemTime;

use bytes::Bytes;
use domain::Error;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutMode, PutPayload};
use sha2::{Digest as _, Sha256};

use crate::backend::Backend;
use crate::blobs::into_chunks;
use crate::failure::{translate, translate_missing};
use crate::{Blobs, ByteStream, key};

const STAGING: &str = "storing an upload";
const READING: &str = "reading an upload";

/// What was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Lower-case hexadecimal SHA-256 of all bytes.
    pub sha256_hex: String,
    /// Number of bytes.
    pub size: u64,
}

/// Staging keys are 1 to 128 of `A-Z a-z 0-9 - _`, made by the caller, best a fresh one for each attempt.
impl Blobs {
    /// Stores `stream` under `key` while counting and hashing it. What was there is replaced, and only by all of
    /// it. On `Ok` it is there after a power cut. Where it fails or is dropped while `stream` still runs, nothing of
    /// it is left behind; what a dying process or disk leaves is for [`Blobs::remove_leftovers`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] as soon as there are more than `max_bytes`; the first error of `stream` as it is.
    pub async fn stage(
        &self,
        key: &str,
        stream: impl Stream<Item = Result<Bytes, Error>>,
        max_bytes: u64,
    ) -> Result<Staged, Error> {
        let mut writer = Writer::new(self.backend.clone(), key::staged(key)?);
        let written = match writer.write_all(stream, max_bytes).await {
            Ok(staged) => writer.finish().await.map(|()| staged),
            Err(error) => Err(error),
        };
        if written.is_err() {
            writer.abort().await;
        }
        written
    }

    /// All bytes under `key`, not verified.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is nothing.
    pub async fn read_staged(&self, key: &str) -> Result<Bytes, Error> {
        let (size, mut chunks) = self.stream_staged(key).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        while let Some(chunk) = chunks.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.into())
    }

    /// The number of bytes under `key`, and the bytes in chunks, not verified.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is nothing.
    pub async fn stream_staged(&self, key: &str) -> Result<(u64, ByteStream), Error> {
        let found = self.backend.store.get(&key::staged(key)?).await;
        found.map(into_chunks).map_err(|error| translate_missing(READING, format!("upload {key}"), error))
    }

    /// Removes what is under `key`, also when that is nothing.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn delete_staged(&self, key: &str) -> Result<(), Error> {
        self.remove(&key::staged(key)?).await
    }

    /// The keys of uploads that were finished before `before`, by the store's clock, in no order.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn list_staged_older_than(&self, before: SystemTime) -> Result<Vec<String>, Error> {
        let listed = self.backend.store.list(Some(&Path::from(key::STAGING)));
        listed
            .try_filter(|found| std::future::ready(SystemTime::from(found.last_modified) < before))
            .try_filter_map(|found| std::future::ready(Ok(found.location.filename().map(str::to_owned))))
            .try_collect()
            .await
            .map_err(|error| translate("listing uploads", error))
    }

    /// Removes what processes that died left half written before `before`, and returns how many files that were.
    /// Only a directory has such; a bucket needs a lifecycle rule for incomplete uploads instead.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn remove_leftovers(&self, before: SystemTime) -> Result<usize, Error> {
        match &self.backend.disk {
            Some(disk) => disk.remove_leftovers(before).await,
            None => Ok(0),
        }
    }
}

/// Gathers chunks into parts. What fits into one part becomes a plain put.
struct Writer {
    backend: Backend,
    path: Path,
    pending: Vec<Bytes>,
    pending_bytes: usize,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Writer {
    fn new(backend: Backend, path: Path) -> Self {
        Self { backend, path, pending: Vec::new(), pending_bytes: 0, upload: None }
    }

    async fn write_all(
        &mut self,
        stream: impl Stream<Item = Result<Bytes, Error>>,
        max_bytes: u64,
    ) -> Result<Staged, Error> {
        let mut stream = pin!(stream);
        let mut hash = Sha256::new();
        let mut size: u64 = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            size = size.saturating_add(chunk.len() as u64);
            if size > max_bytes {
                return Err(Error::TooLarge { what: "the upload".to_owned(), limit: max_bytes });
            }
            hash.update(&chunk);
            self.pending_bytes += chunk.len();
            self.pending.push(chunk);
            if self.pending_bytes >= self.backend.part_bytes {
                self.send_part().await?;
            }
        }
        Ok(Staged { sha256_hex: hex::encode(hash.finalize()), size })
    }

    async fn send_part(&mut self) -> Result<(), Error> {
        let part = self.take_pending();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let begun = self.backend.store.put_multipart(&self.path).await;
                none.insert(begun.map_err(|error| translate(STAGING, error))?)
            }
        };
        self.backend.put_part(upload, part).await.map_err(|error| translate(STAGING, error))
    }

    async fn finish(&mut self) -> Result<(), Error> {
        if self.upload.is_none() {
            let all = self.take_pending();
            let put = self.backend.put_payload(&self.path, all, PutMode::Overwrite).await;
            return put.map(drop).map_err(|error| translate(STAGING, error));
        }
        if self.pending_bytes > 0 {
            self.send_part().await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await.map_err(|error| translate(STAGING, error))?;
        }
        self.upload = None;
        Ok(())
    }

    /// The error that led here is the one to report, not what becomes of this.
    async fn abort(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            drop(upload.abort().await);
        }
    }

    fn take_pending(&mut self) -> PutPayload {
        self.pending_bytes = 0;
        PutPayload::from_iter(std::mem::take(&mut self.pending))
    }
}

impl Drop for Writer {
    /// A caller that goes away leaves parts behind that nobody sees and somebody pays for. A directory tidies up
    /// by itself.
    fn drop(&mut self) {
        if self.backend.cloud.is_none() {
            return;
        }
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { drop(upload.abort().await) });
        }
    }
}
