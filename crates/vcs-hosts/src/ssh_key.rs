//! Deploy keys.

use domain::Error;
use russh::keys::{Algorithm, decode_secret_key};

/// Succeeds for a private key that repositories can be fetched with over SSH: Ed25519, ECDSA or RSA, in the form of OpenSSH
/// or in PEM form (PKCS#1 or PKCS#8), without a passphrase.
///
/// # Errors
/// [`Error::Invalid`] for `name`, where the key was given. Never repeats it.
pub fn check_ssh_key(name: &'static str, key: &str) -> Result<(), Error> {
    let invalid = |reason: &str| Err(Error::invalid(name, reason));
    match decode_secret_key(key, None).map(|key| key.algorithm()) {
        Ok(Algorithm::Ed25519 | Algorithm::Ecdsa { .. } | Algorithm::Rsa { .. }) => Ok(()),
        Ok(_) => invalid("must be an Ed25519, ECDSA or RSA key"),
        Err(russh::keys::Error::KeyIsEncrypted) => invalid("must be a key without a passphrase"),
        Err(_) => invalid(
            "must be a private key as ssh-keygen writes it, from its BEGIN line to its END line, without a passphrase",
        ),
    }
}
