//! What all requests of an archivist share.

use std::sync::Arc;

use blobs::Blobs;
use signed_link::LinkKeys;
use store::Store;

/// What an archivist needs to know before it answers.
#[derive(Debug)]
pub struct Config {
    /// Those of the gateways whose links are honoured.
    pub link_keys: LinkKeys,
    /// Downloads are sent to a presigned address of the store, instead of streamed and verified here. Then it is the
    /// client alone who verifies, by the checksum that every link of a gateway carries.
    pub redirects: bool,
}

/// An archivist: cheap to clone, one for the whole process.
#[derive(Clone)]
pub struct Archivist {
    pub(crate) state: Arc<State>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    /// For uploads alone: what goes out needs no database.
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
}

impl Archivist {
    pub fn new(config: Config, store: Store, blobs: Blobs) -> Self {
        Self { state: Arc::new(State { config, store, blobs }) }
    }
}
