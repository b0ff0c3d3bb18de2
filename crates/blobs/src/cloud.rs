//! What the three clouds have in common: addresses, time-outs, repeats, and what to look at when they refuse.

pub(crate) mod az;
pub(crate) mod gs;
pub(crate) mod s3;

use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, Error as StoreError, ObjectStore, RetryConfig};
use url::{Position, Url};

use crate::backend::Backend;
use crate::presign::Presigner;

/// The least that the clouds take is 5 MiB, but for the last part.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Without a connection after this long there will be none.
const CONNECT: Duration = Duration::from_secs(5);

/// From the request to the answer, body sent included, and between two pieces of an answer. Not for a whole
/// answer: a client may take long to download what is passed on while it arrives.
const SILENCE: Duration = Duration::from_secs(30);

const TRIES_AGAIN: usize = 3;

/// Nothing is tried again this long after the first try.
const TRYING: Duration = Duration::from_secs(10);

/// Names and values, as those of the process.
pub(crate) type Variables = [(String, String)];

/// The words of one cloud.
#[derive(Debug)]
pub(crate) struct Cloud {
    /// How such an address looks.
    pub(crate) example: &'static str,
    /// What it calls a bucket.
    pub(crate) bucket: &'static str,
    /// Variables that say who we are.
    pub(crate) credentials: &'static str,
    /// Variables that say where the store is.
    pub(crate) endpoint: &'static str,
}

/// What an address says.
struct Place {
    bucket: String,
    prefix: Path,
}

impl Cloud {
    fn place(&self, url: &Url) -> Result<Place, Error> {
        let wrong =
            |reason: &str| Error::invalid("the address of the blobs", format!("{reason}, as in {}", self.example));
        if !url.username().is_empty() || url.password().is_some() {
            let reason = format!("must not hold credentials (they belong into {})", self.credentials);
            return Err(wrong(&reason));
        }
        if url.port().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(&format!("must be a {} and a prefix, and nothing else", self.bucket)));
        }
        let bucket = url.host_str().unwrap_or_default();
        if bucket.is_empty() {
            return Err(wrong(&format!("must name a {}", self.bucket)));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if !(3..=222).contains(&bucket.len()) || !bucket.bytes().all(allowed) {
            let rule = "of at least 3 letters, digits, `.`, `-` or `_`";
            return Err(wrong(&format!("must name a {} {rule}", self.bucket)));
        }
        let prefix = Path::from_url_path(url.path().trim_matches('/'))
            .map_err(|_| wrong("must have a prefix of plain segments between single slashes"))?;
        Ok(Place { bucket: bucket.to_owned(), prefix })
    }

    /// A setting that the library refused. Its text names the setting; values of secrets are not in it.
    fn refused(&self, error: &StoreError) -> Error {
        let reason = format!("must be right in {} and {}: {error}", self.credentials, self.endpoint);
        Error::invalid("the settings of the blob store", reason)
    }
}

/// An endpoint that was set, without a slash at its end. The library panics later at what is no URL.
fn endpoint(what: &'static str, value: &str) -> Result<String, Error> {
    let good = Url::parse(value).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url[Position::AfterPath..].is_empty()
    });
    match good {
        Some(url) if url.username().is_empty() && url.password().is_none() => {
            Ok(value.trim_end_matches('/').to_owned())
        }
        _ => Err(Error::invalid(what, "must be a URL such as https://storage.example.com, without credentials")),
    }
}

/// Checks an endpoint that the variable `name` sets. Plain http must be asked for: the library would refuse it at
/// each call, with less clear words. `allowed` is the text of `switch`.
fn check_endpoint(name: &'static str, value: &str, switch: &str, allowed: Option<String>) -> Result<(), Error> {
    let endpoint = endpoint(name, value)?;
    let allowed = allowed.unwrap_or_default().to_ascii_lowercase();
    if endpoint.starts_with("http://") && !["1", "true", "on", "yes", "y"].contains(&allowed.as_str()) {
        return Err(Error::invalid(name, format!("must begin with https://, or {switch}=true must be set as well")));
    }
    Ok(())
}

fn client_options() -> ClientOptions {
    ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT).with_read_timeout(SILENCE)
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: TRIES_AGAIN,
        retry_timeout: TRYING,
    }
}

/// Those of `variables` that `prefix` marks as the cloud's, in the spelling of the library.
fn settings<'a>(variables: &'a Variables, prefix: &'static str) -> impl Iterator<Item = (String, &'a str)> {
    variables
        .iter()
        .filter(move |(name, _)| name.starts_with(prefix))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
}

fn backend<S: ObjectStore>(cloud: &'static Cloud, store: S, signer: Arc<dyn Signer>, prefix: Path) -> Backend {
    Backend {
        store: Arc::new(PrefixStore::new(store, prefix.clone())),
        disk: None,
        cloud: Some(cloud),
        presigner: Some(Presigner::new(signer, prefix)),
        part_bytes: PART_BYTES,
    }
}
