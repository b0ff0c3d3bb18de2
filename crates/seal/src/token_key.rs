//! API tokens as the database knows them: an HMAC-SHA-256 under a key it does not hold.

use std::fmt;

use domain::Error;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use domain::key_text;

use crate::{Secret, same, token};

const WHAT: &str = "the token key";

/// The key under which tokens are hashed. Whoever has only the database can neither use nor guess a token.
/// Changing it revokes every token.
#[derive(Clone)]
pub struct TokenKey(Hmac<Sha256>);

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// Shown to its owner once and then forgotten.
    pub clear: Secret,
    /// What is stored: 64 lower-case hexadecimal digits.
    pub hash: String,
}

impl TokenKey {
    /// Reads 32 bytes in base64url or hex.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a blank, short, malformed or placeholder key. Never repeats the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = key_text::parse_key(text.trim()).map_err(|reason| Error::invalid(WHAT, reason))?;
        let hmac = Hmac::new_from_slice(&bytes).map_err(|source| Error::internal("reading the token key", source))?;
        Ok(Self(hmac))
    }

    /// A fresh key, in the form that [`TokenKey::parse`] reads: what belongs in a key file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the system gives no randomness.
    pub fn generate() -> Result<String, Error> {
        key_text::generate_key()
    }

    /// A fresh token of 160 random bits and its hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the system gives no randomness.
    pub fn new_token(&self) -> Result<NewToken, Error> {
        let clear = token::draw()?;
        let hash = self.hash(&clear);
        Ok(NewToken { clear: clear.into(), hash })
    }

    /// What the database holds for the token `clear`: 64 lower-case hexadecimal digits.
    pub fn hash(&self, clear: &str) -> String {
        hex::encode(self.0.clone().chain_update(clear).finalize().into_bytes())
    }

    /// Whether `hash` is that of `clear`, compared in constant time.
    pub fn matches(&self, clear: &str, hash: &str) -> bool {
        same(self.hash(clear).as_bytes(), hash.as_bytes())
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(***)")
    }
}
