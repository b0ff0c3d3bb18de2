//! Who calls, and what follows from the access that a route documents.

use anyhow::{Result, bail};

/// From those who are nobody to those who may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    WithoutToken,
    /// With something that is no token of ours.
    Malformed,
    Revoked,
    Expired,
    /// Owns another organization.
    OthersOwner,
    /// A user without any membership, with a token that allows all it may do.
    Stranger,
    Reader,
    Publisher,
    Owner,
    Administrator,
}

/// What a caller is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// What the route is there for.
    Good,
    /// What is told of a thing that does not exist.
    Missing,
    /// That it may be seen and not be done.
    Forbidden,
    /// That the token is none.
    Unauthorized,
}

impl Expected {
    /// Of a route with this good status.
    pub(crate) const fn status(self, good: u16) -> u16 {
        match self {
            Self::Good => good,
            Self::Missing => 404,
            Self::Forbidden => 403,
            Self::Unauthorized => 401,
        }
    }
}

impl Caller {
    pub(crate) const ALL: [Self; 10] = [
        Self::WithoutToken,
        Self::Malformed,
        Self::Revoked,
        Self::Expired,
        Self::OthersOwner,
        Self::Stranger,
        Self::Reader,
        Self::Publisher,
        Self::Owner,
        Self::Administrator,
    ];

    fn is_known(self) -> bool {
        !matches!(self, Self::WithoutToken | Self::Malformed | Self::Revoked | Self::Expired)
    }

    /// What follows from `x-access` of a route, for things of `acme`, for tokens of `acme` and of the stranger.
    /// `forbids`: who may see them and not do this is told so.
    pub(crate) fn expects(self, access: &str, forbids: bool) -> Result<Expected> {
        let may = match access {
            "open" => return Ok(Expected::Good),
            _ if !self.is_known() => return Ok(Expected::Unauthorized),
            "caller" => true,
            "reader" => matches!(self, Self::Reader | Self::Publisher | Self::Owner | Self::Administrator),
            "publisher" => matches!(self, Self::Publisher | Self::Owner | Self::Administrator),
            "owner" | "holder" => matches!(self, Self::Owner | Self::Administrator),
            "user" | "full-user" => matches!(self, Self::Stranger | Self::Administrator),
            "administrator" => self == Self::Administrator,
            other => bail!("the matrix does not know what x-access `{other}` means"),
        };
        let sees = matches!(self, Self::Reader | Self::Publisher | Self::Owner | Self::Administrator);
        Ok(match may {
            true => Expected::Good,
            false if forbids && sees => Expected::Forbidden,
            false => Expected::Missing,
        })
    }
}
