//! Whether the store does what everything else relies on.

use bytes::Bytes;
use domain::Error;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt as _, PutMode};
use uuid::Uuid;

use crate::Blobs;
use crate::failure::translate;

const CHECKING: &str = "checking the blob store";

impl Blobs {
    /// For the start of a service: writes a probe under a fresh name, writes it again, reads it, removes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be written; [`Error::Invalid`] when it replaces what is there
    /// although told not to, as some servers do that call themselves S3: bytes would not be immutable there.
    pub async fn check(&self) -> Result<(), Error> {
        let probe = Path::from_iter(["probe".to_owned(), Uuid::new_v4().to_string()]);
        let checked = self.check_at(&probe).await;
        let removed = self.remove(&probe).await;
        checked.and(removed)
    }

    async fn check_at(&self, probe: &Path) -> Result<(), Error> {
        let store = &self.backend.store;
        let first = Bytes::from_static(b"first");
        let put = store.put_opts(probe, first.clone().into(), PutMode::Create.into()).await;
        put.map_err(|error| translate(CHECKING, error))?;

        match store.put_opts(probe, Bytes::from_static(b"second").into(), PutMode::Create.into()).await {
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {}
            Err(error) => return Err(translate(CHECKING, error)),
            Ok(_) => return Err(replaces()),
        }

        let found = store.get(probe).await.map_err(|error| translate(CHECKING, error))?;
        let bytes = found.bytes().await.map_err(|error| translate(CHECKING, error))?;
        if bytes == first { Ok(()) } else { Err(replaces()) }
    }
}

fn replaces() -> Error {
    Error::invalid(
        "the blob store",
        "must support conditional puts (If-None-Match): it replaced what it was told to keep",
    )
}
