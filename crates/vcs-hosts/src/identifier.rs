//! The name of a repository on its host.

use std::fmt;
use std::str::FromStr;

use domain::Error;

use crate::HostKind;
use crate::azure::AzureNames;
use crate::family::Family;

const WHAT: &str = "identifier";
const LONGEST: usize = 512;
const SUFFIX: &str = ".git";

/// The path of a repository below its host's address, as `organization/repository`; one segment or more.
/// Safe to append to an address: neither an option, nor a way out of a directory, and nothing but single spaces, which
/// only names of Azure DevOps have, is in need of escapes.
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

    /// Succeeds for a path of the form that repositories have on hosts of this kind (wire-spec 17.3).
    ///
    /// # Errors
    /// [`Error::Invalid`], which says what the form is.
    pub fn check_for(&self, kind: HostKind) -> Result<(), Error> {
        let family = kind.family();
        if family != Family::Azure && self.0.contains(' ') {
            return Err(Error::invalid(WHAT, format!("must not contain spaces on {}", kind.display_name())));
        }
        let names = self.segments().count();
        let (fits, form) = match family {
            Family::Git => (true, "a path"),
            Family::Github | Family::Gitea => (names == 2, "owner/repository"),
            Family::Gitlab => (names >= 2, "group/project, perhaps with subgroups between them"),
            Family::BitbucketCloud => (names == 2, "workspace/repository"),
            Family::BitbucketServer => (names == 2, "KEY/repository, or ~user/repository"),
            Family::Azure => (AzureNames::parse(self).is_some(), AzureNames::form(kind)),
        };
        if fits {
            return Ok(());
        }
        Err(Error::invalid(WHAT, format!("must be {form} on {}", kind.display_name())))
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
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
    if segment.trim() != segment || segment.contains("  ") {
        return Err("must not have spaces but single ones inside a name");
    }
    if !segment.chars().all(|c| c.is_ascii_alphanumeric() || "._~- ".contains(c)) {
        return Err("must consist of letters, digits, `.`, `_`, `~`, `-` and `/`");
    }
    Ok(())
}
