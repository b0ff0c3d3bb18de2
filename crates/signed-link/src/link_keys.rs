//! The keys that make links and check them.

use std::fmt;

use domain::Error;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};

use crate::link::{Link, LinkError, Purpose};
use domain::key_text;

const WHAT: &str = "the link keys";

/// A token of ours has some 250 characters; what is longer than this is refused unread.
const LONGEST_TOKEN: usize = 1024;

/// Keys for links: the first one seals, every one opens. Prints without its secrets.
#[derive(Clone)]
pub struct LinkKeys {
    signing: Key,
    retired: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: SymmetricKey<V4>,
}

impl LinkKeys {
    /// Reads `kid:key[,kid:key]`: a kid is 1 to 32 of `A-Z a-z 0-9 - _`, a key 32 bytes in base64url or hex.
    /// To rotate, put the new key first and drop the old one once its longest link is over.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list, a short, malformed, repeated or placeholder key. Never repeats the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for named in key_text::parse(WHAT, text)? {
            let secret =
                SymmetricKey::from(&named.bytes).map_err(|source| Error::internal("reading a link key", source))?;
            keys.push(Key { id: named.id, secret });
        }
        let mut keys = keys.into_iter();
        let signing = keys.next().ok_or_else(|| Error::invalid(WHAT, "must hold at least one key"))?;
        Ok(Self { signing, retired: keys.collect() })
    }

    /// One fresh key under a fresh id, in the form that [`LinkKeys::parse`] reads: what belongs in a key file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the system gives no randomness.
    pub fn generate() -> Result<String, Error> {
        key_text::generate()
    }

    /// The token for `link`: about 250 characters of `A-Z a-z 0-9 - _ .`, two of them never equal. It is a secret.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system gives no randomness.
    pub fn seal(&self, link: &Link) -> Result<String, Error> {
        let purpose = link.purpose();
        let footer = format!("{}.{}", self.signing.id, purpose.as_str());
        let claims = link.to_claims()?;
        let assertion = purpose.implicit_assertion();
        LocalToken::encrypt(&self.signing.secret, &claims, Some(footer.as_bytes()), Some(assertion))
            .map_err(|source| Error::internal("sealing a link", source))
    }

    /// What `token` allows at `now` (Unix seconds). There is no leeway past the expiry.
    ///
    /// # Errors
    /// [`LinkError::Expired`] only for a token that is ours and unaltered, [`LinkError::Invalid`] for anything else.
    pub fn open(&self, token: &str, now: i64) -> Result<Link, LinkError> {
        let link = self.decrypt(token).ok_or(LinkError::Invalid)?;
        if now >= link.expires_at {
            return Err(LinkError::Expired);
        }
        Ok(link)
    }

    fn decrypt(&self, token: &str) -> Option<Link> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let untrusted = UntrustedToken::<Local, V4>::try_from(token).ok()?;
        let footer = std::str::from_utf8(untrusted.untrusted_footer()).ok()?;
        let (id, purpose) = footer.split_once('.')?;
        let purpose = Purpose::parse(purpose)?;
        let key = std::iter::once(&self.signing).chain(&self.retired).find(|key| key.id == id)?;
        let trusted = LocalToken::decrypt(
            &key.secret,
            &untrusted,
            Some(untrusted.untrusted_footer()),
            Some(purpose.implicit_assertion()),
        );
        Link::from_claims(purpose, trusted.ok()?.payload())
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKeys(***)")
    }
}
