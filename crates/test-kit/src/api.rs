//! A client as users write it: paths, JSON, and a token.

use std::time::Duration;

use anyhow::Context;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::wait_for;

const MEDIA_TYPE: &str = "application/vnd.api+json";
const ATTEMPTS: usize = 5;

/// A server and a token for it.
#[derive(Clone)]
pub struct Api {
    client: Client,
    url: String,
    token: String,
}

impl Api {
    pub fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        // A second time is no harm: the first provider stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Servers close what was idle for 5 s. A test that blocks its runtime would not notice, and use it once more.
        let client = Client::builder().pool_idle_timeout(Duration::from_secs(2)).build()?;
        Ok(Self { client, url: url.to_owned(), token: token.to_owned() })
    }

    /// The same server, for whoever has another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Any request below the server's address, with the token.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Response> {
        let request = self.request(method, path);
        answered(match body {
            Some(body) => request.header("Content-Type", MEDIA_TYPE).body(body.to_string()),
            None => request,
        })
        .await
    }

    /// A request to be completed, and sent by `answered`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// Status and JSON body.
    pub async fn get(&self, path: &str) -> anyhow::Result<(StatusCode, Value)> {
        answer(self.send(Method::GET, path, None).await?).await
    }

    /// Status and JSON body.
    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<(StatusCode, Value)> {
        answer(self.send(Method::POST, path, Some(body)).await?).await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<StatusCode> {
        Ok(self.send(Method::DELETE, path, None).await?.status())
    }

    /// PUT of raw bytes to an absolute address, without the token.
    pub async fn upload(&self, address: &str, bytes: Vec<u8>) -> anyhow::Result<(StatusCode, String)> {
        let response = self.client.put(address).body(bytes).send().await?;
        Ok((response.status(), response.text().await?))
    }

    /// GET of an absolute address, without the token. An error if it breaks off.
    pub async fn download(&self, address: &str) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let response = self.client.get(address).send().await?;
        let status = response.status();
        Ok((status, response.bytes().await?.to_vec()))
    }

    pub async fn make_organization(&self, name: &str) -> anyhow::Result<()> {
        let body = json!({"data": {"type": "organizations", "attributes": {"name": name, "email": "a@b.test"}}});
        let (status, answer) = self.post("/api/v2/organizations", body).await?;
        anyhow::ensure!(status == 201, "{status} {answer}");
        Ok(())
    }

    /// A connection to a plain Git server; the id of its token.
    pub async fn connect(&self, organization: &str, base: &str, login: Option<(&str, &str)>) -> anyhow::Result<String> {
        let attributes = json!({
            "service-provider": "git", "http-url": base, "api-url": base,
            "key": login.map(|(user, _)| user), "oauth-token-string": login.map(|(_, password)| password),
        });
        let body = json!({"data": {"type": "oauth-clients", "attributes": attributes}});
        let (status, answer) = self.post(&format!("/api/v2/organizations/{organization}/oauth-clients"), body).await?;
        anyhow::ensure!(status == 201, "{status} {answer}");
        let id = answer.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
        id.map(str::to_owned).context("no token in the answer")
    }

    /// Publishes a repository; `extra` goes into `vcs-repo`, but for what belongs beside it. The module as it was answered.
    pub async fn publish(
        &self,
        organization: &str,
        token: &str,
        identifier: &str,
        extra: Value,
    ) -> anyhow::Result<Value> {
        let mut repo = json!({"identifier": identifier, "oauth-token-id": token, "organization-name": organization});
        let mut attributes = json!({});
        for (name, value) in extra.as_object().into_iter().flatten() {
            let is_beside = matches!(name.as_str(), "name" | "provider" | "initial-version" | "test-config");
            let place = if is_beside { &mut attributes } else { &mut repo };
            place[name] = value.clone();
        }
        attributes["vcs-repo"] = repo;
        let body = json!({"data": {"type": "registry-modules", "attributes": attributes}});
        let path = format!("/api/v2/organizations/{organization}/registry-modules/vcs");
        let (status, mut answer) = self.post(&path, body).await?;
        anyhow::ensure!(status == 201, "{status} {answer}");
        Ok(answer["data"].take())
    }

    /// Waits until the module was looked at and no version is under way any more.
    pub async fn settled(&self, id: &str) -> anyhow::Result<Value> {
        wait_for("the versions of a module", || async {
            let (status, mut answer) = self.get(&format!("/api/v2/registry-modules/{id}")).await?;
            anyhow::ensure!(status == 200, "{status} {answer}");
            let module = answer["data"].take();
            let attributes = &module["attributes"];
            let is_upload = attributes["publishing-mechanism"] == "non_vcs";
            let was_synced = is_upload || attributes["vcs-repo"]["synced-at"].is_string();
            let statuses = attributes["version-statuses"].as_array().cloned().unwrap_or_default();
            let is_done = |version: &Value| version["status"] == "ok" || version["error"].is_string();
            Ok((was_synced && statuses.iter().all(is_done)).then_some(module))
        })
        .await
    }

    /// Has the repository of a module looked at again.
    pub async fn resync(&self, id: &str) -> anyhow::Result<()> {
        let path = format!("/api/v2/registry-modules/{id}/actions/resync");
        let status = self.send(Method::POST, &path, None).await?.status();
        anyhow::ensure!(status.is_success(), "{status}");
        Ok(())
    }

    /// Versions and their statuses, newest first: `["1.2.0 ok", "1.1.0 clone_failed"]`.
    pub fn version_statuses(module: &Value) -> Vec<String> {
        let statuses = module["attributes"]["version-statuses"].as_array().cloned().unwrap_or_default();
        statuses
            .iter()
            .map(|it| format!("{} {}", it["version"].as_str().unwrap_or("?"), it["status"].as_str().unwrap_or("?")))
            .collect()
    }
}

/// Asks again for as long as the server says to come back, as clients do: one that stands still for two seconds, because
/// its machine does, is no failure. Whoever wants to see such an answer sends the request alone.
pub async fn answered(request: RequestBuilder) -> anyhow::Result<Response> {
    for _ in 1..ATTEMPTS {
        let again = request.try_clone().context("a body that can be sent once only")?;
        let answer = again.send().await?;
        let seconds = answer.headers().get("Retry-After").and_then(|it| it.to_str().ok()?.parse().ok());
        let Some(seconds) = seconds.filter(|_| answer.status() == StatusCode::SERVICE_UNAVAILABLE) else {
            return Ok(answer);
        };
        println!("{} is not available now; asking again in {seconds} s", answer.url());
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    Ok(request.send().await?)
}

async fn answer(response: Response) -> anyhow::Result<(StatusCode, Value)> {
    let status = response.status();
    let text = response.text().await?;
    Ok((status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? }))
}
