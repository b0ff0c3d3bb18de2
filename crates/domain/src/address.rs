//! Names that clients put into addresses (wire-spec 1.3). A value of these types needs no further checking.

use std::{fmt, str::FromStr};

use crate::Error;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr, $reason:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok(Self(text.to_owned())) } else { Err(Error::invalid($what, $reason)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 64
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_')
}

/// `search` is a route of the registry API, so no namespace may be called so (wire-spec 4.2).
fn is_namespace(text: &str) -> bool {
    is_name(text) && !text.eq_ignore_ascii_case("search")
}

fn is_provider(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// As `git check-ref-format --branch` has it, and without control characters.
fn is_branch(text: &str) -> bool {
    let is_segment = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    (1..=255).contains(&text.len())
        && text != "@"
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
        && text.split('/').all(is_segment)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

name_type!(
    /// A branch of a repository, without `refs/heads/`.
    BranchName,
    "Branch",
    is_branch,
    "must be the name of a branch, such as `main` or `release/1.x`"
);
name_type!(
    /// The full name of a commit.
    CommitName,
    "Commit",
    is_commit,
    "must be the full name of a commit: 40 lower-case hexadecimal digits"
);
name_type!(
    /// The first part of an address: the name of an organization.
    Namespace,
    "Name",
    is_namespace,
    "must be 1 to 64 letters, digits, `-` or `_`, begin and end with a letter or digit, and not be `search`"
);
name_type!(
    /// The second part of an address: the name of the module.
    ModuleName,
    "Name",
    is_name,
    "must be 1 to 64 letters, digits, `-` or `_`, and begin and end with a letter or digit"
);
name_type!(
    /// The third part of an address: the provider, which the CLIs also call the target system.
    Provider,
    "Provider",
    is_provider,
    "must be 1 to 64 lower-case letters or digits"
);

/// Where a module is installed from: `namespace/name/provider`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModuleAddress {
    pub namespace: Namespace,
    pub name: ModuleName,
    pub provider: Provider,
}

impl fmt::Display for ModuleAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.namespace, self.name, self.provider)
    }
}

/// What the last segment of a repository or directory name says about the module in it (wire-spec 18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryName {
    pub provider: Provider,
    pub name: ModuleName,
}

impl RepositoryName {
    /// Reads `terraform-<PROVIDER>-<NAME>`, split at the first two hyphens; `None` for any other form.
    pub fn find(path: &str) -> Option<Self> {
        let last = path.rsplit('/').next()?;
        let (provider, name) = last.strip_prefix("terraform-")?.split_once('-')?;
        Some(Self { provider: provider.parse().ok()?, name: name.parse().ok()? })
    }
}

/// A directory inside a repository: relative, with `/`, without `.` or `..`; empty for the top.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SourceDirectory(String);

impl SourceDirectory {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Stands undecoded in the addresses of archives, where these would mean something else to the CLIs.
const UNSAFE: &str = "\\?#*[]%";

impl FromStr for SourceDirectory {
    type Err = Error;

    /// A leading `./` and a trailing `/` are dropped.
    fn from_str(text: &str) -> Result<Self, Error> {
        let relative = if text == "." { "" } else { text };
        let trimmed = relative.strip_prefix("./").unwrap_or(relative).trim_end_matches('/');
        let is_segment = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.chars().any(|c| c.is_control() || UNSAFE.contains(c))
        };
        let is_clean = trimmed.len() <= 1024 && (trimmed.is_empty() || trimmed.split('/').all(is_segment));
        if is_clean && !text.starts_with('/') {
            Ok(Self(trimmed.to_owned()))
        } else {
            Err(Error::invalid(
                "Source directory",
                "must be a relative path inside the repository, without `..` and the characters \\ ? # * [ ] %",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_commits_follow_the_grammar_of_git() {
        for good in ["main", "release/1.x", "ä", "a.b", "HEAD2", "@a", &"a".repeat(255)] {
            assert!(good.parse::<BranchName>().is_ok(), "{good}");
        }
        let bad = ["", "@", "-a", "a.", "a..b", "a@{b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a\nb"];
        for bad in bad.into_iter().chain(["/a", "a/", "a//b", "a/.b", ".a", "a.lock", "a.lock/b", &"a".repeat(256)]) {
            assert!(bad.parse::<BranchName>().is_err(), "{bad}");
        }
        assert!("0123456789abcdef0123456789abcdef01234567".parse::<CommitName>().is_ok());
        for bad in
            ["", "0123456", "0123456789ABCDEF0123456789abcdef01234567", "g123456789abcdef0123456789abcdef01234567"]
        {
            assert!(bad.parse::<CommitName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_follow_the_grammar_of_the_clients() {
        for good in ["a", "vpc", "Big_Name-2", &"a".repeat(64)] {
            assert!(good.parse::<ModuleName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "_a", "a.b", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<ModuleName>().is_err(), "{bad}");
        }
        assert!("aws".parse::<Provider>().is_ok());
        assert!("AWS".parse::<Provider>().is_err());
        assert!("a-b".parse::<Provider>().is_err());
        assert!("search".parse::<Namespace>().is_err());
    }

    #[test]
    fn repository_names_split_at_the_first_two_hyphens() {
        let found = RepositoryName::find("acme/terraform-google-kubernetes-engine").unwrap();
        assert_eq!((found.provider.as_str(), found.name.as_str()), ("google", "kubernetes-engine"));
        for other in ["acme/network", "terraform-aws", "terraform--vpc", "terraform-AWS-vpc", ""] {
            assert_eq!(RepositoryName::find(other), None, "{other}");
        }
    }

    #[test]
    fn source_directories_stay_inside() {
        for (written, stored) in [("", ""), ("modules/vpc", "modules/vpc"), ("./a/", "a"), (".", "")] {
            assert_eq!(written.parse::<SourceDirectory>().map(|it| it.0).ok().as_deref(), Some(stored), "{written}");
        }
        for bad in ["/a", "..", "a/../b", "a//b", "a\\b", "a/./b"] {
            assert!(bad.parse::<SourceDirectory>().is_err(), "{bad}");
        }
    }
}
