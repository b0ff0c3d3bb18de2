//! A semantic version in the one spelling the registry stores.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::Error;

/// A semantic version (semver.org 2.0.0) in normal form: three numbers, no leading `v`, build metadata kept.
///
/// Ordered by precedence, with build metadata as the last word so that the order is total.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(semver::Version);

/// Longer strings are refused: nobody's release is called so.
const MAX_LENGTH: usize = 128;

impl Version {
    /// Parses what a user or client wrote: a leading `v` is dropped, `1` and `1.2` are filled up with zeros.
    pub fn parse_lenient(text: &str) -> Result<Self, Error> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let (numbers, rest) = bare.split_at(bare.find(['-', '+']).unwrap_or(bare.len()));
        let filled = match numbers.split('.').count() {
            1 => format!("{numbers}.0.0{rest}"),
            2 => format!("{numbers}.0{rest}"),
            _ => bare.to_owned(),
        };
        filled.parse().map_err(|_| invalid(text))
    }

    /// True for `1.0.0-rc1` and the like, which constraints only choose when named exactly.
    pub fn is_pre_release(&self) -> bool {
        !self.0.pre.is_empty()
    }
}

fn invalid(text: &str) -> Error {
    let shown: String = text.chars().take(40).collect();
    Error::invalid("Version", format!("must be a semantic version such as 1.2.3, not {shown:?}"))
}

impl FromStr for Version {
    type Err = Error;

    /// Strict: exactly `x.y.z[-pre][+build]`.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(invalid(text));
        }
        semver::Version::parse(text).map(Self).map_err(|_| invalid(text))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_write_is_normalised() {
        for (written, stored) in [
            ("1.2.3", "1.2.3"),
            ("v1.2.3", "1.2.3"),
            ("1", "1.0.0"),
            ("1.0", "1.0.0"),
            ("1.2-rc1", "1.2.0-rc1"),
            ("1.2.3+linux", "1.2.3+linux"),
        ] {
            assert_eq!(Version::parse_lenient(written).unwrap().to_string(), stored);
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "v", "1.2.3.4", "01.2.3", "1.2.x", "latest", "1.2.3 ", "../1.0.0"] {
            assert!(Version::parse_lenient(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_pre_release_comes_before_its_release() {
        let parse = |text: &str| text.parse::<Version>().unwrap();
        assert!(parse("1.0.0-rc1") < parse("1.0.0"));
        assert!(parse("1.9.0") < parse("1.10.0"));
    }
}
