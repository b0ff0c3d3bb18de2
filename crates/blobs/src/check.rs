//! Whether the store does what everything else relies on.

use bytes::Bytes;
use domain::Error;
use object_store::client::HttpErrorKind;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt as _, PutMode};
use uuid::Uuid;

use crate::answer::Answer;
use crate::blobs::collect;
use crate::cloud::Cloud;
use crate::failure::translate;
use crate::{Blobs, key};

const CHECKING: &str = "checking the blob store";

impl Blobs {
    /// For the start of a service: lists uploads, looks for a probe under a fresh name, writes it, writes it again,
    /// reads it, removes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be used, with what to look at; [`Error::Invalid`] when it
    /// replaces what is there although told not to, as some servers do that call themselves S3: bytes would not be
    /// immutable there.
    pub async fn check(&self) -> Result<(), Error> {
        let probe = Path::from_iter(["probe".to_owned(), Uuid::new_v4().to_string()]);
        self.look_around(&probe).await?;
        let checked = self.check_at(&probe).await;
        let removed = self.backend.store.delete(&probe).await.map_err(|error| self.explain(error));
        checked.and(removed)
    }

    /// Reads before it writes: there are servers that make a missing bucket with the first put. Without the right to
    /// list, S3 answers 403 to who asks for what is not there, and nobody could tell what is.
    async fn look_around(&self, probe: &Path) -> Result<(), Error> {
        let listed = self.backend.store.list_with_delimiter(Some(&Path::from(key::STAGING))).await;
        listed.map_err(|error| self.explain(error))?;
        match self.backend.store.get(probe).await {
            Err(error @ StoreError::NotFound { .. }) if !Answer::of(&error).lacks_bucket() => Ok(()),
            Err(error) => Err(self.explain(error)),
            Ok(_) => Err(Error::internal(CHECKING, "the store has bytes under a name that was never used")),
        }
    }

    async fn check_at(&self, probe: &Path) -> Result<(), Error> {
        let backend = &self.backend;
        let first = Bytes::from_static(b"first");
        backend.put(probe, first.clone(), PutMode::Create).await.map_err(|error| self.explain(error))?;

        match backend.put(probe, Bytes::from_static(b"second"), PutMode::Create).await {
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {}
            Err(error) => return Err(self.explain(error)),
            Ok(_) => return Err(replaces()),
        }

        let found = backend.store.get(probe).await.map_err(|error| self.explain(error))?;
        if collect(CHECKING, found).await? == first { Ok(()) } else { Err(replaces()) }
    }

    /// `error`, and what to look at.
    fn explain(&self, error: StoreError) -> Error {
        let answer = Answer::of(&error);
        let advice = self.backend.cloud.and_then(|cloud| advice(cloud, &answer));
        let translated = translate(CHECKING, error);
        match advice {
            Some(advice) if !matches!(translated, Error::NoSpace { .. }) => {
                Error::unavailable(CHECKING, format!("{}. Look at {advice}", answer.describe()))
            }
            _ => translated,
        }
    }
}

fn advice(cloud: &Cloud, answer: &Answer) -> Option<String> {
    let Cloud { bucket, credentials, endpoint, .. } = cloud;
    let code = answer.code.as_deref().unwrap_or_default();
    match answer.status {
        _ if code == "RequestTimeTooSkewed" => Some("the clock of this machine".to_owned()),
        Some(403) if code == "AccessDenied" || code == "AuthorizationPermissionMismatch" => Some(format!(
            "the rights of the credentials: they must allow to read, write, delete and list in this {bucket}"
        )),
        Some(401 | 403) => Some(credentials.to_string()),
        Some(404) => Some(format!("the address of the blobs, whose {bucket} must exist, and {endpoint}")),
        Some(300..=400) => Some(format!("{endpoint}, and whether the {bucket} is there")),
        Some(_) => None,
        None if answer.lacks_credentials() => Some(credentials.to_string()),
        None if matches!(answer.silence, Some(HttpErrorKind::Connect | HttpErrorKind::Timeout)) => {
            Some(format!("{endpoint}, and whether the network lets us through"))
        }
        None => None,
    }
}

fn replaces() -> Error {
    Error::invalid(
        "the blob store",
        "must support conditional puts (If-None-Match): it replaced what it was told to keep",
    )
}
