//! A host that answers what it is told to, and a connection to it.

use domain::Error;
use serde_json::Value;
use vcs_hosts::api::{Access, HostApi, NewWebhook};
use vcs_hosts::{BaseUrl, HostKind, Identifier};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub(crate) const TOKEN: &str = "hunter2-token";
/// What every token begins with that is minted for a GitHub App.
pub(crate) const MINTED: &str = "ghs_minted";
pub(crate) const SECRET: &str = "s3cret-of-the-hook";
pub(crate) const HOOK_URL: &str = "https://registry.acme.test/webhooks/vcs/5f0c";
pub(crate) const HOOK: NewWebhook<'static> = NewWebhook { url: HOOK_URL, secret: SECRET };

pub(crate) struct FakeHost {
    pub(crate) server: MockServer,
    pub(crate) api: HostApi,
    pub(crate) kind: HostKind,
    pub(crate) http_url: BaseUrl,
    pub(crate) api_url: BaseUrl,
    pub(crate) key: Option<&'static str>,
    pub(crate) token: Option<&'static str>,
}

impl FakeHost {
    pub(crate) async fn start(kind: HostKind) -> Self {
        let server = MockServer::start().await;
        let base: BaseUrl = server.uri().parse().unwrap();
        let (http_url, api_url) = (base.clone(), base);
        Self { server, api: callable("127.0.0.0/8"), kind, http_url, api_url, key: None, token: Some(TOKEN) }
    }

    pub(crate) fn access(&self) -> Access<'_> {
        Access { kind: self.kind, http_url: &self.http_url, api_url: &self.api_url, key: self.key, token: self.token }
    }

    pub(crate) async fn answers(&self, verb: &str, place: &str, status: u16, body: &Value) {
        self.responds(verb, place, ResponseTemplate::new(status).set_body_json(body)).await;
    }

    pub(crate) async fn responds(&self, verb: &str, place: &str, response: ResponseTemplate) {
        Mock::given(method(verb)).and(path(place)).respond_with(response).mount(&self.server).await;
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// As `GET /path?query`, in order.
    pub(crate) async fn asked(&self) -> Vec<String> {
        let line = |request: Request| {
            let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{} {}{query}", request.method, request.url.path())
        };
        self.requests().await.into_iter().map(line).collect()
    }

    /// The bodies that were sent, in order.
    pub(crate) async fn bodies(&self) -> Vec<Value> {
        let sent = self.requests().await;
        sent.iter().filter(|request| !request.body.is_empty()).map(|request| request.body_json().unwrap()).collect()
    }
}

pub(crate) fn callable(networks: &str) -> HostApi {
    HostApi::new(outbound::AddressPolicy::parse(networks).unwrap(), b"").unwrap()
}

pub(crate) fn identifier(text: &str) -> Identifier {
    text.parse().unwrap()
}

/// What the user is told about something that will not change.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert!(!error.is_transient());
    harmless(error.to_string())
}

/// What the logs say about something that passes.
pub(crate) fn passing<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    harmless(error.chain())
}

pub(crate) fn harmless(text: String) -> String {
    assert!(!text.contains(TOKEN) && !text.contains(SECRET) && !text.contains('<'), "{text}");
    // What is signed begins with a header of JSON.
    assert!(!text.contains(MINTED) && !text.contains("eyJ") && !text.contains("PRIVATE KEY"), "{text}");
    for line in crate::fake_app::PRIVATE_KEY.lines() {
        assert!(!text.contains(line), "{text}");
    }
    text
}
