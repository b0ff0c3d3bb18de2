//! Which address means which store.

use std::sync::Arc;

use domain::Error;
use object_store::ObjectStore;
use url::Url;

use crate::disk::{self, Disk};

/// Every scheme that [`open`] has an arm for.
const SERVED: &str = "file";

/// A store, and what only some stores need.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Only for a directory: what `object_store` leaves open there.
    pub(crate) disk: Option<Disk>,
    /// Size of one part of an upload in bytes: what each upload under way holds in memory.
    pub(crate) part_bytes: usize,
}

pub(crate) fn open(url: &str) -> Result<Backend, Error> {
    let parsed = Url::parse(url).map_err(|_| {
        Error::invalid("the address of the blobs", "must be a URL such as file:///var/lib/quarry/blobs")
    })?;
    match parsed.scheme() {
        "file" => disk::open(&parsed),
        other => Err(Error::invalid(
            format!("the address of the blobs begins with {other}: and"),
            format!("must have a scheme that this build serves: {SERVED}"),
        )),
    }
}
