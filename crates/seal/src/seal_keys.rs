//! Secrets at rest: XChaCha20-Poly1305, written as `v1.<kid>.<base64url of nonce and ciphertext>`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use domain::Error;

use crate::Secret;
use domain::key_text::{self, NamedKey};

const WHAT: &str = "the seal keys";
const OPENING: &str = "opening a sealed secret";
const FORMAT: &str = "v1";
const NONCE_BYTES: usize = 24;

/// Keys for secrets at rest: the first one seals, every one opens. Prints without its secrets.
#[derive(Clone)]
pub struct SealKeys {
    sealing: NamedKey,
    retired: Vec<NamedKey>,
}

impl SealKeys {
    /// Reads `kid:key[,kid:key]`: a kid is 1 to 32 of `A-Z a-z 0-9 - _`, a key 32 bytes in base64url or hex.
    /// To rotate, put the new key first, seal again what [`SealKeys::needs_rewrap`], then drop the old one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list, a short, malformed, repeated or placeholder key. Never repeats the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys = key_text::parse(WHAT, text)?.into_iter();
        let sealing = keys.next().ok_or_else(|| Error::invalid(WHAT, "must hold at least one key"))?;
        Ok(Self { sealing, retired: keys.collect() })
    }

    /// One fresh key under a fresh id, in the form that [`SealKeys::parse`] reads: what belongs in a key file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the system gives no randomness.
    pub fn generate() -> Result<String, Error> {
        key_text::generate()
    }

    /// Seals `plain` so that it opens only with the same `bound_to`: its place, as `table|row|column`.
    /// The result is text of `A-Z a-z 0-9 - _ .`, and new each time. The length of `plain` is not hidden.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the system gives no randomness.
    pub fn seal(&self, plain: &[u8], bound_to: &str) -> Result<String, Error> {
        let nonce: [u8; NONCE_BYTES] = key_text::random()?;
        let aad = associated_data(bound_to);
        let sealed = cipher(&self.sealing)
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: aad.as_bytes() })
            .map_err(|source| Error::internal("sealing a secret", source.to_string()))?;
        let body = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{FORMAT}.{}.{body}", self.sealing.id))
    }

    /// The bytes given to [`SealKeys::seal`] with the same `bound_to`.
    ///
    /// # Errors
    /// [`Error::Internal`] when it was altered, moved to another place, or its key is not among ours. Its cause
    /// names at most the key's id.
    pub fn open(&self, sealed: &str, bound_to: &str) -> Result<Vec<u8>, Error> {
        let (id, body) = split(sealed).ok_or_else(|| Error::internal(OPENING, "it is not in the form of a seal"))?;
        let key = std::iter::once(&self.sealing)
            .chain(&self.retired)
            .find(|key| key.id == id)
            .ok_or_else(|| Error::internal(OPENING, format!("its key {id:?} is not among the seal keys")))?;
        decrypt(key, body, bound_to)
            .ok_or_else(|| Error::internal(OPENING, format!("it was altered, moved, or key {id:?} is another one")))
    }

    /// [`SealKeys::open`] for what was text.
    ///
    /// # Errors
    /// Those of [`SealKeys::open`], and [`Error::Internal`] when the bytes are not UTF-8.
    pub fn open_text(&self, sealed: &str, bound_to: &str) -> Result<Secret, Error> {
        let plain = self.open(sealed, bound_to)?;
        // The cause would hold the bytes, so it is left out.
        String::from_utf8(plain).map(Secret::from).map_err(|_| Error::internal(OPENING, "it is not text"))
    }

    /// Whether `sealed` is under another key than the first, and should be opened and sealed again.
    pub fn needs_rewrap(&self, sealed: &str) -> bool {
        split(sealed).is_none_or(|(id, _)| id != self.sealing.id)
    }
}

impl fmt::Debug for SealKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKeys(***)")
    }
}

/// The id of the key and the encoded rest.
fn split(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(FORMAT)?.strip_prefix('.')?.split_once('.')
}

fn decrypt(key: &NamedKey, body: &str, bound_to: &str) -> Option<Vec<u8>> {
    let body = URL_SAFE_NO_PAD.decode(body).ok()?;
    let (nonce, msg) = body.split_first_chunk::<NONCE_BYTES>()?;
    let aad = associated_data(bound_to);
    cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg, aad: aad.as_bytes() }).ok()
}

fn cipher(key: &NamedKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(key.bytes))
}

/// Also parts these seals from anything else the same key might ever be used for.
fn associated_data(bound_to: &str) -> String {
    format!("quarry.seal.{FORMAT}|{bound_to}")
}
