//! One store, one installation: two of them would purge what the other still needs.

use domain::Error;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStoreExt as _, PutMode};

use crate::Blobs;
use crate::blobs::collect;
use crate::failure::{translate, translate_missing};

const CLAIMING: &str = "claiming the blob store";
const MARKER: &str = "installation";
const LONGEST_ID: usize = 128;

/// Between a put that found a marker and a get that finds none, somebody removed it. Not for ever.
const ROUNDS: usize = 3;

impl Blobs {
    /// Makes this store that of `installation_id` (1 to 128 letters, digits, `-` or `_`) if it is nobody's, with a
    /// marker `installation` at its root. Safe to repeat, and for many at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it belongs to another installation, with both ids.
    pub async fn claim(&self, installation_id: &str) -> Result<(), Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let length = installation_id.len();
        if !(1..=LONGEST_ID).contains(&length) || !installation_id.bytes().all(allowed) {
            return Err(Error::invalid("the id of an installation", "must be 1 to 128 letters, digits, `-` or `_`"));
        }
        for _ in 0..ROUNDS {
            if let Some(owner) = self.find_or_set_owner(installation_id).await? {
                return if owner == installation_id { Ok(()) } else { Err(foreign(&owner, installation_id)) };
            }
        }
        Err(Error::unavailable(CLAIMING, "the marker of the installation comes and goes"))
    }

    /// Who owns the store now; `None` when the marker went away in between.
    async fn find_or_set_owner(&self, installation_id: &str) -> Result<Option<String>, Error> {
        let marker = Path::from(MARKER);
        let put = self.backend.put(&marker, installation_id.to_owned().into(), PutMode::Create).await;
        match put {
            Ok(_) => return Ok(Some(installation_id.to_owned())),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {}
            Err(error) => return Err(translate(CLAIMING, error)),
        }
        self.owner().await
    }

    /// The id of the installation whose store this is; `None` for a store that is nobody's yet.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn owner(&self) -> Result<Option<String>, Error> {
        match self.backend.store.get(&Path::from(MARKER)).await {
            Ok(found) => {
                let bytes = collect(CLAIMING, found).await?;
                Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
            }
            Err(error) => match translate_missing(CLAIMING, MARKER.to_owned(), error) {
                Error::NotFound { .. } => Ok(None),
                other => Err(other),
            },
        }
    }
}

fn foreign(owner: &str, installation_id: &str) -> Error {
    let owner: String = owner.chars().filter(|letter| !letter.is_control()).take(LONGEST_ID).collect();
    Error::invalid(
        "the blob store",
        format!(
            "must be one of its own for each installation: it belongs to installation `{owner}` and this one is \
             `{installation_id}`. Give this one another address of the blobs, or the database that belongs to them"
        ),
    )
}
