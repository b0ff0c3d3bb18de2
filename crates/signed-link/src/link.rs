//! What a link allows, and how that is written inside the token.

use domain::Error;
use serde::{Deserialize, Serialize};

/// What the holder of a link may do, with exactly one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Read one blob.
    Get {
        /// Lower-case hexadecimal SHA-256 of the blob, which is its key.
        blob: String,
        /// Length of the blob in bytes.
        size: u64,
    },
    /// Upload the bytes of one version.
    Put {
        /// Id of the version.
        version: String,
        /// More bytes than this are refused.
        max_bytes: u64,
    },
}

/// A grant and how long it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is allowed.
    pub grant: Grant,
    /// Unix seconds. The link is good before this second and not in it.
    pub expires_at: i64,
}

/// Why a token is not a link one may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not made by one of our keys, or altered since.
    #[error("the link is not valid")]
    Invalid,
    /// Ours and unaltered, but its time is over.
    #[error("the link has expired")]
    Expired,
}

/// The operation a token is for. It is in the footer as a hint and in the implicit assertion as a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Get,
    Put,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GetClaims {
    blob: String,
    size: u64,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutClaims {
    version: String,
    max: u64,
    exp: i64,
}

impl Purpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Get, Self::Put].into_iter().find(|purpose| purpose.as_str() == text)
    }

    pub(crate) fn implicit_assertion(self) -> &'static [u8] {
        match self {
            Self::Get => b"quarry.get.v1",
            Self::Put => b"quarry.put.v1",
        }
    }
}

impl Link {
    pub(crate) fn purpose(&self) -> Purpose {
        match self.grant {
            Grant::Get { .. } => Purpose::Get,
            Grant::Put { .. } => Purpose::Put,
        }
    }

    pub(crate) fn to_claims(&self) -> Result<Vec<u8>, Error> {
        let exp = self.expires_at;
        let written = match &self.grant {
            Grant::Get { blob, size } => serde_json::to_vec(&GetClaims { blob: blob.clone(), size: *size, exp }),
            Grant::Put { version, max_bytes } => {
                serde_json::to_vec(&PutClaims { version: version.clone(), max: *max_bytes, exp })
            }
        };
        written.map_err(|source| Error::internal("writing a link", source))
    }

    pub(crate) fn from_claims(purpose: Purpose, claims: &str) -> Option<Self> {
        Some(match purpose {
            Purpose::Get => {
                let GetClaims { blob, size, exp } = serde_json::from_str(claims).ok()?;
                Self { grant: Grant::Get { blob, size }, expires_at: exp }
            }
            Purpose::Put => {
                let PutClaims { version, max, exp } = serde_json::from_str(claims).ok()?;
                Self { grant: Grant::Put { version, max_bytes: max }, expires_at: exp }
            }
        })
    }
}
