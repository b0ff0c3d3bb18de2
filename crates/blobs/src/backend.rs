//! Which address means which store.

use std::sync::Arc;

use bytes::Bytes;
use domain::Error;
use object_store::path::Path;
use object_store::{Error as StoreError, MultipartUpload, ObjectStore, PutMode, PutPayload, PutResult};
use url::Url;

use crate::BlobsConfig;
use crate::cloud::{self, Cloud, Variables};
use crate::disk::{self, Disk};
use crate::presign::Presigner;

/// Every scheme that [`open`] has an arm for.
const SERVED: &str = "file, s3, gs or az";

/// Hashing and checking this many bytes on the way out is not worth a thread.
const AT_ONCE: usize = 1024 * 1024;

/// A store, and what only some stores need.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Only for a directory: what `object_store` leaves open there.
    pub(crate) disk: Option<Disk>,
    /// Only for a cloud: its words, for those who must put something right.
    pub(crate) cloud: Option<&'static Cloud>,
    /// Only where clients can be sent to the store itself.
    pub(crate) presigner: Option<Presigner>,
    /// Size of one part of an upload in bytes: what each upload under way holds in memory.
    pub(crate) part_bytes: usize,
}

/// Opens what `config` names. Clouds find credentials and endpoints in `variables`.
pub(crate) fn open(config: &BlobsConfig, variables: &Variables) -> Result<Backend, Error> {
    let url = Url::parse(&config.url).map_err(|_| {
        Error::invalid("the address of the blobs", "must be a URL such as file:///var/lib/quarry/blobs")
    })?;
    let public_endpoint = config.public_endpoint.as_deref();
    match url.scheme() {
        "file" if public_endpoint.is_some() => {
            Err(Error::invalid("a public endpoint of the blobs", "is of use for s3, gs or az alone, not for file"))
        }
        "file" => disk::open(&url),
        "s3" => cloud::s3::open(&url, public_endpoint, variables),
        "gs" => cloud::gs::open(&url, public_endpoint, variables),
        "az" => cloud::az::open(&url, public_endpoint, variables),
        other => Err(Error::invalid(
            format!("the address of the blobs begins with {other}: and"),
            format!("must have a scheme that this build serves: {SERVED}"),
        )),
    }
}

impl Backend {
    /// Puts `bytes`. Signing for a cloud hashes them at the first poll, so where that takes long it happens on a
    /// thread of its own. Once begun, such a put goes on when the caller is dropped.
    pub(crate) async fn put(&self, path: &Path, bytes: Bytes, mode: PutMode) -> Result<PutResult, StoreError> {
        self.put_payload(path, bytes.into(), mode).await
    }

    /// Like [`Backend::put`], with bytes in pieces.
    pub(crate) async fn put_payload(
        &self,
        path: &Path,
        payload: PutPayload,
        mode: PutMode,
    ) -> Result<PutResult, StoreError> {
        if self.cloud.is_none() || payload.content_length() <= AT_ONCE {
            return self.store.put_opts(path, payload, mode.into()).await;
        }
        let (store, path) = (Arc::clone(&self.store), path.clone());
        apart(async move { store.put_opts(&path, payload, mode.into()).await }).await
    }

    /// Sends the next part of `upload`; hashed where [`Backend::put`] hashes.
    pub(crate) async fn put_part(
        &self,
        upload: &mut Box<dyn MultipartUpload>,
        part: PutPayload,
    ) -> Result<(), StoreError> {
        let sent = upload.put_part(part);
        if self.cloud.is_some() { apart(sent).await } else { sent.await }
    }
}

/// Polls `work` on a thread that may be busy for a while.
async fn apart<T, F>(work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
        .await
        .unwrap_or_else(|source| Err(StoreError::JoinError { source }))
}
