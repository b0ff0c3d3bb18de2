//! As whom a GitHub App asks its host: by its key, with texts that its private key signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Error;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::HostKind;
use crate::api::Access;

const KEY: &str = "key";
const PRIVATE_KEY: &str = "oauth-token-string";
const LONGEST_KEY: usize = 100;
const HEADER: &str = r#"{"alg":"RS256","typ":"JWT"}"#;
/// The clock of the host may be behind ours.
const SECONDS_BEFORE: i64 = 60;
/// GitHub takes nothing that is good for more than ten minutes.
const SECONDS_AFTER: i64 = 9 * 60;

/// Succeeds for what a connection to a GitHub App can work with: a `key` that is the App's id or client id, and its
/// private key, RSA of at least 2048 bits, in PEM form (PKCS#1 or PKCS#8). Whether they belong together only the host
/// knows.
///
/// # Errors
/// [`Error::Invalid`] for `key` or `oauth-token-string`, which is where the private key is kept. Never repeats either.
pub fn check_app_key(key: Option<&str>, private_key: Option<&str>) -> Result<(), Error> {
    AppKey::new(key.unwrap_or_default(), private_key.unwrap_or_default())?.parse().map(drop)
}

/// The key and private key of a GitHub App; the private key is parsed when it is needed.
pub(crate) struct AppKey<'a> {
    key: &'a str,
    private_key: &'a str,
}

impl<'a> AppKey<'a> {
    /// `None` for other kinds than GitHub Apps, and for a connection that has neither.
    pub(crate) fn of(access: &Access<'a>) -> Result<Option<Self>, Error> {
        let (key, private_key) = (access.key.unwrap_or_default(), access.token.unwrap_or_default());
        if access.kind != HostKind::GithubApp || (key.is_empty() && private_key.is_empty()) {
            return Ok(None);
        }
        Self::new(key, private_key).map(Some)
    }

    fn new(key: &'a str, private_key: &'a str) -> Result<Self, Error> {
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if key.is_empty() || key.len() > LONGEST_KEY || !key.chars().all(is_letter) {
            return Err(Error::invalid(KEY, "must be the id or the client id of the GitHub App"));
        }
        if private_key.is_empty() {
            return Err(Error::invalid(PRIVATE_KEY, "must be the private key of the GitHub App"));
        }
        Ok(Self { key, private_key })
    }

    pub(crate) fn key(&self) -> &'a str {
        self.key
    }

    /// Tells private keys apart without holding one.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.private_key).into()
    }

    /// A JSON Web Token, which says for nine minutes from `now`, in seconds since 1970, that the App asks.
    pub(crate) fn sign(&self, now: i64) -> Result<String, Error> {
        let pair = self.parse()?;
        let claims = json!({"iat": now - SECONDS_BEFORE, "exp": now + SECONDS_AFTER, "iss": self.key});
        let text = format!("{}.{}", encoded(HEADER.as_bytes()), encoded(claims.to_string().as_bytes()));
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|error| Error::internal("signing as a GitHub App", error.to_string()))?;
        Ok(format!("{text}.{}", encoded(&signature)))
    }

    fn parse(&self) -> Result<RsaKeyPair, Error> {
        let invalid = |reason: &str| Error::invalid(PRIVATE_KEY, reason);
        let der = PrivateKeyDer::from_pem_slice(self.private_key.as_bytes());
        let der = der.map_err(|_| {
            invalid("must be the private key of the GitHub App in PEM form, from its BEGIN line to its END line, not encrypted")
        })?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            // Elliptic curves.
            _ => return Err(invalid("must be an RSA key")),
        };
        // Its reasons are names, as `TooSmall`.
        pair.map_err(|rejected| match rejected.to_string().as_str() {
            "WrongAlgorithm" => invalid("must be an RSA key"),
            "TooSmall" => invalid("must be an RSA key of at least 2048 bits"),
            "TooLarge" => invalid("must be an RSA key of at most 4096 bits"),
            _ => invalid("must be a whole RSA key, as the host handed it out"),
        })
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
