//! Proofs that a sender knows the secret. All comparisons take the same time, whatever differs.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::headers::Found;
use super::{Headers, Refused};

const DIGEST_BYTES: usize = 32;

/// A header that holds the HMAC-SHA-256 of the body under the secret.
pub(super) struct Signature {
    header: &'static str,
    prefix: &'static str,
}

impl Signature {
    /// `sha256=` and the digits.
    pub(super) const fn prefixed(header: &'static str) -> Self {
        Self { header, prefix: "sha256=" }
    }

    /// The digits alone.
    pub(super) const fn bare(header: &'static str) -> Self {
        Self { header, prefix: "" }
    }

    fn check(&self, value: &[u8], secret: &str, body: &[u8]) -> Result<(), Refused> {
        let Some(digest) = value.strip_prefix(self.prefix.as_bytes()).and_then(digest) else {
            let form = format!("{}<64 lower-case hexadecimal digits>", self.prefix);
            return Err(Refused::Malformed { header: self.header, form });
        };
        let hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        let fits = hmac.is_ok_and(|hmac| hmac.chain_update(body).verify_slice(&digest).is_ok());
        if fits { Ok(()) } else { Err(Refused::Wrong { header: self.header }) }
    }
}

/// Succeeds when at least one of `signatures` came, and every one that came fits `body`.
pub(super) fn verify(
    signatures: &[Signature],
    secret: &str,
    headers: &Headers<'_>,
    body: &[u8],
) -> Result<(), Refused> {
    let mut proved = false;
    for signature in signatures {
        match headers.find(signature.header) {
            Found::Never => {}
            Found::Once(value) => {
                signature.check(value, secret, body)?;
                proved = true;
            }
            Found::Repeatedly => return Err(Refused::Repeated { header: signature.header }),
        }
    }
    if proved { Ok(()) } else { Err(missing(signatures)) }
}

/// The value of a header that must come exactly once.
pub(super) fn once<'a>(headers: &Headers<'a>, header: &'static str) -> Result<&'a [u8], Refused> {
    match headers.find(header) {
        Found::Never => Err(Refused::Missing { header: header.to_owned() }),
        Found::Once(value) => Ok(value),
        Found::Repeatedly => Err(Refused::Repeated { header }),
    }
}

/// Succeeds when `header` gave exactly what was `expected`.
pub(super) fn same(header: &'static str, given: &[u8], expected: &[u8]) -> Result<(), Refused> {
    if given.ct_eq(expected).into() { Ok(()) } else { Err(Refused::Wrong { header }) }
}

/// Only the spelling that the hosts send: one signature has one form.
fn digest(text: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
    if text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut digest = [0; DIGEST_BYTES];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

fn missing(signatures: &[Signature]) -> Refused {
    let headers: Vec<&str> = signatures.iter().map(|signature| signature.header).collect();
    Refused::Missing { header: headers.join(" or ") }
}
