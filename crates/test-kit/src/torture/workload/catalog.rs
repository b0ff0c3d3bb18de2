//! Which modules can be installed, as far as the clients know.

use std::sync::{Mutex, PoisonError};

use super::super::random::Random;

/// Address and, of those that come from Git, id.
pub(super) type Known = (String, Option<String>);

#[derive(Default)]
pub(super) struct Catalog(Mutex<Vec<Known>>);

impl Catalog {
    pub(super) fn add(&self, address: &str, id: Option<&str>) {
        let known = (address.to_owned(), id.map(str::to_owned));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(known);
    }

    pub(super) fn remove(&self, address: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| known != address);
    }

    pub(super) fn pick(&self, random: &mut Random) -> Option<Known> {
        random.pick(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).cloned()
    }
}
