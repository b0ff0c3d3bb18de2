//! Requests to the provider: bounded in time and size, without redirects, and encrypted unless it is on this machine.

use std::time::Duration;

use domain::Error;
use openidconnect::{HttpRequest, HttpResponse, http};
use reqwest::{Client, Url, redirect::Policy};

pub(super) const ASKING: &str = "asking the OpenID Connect provider";
/// People wait for it.
const CONNECT_TIME: Duration = Duration::from_secs(3);
const WHOLE_TIME: Duration = Duration::from_secs(5);
/// Configurations, sets of keys and tokens have a few KiB.
const LARGEST: usize = 1024 * 1024;

pub(super) fn client() -> Result<Client, Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        // A sign-in is rare: the server has long closed what was kept, and a code cannot be sent twice.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIME)
        .timeout(WHOLE_TIME)
        .build()
        .map_err(|source| Error::internal("setting up requests to the OpenID Connect provider", source))
}

/// What `openidconnect` calls: one request, and its answer.
pub(super) async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let request = reqwest::Request::try_from(request).map_err(without_url)?;
    if !is_safe(request.url()) {
        let host = request.url().host_str().unwrap_or_default();
        return Err(Error::unavailable(ASKING, format!("an address of it, at {host:?}, is not encrypted")));
    }
    let mut response = client.execute(request).await.map_err(without_url)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(without_url)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Error::unavailable(ASKING, format!("its answer has more than {LARGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    answer.body(body).map_err(|source| Error::unavailable(ASKING, source))
}

/// Anybody between us and it could sign in as anybody else.
fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

/// Addresses may hold codes.
fn without_url(error: reqwest::Error) -> Error {
    Error::unavailable(ASKING, error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_elsewhere_has_to_be_asked_over_https() {
        for (address, safe) in [
            ("https://id.acme.test/token", true),
            ("http://127.0.0.1:8080/token", true),
            ("http://localhost/token", true),
            ("http://[::1]/token", true),
            ("http://id.acme.test/token", false),
            ("http://localhost.acme.test/token", false),
            ("http://10.0.0.1/token", false),
            ("ftp://localhost/token", false),
        ] {
            assert_eq!(is_safe(&address.parse().unwrap()), safe, "{address}");
        }
    }
}
