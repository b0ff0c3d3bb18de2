//! The name of an object.

use std::fmt;
use std::str::FromStr;

use domain::Error;
use serde::{Deserialize, Serialize};

/// The SHA-1 of an object. Its text form is forty hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    pub(crate) fn git(self) -> Result<git2::Oid, Error> {
        git2::Oid::from_bytes(&self.0).map_err(|error| Error::internal("reading an object id", error))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == [0; 20]
    }
}

impl From<git2::Oid> for ObjectId {
    fn from(oid: git2::Oid) -> Self {
        let mut bytes = [0; 20];
        bytes.iter_mut().zip(oid.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let complete = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let oid = if complete { git2::Oid::from_str(text).ok() } else { None };
        let shown: String = text.chars().take(80).collect();
        oid.map(Self::from).ok_or_else(|| Error::invalid(format!("{shown:?}"), "is not a Git object id of 40 digits"))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}
