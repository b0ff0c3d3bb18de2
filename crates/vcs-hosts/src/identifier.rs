//! The name of a repository on its host.

use std::fmt;
use std::str::FromStr;

use domain::Error;

const WHAT: &str = "identifier";
const LONGEST: usize = 512;
const SUFFIX: &str = ".git";

/// The path of a repository below its host's address, as `organization/repository`; one segment or more.
/// Safe to append to an address: neither an option, nor a way out of a directory, nor in need of escapes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier(String);

impl Identifier {
    /// The path without `.git` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment: what the repository is called.
    pub fn repository(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for Identifier {
    type Err = Error;

    /// One `.git` at the end is dropped. [`Error::Invalid`] says what is wrong.
    fn from_str(text: &str) -> Result<Self, Error> {
        let path = text.strip_suffix(SUFFIX).unwrap_or(text);
        check(path).map_err(|reason| Error::invalid(WHAT, reason))?;
        Ok(Self(path.to_owned()))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(path: &str) -> Result<(), &'static str> {
    if path.len() > LONGEST {
        return Err("must not be longer than 512 bytes");
    }
    // What is stored must read back as itself.
    if path.ends_with(SUFFIX) {
        return Err("must not end in .git more than once");
    }
    path.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    if segment.is_empty() {
        return Err("must be a path such as organization/repository, without empty segments");
    }
    if segment == "." || segment == ".." {
        return Err("must not contain the segments . or ..");
    }
    if segment.starts_with('-') {
        return Err("must not have a segment that begins with -");
    }
    if !segment.chars().all(|c| c.is_ascii_alphanumeric() || "._~-".contains(c)) {
        return Err("must consist of letters, digits, `.`, `_`, `~`, `-` and `/`");
    }
    Ok(())
}
