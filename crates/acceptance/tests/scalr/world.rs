//! A registry with the organization `acme`, and a client of the Scalr API.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use test_kit::{Registry, answered, wait_for};

pub(crate) const BASE: &str = "/api/iacp/v3";

pub(crate) struct World {
    pub(crate) registry: Registry,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        Ok(Self { registry: Registry::start_with(settings).await? })
    }

    /// The same server for whoever has another token.
    pub(crate) async fn send_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let body = (!body.is_null()).then(|| body.clone());
        Answer::read(self.registry.api.with_token(token).send(method, &format!("{BASE}{path}"), body).await?).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let body = (!body.is_null()).then(|| body.clone());
        Answer::read(self.registry.api.send(method, &format!("{BASE}{path}"), body).await?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, &Value::Null).await
    }

    /// A request as it stands in a text: its first line, headers, an empty line, and the body.
    pub(crate) async fn replay(&self, text: &str) -> Result<Answer> {
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let mut lines = head.lines();
        let mut first = lines.next().context("a request without a first line")?.split(' ');
        let method: Method = first.next().unwrap_or_default().parse()?;
        let path = first.next().context("a request without a path")?;
        let mut request = self.registry.api.request(method, path);
        for line in lines {
            let (name, value) = line.split_once(": ").context("a header without a value")?;
            // The server is where it is.
            if name != "Host" {
                request = request.header(name, value);
            }
        }
        Answer::read(answered(request.body(body.to_owned())).await?).await
    }

    /// The connection of `acme`, as this API names it.
    pub(crate) fn vcs_provider(&self) -> String {
        self.registry.connection.replace("ot-", "vcs-")
    }

    /// An account by its name, as this API names it.
    pub(crate) async fn account(&self, name: &str) -> Result<String> {
        let (status, answer) = self.registry.api.get(&format!("/api/v2/organizations/{name}")).await?;
        ensure!(status == 200, "{status} {answer}");
        let id = answer["data"]["attributes"]["external-id"].as_str().context("no external id")?;
        Ok(id.replace("org-", "acc-"))
    }

    /// Publishes a repository of the Git server, without waiting; the module as it was answered.
    pub(crate) async fn begin(&self, identifier: &str, extra: &Value) -> Result<Value> {
        let body = publication(&self.vcs_provider(), identifier, extra);
        let mut answer = self.post("/modules", &body).await?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(answer.body["data"].take())
    }

    /// The same; the module once nothing of it is under way any more.
    pub(crate) async fn publish(&self, identifier: &str, extra: &Value) -> Result<Value> {
        let made = self.begin(identifier, extra).await?;
        self.settled(id(&made)).await
    }

    pub(crate) async fn settled(&self, module: &str) -> Result<Value> {
        self.registry.api.settled(module).await?;
        let mut answer = self.get(&format!("/modules/{module}")).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.body["data"].take())
    }

    /// Waits until a version is at `status`; the version.
    pub(crate) async fn version_at(&self, module: &str, number: &str, status: &str) -> Result<Value> {
        let path = format!("/module-versions?filter[module]={module}&filter[version]={number}");
        wait_for("the status of a version", || async {
            let answer = self.get(&path).await?;
            ensure!(answer.status == 200, "{answer:?}");
            let version = answer.body["data"][0].clone();
            Ok((version["attributes"]["status"] == status).then_some(version))
        })
        .await
    }

    /// A token of `acme` or another organization with these rights.
    pub(crate) async fn service_token(&self, organization: &str, rights: &str) -> Result<String> {
        let body = json!({"data": {"attributes": {"rights": rights}}});
        let path = format!("/api/v2/organizations/{organization}/service-tokens");
        let (status, answer) = self.registry.api.post(&path, body).await?;
        ensure!(status == 201, "{status} {answer}");
        Ok(answer["data"]["attributes"]["token"].as_str().context("no token")?.to_owned())
    }
}

/// The body that publishes a repository; `extra` goes into `vcs-repo`, `attributes` or `relationships`.
pub(crate) fn publication(vcs_provider: &str, identifier: &str, extra: &Value) -> Value {
    let mut source = json!({"identifier": identifier});
    let mut attributes = json!({});
    let mut relationships = json!({"vcs-provider": {"data": {"type": "vcs-providers", "id": vcs_provider}}});
    for (name, value) in extra.as_object().into_iter().flatten() {
        let kind = match name.as_str() {
            "account" => Some("accounts"),
            "environment" => Some("environments"),
            "namespace" => Some("module-namespaces"),
            _ => None,
        };
        match (kind, name.as_str()) {
            (Some(kind), _) => relationships[name] = json!({"data": {"type": kind, "id": value}}),
            (None, "path" | "tag-prefix") => source[name] = value.clone(),
            (None, _) => attributes[name] = value.clone(),
        }
    }
    attributes["vcs-repo"] = source;
    json!({"data": {"type": "modules", "attributes": attributes, "relationships": relationships}})
}

/// Status, headers and JSON body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    async fn read(response: Response) -> Result<Self> {
        let (status, headers, text) = (response.status(), response.headers().clone(), response.text().await?);
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).context(text)? };
        Ok(Self { status, headers, body })
    }

    /// The first error.
    pub(crate) fn error(&self) -> &Value {
        &self.body["errors"][0]
    }

    /// An attribute of each resource of a list.
    pub(crate) fn all(&self, attribute: &str) -> Vec<String> {
        let items = self.body["data"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["attributes"][attribute].as_str().unwrap_or("?").to_owned()).collect()
    }

    /// Type and an attribute of each included resource.
    pub(crate) fn included(&self) -> Vec<&str> {
        self.body["included"].as_array().into_iter().flatten().filter_map(|it| it["type"].as_str()).collect()
    }
}

pub(crate) fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap_or_default()
}
