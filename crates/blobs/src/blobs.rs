//! Bytes under their SHA-256.

use bytes::Bytes;
use domain::Error;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{Error as StoreError, GetResult, GetResultPayload, ObjectStoreExt as _, PutMode};

use crate::answer::Answer;
use crate::backend::{self, Backend};
use crate::failure::{translate, translate_missing};
use crate::{digest, disk, key, verified, whole};

const STORING: &str = "storing a blob";
const READING: &str = "reading a blob";

/// Chunks of a blob or an upload. After an error there is nothing more.
pub type ByteStream = BoxStream<'static, Result<Bytes, Error>>;

/// Where the bytes are kept. Not `Debug`: an address may hold a secret by mistake.
#[derive(Clone)]
pub struct BlobsConfig {
    /// `file:///absolute/directory`, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
    pub url: String,
    /// How clients reach the store, such as `https://storage.example.com`, if not as we do. Only for clouds.
    pub public_endpoint: Option<String>,
}

/// A store of immutable bytes and of uploads under way. Clones share it.
///
/// Every call may fail with [`Error::Unavailable`] when the store cannot be reached, is full or refuses us, and with
/// [`Error::Invalid`] for a key that is none.
#[derive(Clone)]
pub struct Blobs {
    pub(crate) backend: Backend,
}

impl Blobs {
    /// Opens `file:///absolute/directory`, which is made where it is missing, or a bucket: see [`BlobsConfig::url`].
    /// Does not look whether it can be written: see [`Blobs::check`].
    ///
    /// # Errors
    /// As [`Blobs::open_with`].
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(&BlobsConfig { url: url.to_owned(), public_endpoint: None })
    }

    /// Like [`Blobs::open`]. Clouds find credentials and endpoints in the variables of the process that are usual
    /// for each: `AWS_…`, `GOOGLE_…`, `AZURE_…`. The process must have installed a provider for rustls.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scheme that this build does not serve, naming those it does, and for an address or
    /// variables that can never work. Says what would be right and shows no secret.
    pub fn open_with(config: &BlobsConfig) -> Result<Self, Error> {
        let texts =
            std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        Self::open_with_variables(config, texts)
    }

    /// Like [`Blobs::open_with`], with `variables` in place of those of the process.
    ///
    /// # Errors
    /// As [`Blobs::open_with`].
    pub fn open_with_variables(
        config: &BlobsConfig,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let variables: Vec<_> = variables.into_iter().collect();
        Ok(Self { backend: backend::open(config, &variables)? })
    }

    /// Stores `bytes` under `sha256_hex`, their lower-case SHA-256; all of them or none. On `Ok` they are there after
    /// a power cut. Bytes that are there already are `Ok`, and are put right if they were damaged meanwhile; to see
    /// that, they are read. After [`Error::Unavailable`] they may be there or not: put them again.
    ///
    /// # Errors
    /// [`Error::Internal`] when `bytes` have another hash: nothing is stored.
    pub async fn put(&self, sha256_hex: &str, bytes: Bytes) -> Result<(), Error> {
        let path = key::blob(sha256_hex)?;
        if digest::of(bytes.clone()).await? != sha256_hex {
            return Err(Error::internal(STORING, format!("the bytes do not hash to {sha256_hex}")));
        }
        match self.backend.put(&path, bytes.clone(), PutMode::Create).await {
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
        let bytes = collect(READING, self.find(sha256_hex).await?).await?;
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

    /// The number of bytes stored under `sha256_hex`; `None` when there is nothing. Does not read them. A bucket that
    /// is not there looks like one without the blob.
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
            Ok(()) => Ok(()),
            Err(error @ StoreError::NotFound { .. }) if !Answer::of(&error).lacks_bucket() => Ok(()),
            Err(error) => Err(translate("deleting a blob", error)),
        }
    }

    /// Somebody was first. Their bytes are ours unless damaged; ours are known to be right.
    async fn keep_or_repair(&self, sha256_hex: &str, path: &Path, bytes: Bytes) -> Result<(), Error> {
        match self.holds(sha256_hex, bytes.len()).await {
            Ok(true) => match &self.backend.disk {
                Some(disk) => disk.sync_directory_of(path).await,
                None => Ok(()),
            },
            Ok(false) => {
                let put = self.backend.put(path, bytes, PutMode::Overwrite).await;
                put.map(drop).map_err(|error| translate(STORING, error))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether `length` right bytes are there, and were not deleted this very moment. Asking for the size alone
    /// would let altered bytes pass, and asking for it first would save nothing but reading damaged ones.
    async fn holds(&self, sha256_hex: &str, length: usize) -> Result<bool, Error> {
        let read = async {
            let (size, chunks) = self.stream(sha256_hex).await?;
            if size != length as u64 {
                return Ok(false);
            }
            verified(chunks, sha256_hex).try_for_each(|_| std::future::ready(Ok(()))).await.map(|()| true)
        };
        match read.await {
            Err(Error::Internal { .. } | Error::NotFound { .. }) => Ok(false),
            read => read,
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
        GetResultPayload::Stream(stream) => whole::whole(stream.map_err(|error| translate(READING, error)), size),
    };
    (size, stream)
}

/// All bytes of what was found.
pub(crate) async fn collect(during: &'static str, found: GetResult) -> Result<Bytes, Error> {
    if matches!(found.payload, GetResultPayload::File(..)) {
        return found.bytes().await.map_err(|error| translate(during, error));
    }
    let (size, mut chunks) = into_chunks(found);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    while let Some(chunk) = chunks.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
