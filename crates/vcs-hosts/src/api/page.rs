//! One page of a list, of which no more than the first is ever read.

use domain::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::payload::{self, List, Member};

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T: DeserializeOwned> {
    /// What Azure DevOps calls `value`.
    #[serde(alias = "value", default = "absent")]
    values: Member<List<T>>,
}

impl<T: DeserializeOwned> Page<T> {
    pub(super) fn list(self) -> Result<Vec<T>, Error> {
        payload::required(self.values, "values").map(|entries| entries.kept)
    }
}

fn absent<T: DeserializeOwned>() -> Member<List<T>> {
    Member::Absent
}
