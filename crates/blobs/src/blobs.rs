//! Bytes under their SHA-256.

use bytes::Bytes;
use domain::Error;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{Error as StoreError, GetResult, GetResultPayload, ObjectStoreExt as _, PutMode};

use crate::backend::{self, Backend};
use crate::failure::{translate, translate_missing};
use crate::{digest, disk, key};

const STORING: &str = "storing a blob";
const READING: &str = "reading a blob";

/// Chunks of a blob or an upload. After an error there is nothing more.
pub type ByteStream = BoxStream<'static, Result<Bytes, Error>>;

/// A store of immutable bytes and of uploads under way. Clones share it.
///
/// Every call may fail with [`Error::Unavailable`] when the store cannot be reached, is full or refuses us, and with
/// [`Error::Invalid`] for a key that is none.
#[derive(Clone)]
pub struct Blobs {
    pub(crate) backend: Backend,
}

impl Blobs {
    /// Opens `file:///absolute/directory`, which is made where it is missing. Does not look whether it can be
    /// written: see [`Blobs::check`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scheme that this build does not serve, naming those it does.
    pub fn open(url: &str) -> Result<Self, Error> {
        Ok(Self { backend: backend::open(url)? })
    }

    /// Stores `bytes` under `sha256_hex`, their lower-case SHA-256; all of them or none. On `Ok` they are there after
    /// a power cut. Bytes that are there already are `Ok`, and are put right if they were damaged meanwhile.
    ///
    /// # Errors
    /// [`Error::Internal`] when `bytes` have another hash: nothing is stored.
    pub async fn put(&self, sha256_hex: &str, bytes: Bytes) -> Result<(), Error> {
        let path = key::blob(sha256_hex)?;
        if digest::of(bytes.clone()).await? != sha256_hex {
            return Err(Error::internal(STORING, format!("the bytes do not hash to {sha256_hex}")));
        }
        let put = self.backend.store.put_opts(&path, bytes.clone().into(), PutMode::Create.into()).await;
        match put {
            Ok(_) => Ok(()),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {
                self.keep_or_repair(sha256_hex, &path, bytes).await
            }
            Err(error) => Err(translate(STORING, error)),
        }
    }

    /// All bytes under `sha256_hex`, verified.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is nothing; [`Error::Internal`] when the bytes were altered.
    pub async fn get(&self, sha256_hex: &str) -> Result<Bytes, Error> {
        let found = self.find(sha256_hex).await?;
        let bytes = found.bytes().await.map_err(|error| translate(READING, error))?;
        if digest::of(bytes.clone()).await? != sha256_hex {
            return Err(digest::altered(sha256_hex));
        }
        Ok(bytes)
    }

    /// The number of bytes stored under `sha256_hex`, and the bytes in chunks, **not verified**: see
    /// [`verified`](fn@crate::verified). An error at first means that nothing was read.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is nothing.
    pub async fn stream(&self, sha256_hex: &str) -> Result<(u64, ByteStream), Error> {
        Ok(into_chunks(self.find(sha256_hex).await?))
    }

    /// The number of bytes stored under `sha256_hex`; `None` when there is nothing. Does not read them.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn size(&self, sha256_hex: &str) -> Result<Option<u64>, Error> {
        match self.backend.store.head(&key::blob(sha256_hex)?).await {
            Ok(found) => Ok(Some(found.size)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(translate("looking for a blob", error)),
        }
    }

    /// Removes what is under `sha256_hex`, also when that is nothing. After a power cut it may be back.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn delete(&self, sha256_hex: &str) -> Result<(), Error> {
        self.remove(&key::blob(sha256_hex)?).await
    }

    pub(crate) async fn remove(&self, path: &Path) -> Result<(), Error> {
        match self.backend.store.delete(path).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(translate("deleting a blob", error)),
        }
    }

    /// Somebody was first. Their bytes are ours unless damaged; ours are known to be right.
    async fn keep_or_repair(&self, sha256_hex: &str, path: &Path, bytes: Bytes) -> Result<(), Error> {
        match self.get(sha256_hex).await {
            Ok(_) => match &self.backend.disk {
                Some(disk) => disk.sync_directory_of(path).await,
                None => Ok(()),
            },
            // Altered, or deleted this very moment.
            Err(Error::Internal { .. } | Error::NotFound { .. }) => {
                let put = self.backend.store.put(path, bytes.into()).await;
                put.map(drop).map_err(|error| translate(STORING, error))
            }
            Err(error) => Err(error),
        }
    }

    async fn find(&self, sha256_hex: &str) -> Result<GetResult, Error> {
        let found = self.backend.store.get(&key::blob(sha256_hex)?).await;
        found.map_err(|error| translate_missing(READING, format!("blob {sha256_hex}"), error))
    }
}

/// What was found, as its size and its bytes.
pub(crate) fn into_chunks(found: GetResult) -> (u64, ByteStream) {
    let size = found.meta.size;
    let stream = match found.payload {
        GetResultPayload::File(file, _) => disk::chunks(file, size),
        GetResultPayload::Stream(stream) => stream.map_err(|error| translate(READING, error)).boxed(),
    };
    (size, stream)
}
