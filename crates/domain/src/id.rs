//! Ids: a prefix that says what it names, and random text that cannot be guessed.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use crate::Error;

/// The kinds of things that have ids, as types, so that ids cannot be mixed up.
pub mod kinds {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident = $prefix:literal, $what:literal;)*) => {$(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub enum $name {}
            impl super::IdKind for $name {
                const PREFIX: &'static str = $prefix;
                const WHAT: &'static str = $what;
            }
        )*};
    }
    kinds! {
        /// A module. Prefixes as in wire-spec Appendix B.
        Module = "mod", "Module";
        /// How the tests of a module would run: the module, by another face.
        TestConfig = "tc", "Test configuration";
        /// A version of a module.
        ModuleVersion = "modver", "Module version";
        /// An account, an environment, a module namespace, or the installation.
        Scope = "org", "Organization";
        /// An account, as the Scalr API has it: the scope, by another face.
        Account = "acc", "Account";
        /// An environment, likewise.
        Environment = "env", "Environment";
        /// A module namespace, likewise.
        ModuleNamespace = "modns", "Module namespace";
        /// A connection, as the Scalr API has it: by another face.
        VcsProvider = "vcs", "VCS provider";
        /// The commit that a version was made from: the version, by another face.
        VcsRevision = "vrb", "VCS revision";
        /// A connection to a Git host, by its OAuth client face.
        Connection = "oc", "OAuth client";
        /// The same connection, by its token face: equal text after the prefix.
        ConnectionToken = "ot", "OAuth token";
        /// The same connection, if it is a GitHub App: by the face of an installation.
        Installation = "ghain", "GitHub App installation";
        /// A repository at a Git host.
        Repository = "repo", "Repository";
        /// A person or service that calls.
        User = "user", "User";
        /// What a user may do in a scope.
        Membership = "mem", "Membership";
        /// An API token (never its secret).
        Token = "at", "Token";
        /// A unit of background work.
        Job = "job", "Job";
        /// A line of the audit log.
        Audit = "audit", "Audit entry";
        /// A delivery of a webhook.
        Delivery = "whd", "Delivery";
        /// A key and value that an owner put on a module or version.
        TagBinding = "tb", "Tag binding";
        /// What is said of a version that is deprecated: the version, by another face.
        Deprecation = "moddep", "Deprecation";
    }
}

/// What an [`Id`] names.
pub trait IdKind {
    /// The text before the `-`.
    const PREFIX: &'static str;
    /// How errors call it.
    const WHAT: &'static str;
}

/// `<prefix>-<16 characters>`: over 90 random bits, without look-alike characters.
pub struct Id<K>(String, PhantomData<fn() -> K>);

/// Base58: no `0`, `O`, `I`, `l`.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RANDOM_LENGTH: usize = 16;

impl<K: IdKind> Id<K> {
    /// A new id that nobody has.
    #[expect(clippy::expect_used, reason = "without a random source of the system nothing here can be safe")]
    pub fn random() -> Self {
        let mut bytes = [0u8; RANDOM_LENGTH];
        getrandom::fill(&mut bytes).expect("the system's random source");
        // The bias of the modulo costs a fraction of a bit, which ids can afford.
        let text: String =
            bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % 58)).map(|c| *c as char).collect();
        Self(format!("{}-{text}", K::PREFIX), PhantomData)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same random text under another prefix: one row with several faces.
    pub fn face<O: IdKind>(&self) -> Id<O> {
        let text = self.0.split_once('-').map_or("", |(_, text)| text);
        Id(format!("{}-{text}", O::PREFIX), PhantomData)
    }
}

impl<K: IdKind> FromStr for Id<K> {
    type Err = Error;

    /// Anything that is not an id of this kind names nothing, hence `NotFound`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let is_ours = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|rest| (1..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
        if is_ours { Ok(Self(text.to_owned(), PhantomData)) } else { Err(Error::not_found(K::WHAT)) }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a blob: the SHA-256 of its bytes, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobId(String);

impl BlobId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BlobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if is_hash { Ok(Self(text.to_owned())) } else { Err(Error::not_found("Blob")) }
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_what_they_name() {
        let id = Id::<kinds::Module>::random();
        assert!(id.as_str().starts_with("mod-"));
        assert_eq!(id.as_str().parse::<Id<kinds::Module>>().unwrap(), id);
        assert!(id.as_str().parse::<Id<kinds::User>>().is_err());
        assert_ne!(id, Id::random());
    }

    #[test]
    fn a_connection_has_several_faces() {
        let client = Id::<kinds::Connection>::random();
        let token = client.face::<kinds::ConnectionToken>();
        assert!(token.as_str().starts_with("ot-"));
        assert_eq!(token.face::<kinds::Connection>(), client);
    }
}
