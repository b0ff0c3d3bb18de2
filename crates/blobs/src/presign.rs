//! Sending a client to the store itself.

use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use object_store::Error as StoreError;
use object_store::path::Path;
use object_store::signer::{Method, Signer};

use crate::failure::translate;
use crate::{Blobs, key};

/// The longest life of an address that all clouds allow.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Signs addresses, for the endpoint that clients use.
#[derive(Clone)]
pub(crate) struct Presigner {
    signer: Arc<dyn Signer>,
    prefix: Path,
}

impl Presigner {
    pub(crate) fn new(signer: Arc<dyn Signer>, prefix: Path) -> Self {
        Self { signer, prefix }
    }
}

impl Blobs {
    /// Whether this kind of store can be read by clients directly, with an address of
    /// [`presigned_get`](Self::presigned_get). A directory cannot.
    #[must_use]
    pub fn can_presign(&self) -> bool {
        self.backend.presigner.is_some()
    }

    /// An address from which anybody can read what is under `sha256_hex`, for `life` from now (1 second to 7 days).
    /// It points at the public endpoint. Does not look whether anything is there, and **nobody verifies** what is
    /// read there but the client: give it the checksum. The address is a secret for as long as it lives.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the store, or the kind of its credentials, does not allow it.
    pub async fn presigned_get(&self, sha256_hex: &str, life: Duration) -> Result<String, Error> {
        let blob = key::blob(sha256_hex)?;
        let Some(presigner) = &self.backend.presigner else {
            return Err(Error::invalid("the blob store", "must be s3, gs or az to give out addresses for downloads"));
        };
        if !(Duration::from_secs(1)..=LONGEST).contains(&life) {
            return Err(Error::invalid("the life of an address", "must be between 1 second and 7 days"));
        }
        let path: Path = presigner.prefix.parts().chain(blob.parts()).collect();
        match presigner.signer.signed_url(Method::GET, &path, life).await {
            Ok(url) => Ok(url.into()),
            Err(StoreError::NotSupported { .. } | StoreError::NotImplemented { .. }) => Err(Error::invalid(
                "the blob store",
                "must have credentials of a kind that can sign addresses for downloads",
            )),
            Err(error) => Err(translate("signing an address for a download", error)),
        }
    }
}
