//! The few calls of the management API that publishing needs.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A server and a token for it.
pub(crate) struct Api {
    client: Client,
    base: String,
}

impl Api {
    pub(crate) fn new(server: &str, token: &str) -> anyhow::Result<Self> {
        let mut authorization = header::HeaderValue::from_str(&format!("Bearer {token}"))
            .context("the token holds characters that no token has")?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .default_headers([(header::AUTHORIZATION, authorization)].into_iter().collect())
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { client, base: format!("{}/api/v2", server.trim_end_matches('/')) })
    }

    /// The resource at `path`; `None` if there is none that we may see.
    pub(crate) async fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        data(status, body).map(Some)
    }

    /// Every resource of a list.
    pub(crate) async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (status, body) = self.call(Method::GET, path, None).await?;
        match data(status, body)? {
            Value::Array(items) => Ok(items),
            _ => bail!("the server's answer is no list"),
        }
    }

    /// Makes a resource, and returns it.
    pub(crate) async fn create(&self, path: &str, kind: &str, attributes: Value) -> anyhow::Result<Value> {
        let body = json!({"data": {"type": kind, "attributes": attributes}});
        let (status, body) = self.call(Method::POST, path, Some(body)).await?;
        data(status, body)
    }

    /// Has the repository of a module looked at again; what was deleted may come back.
    pub(crate) async fn resync(&self, module: &Value) -> anyhow::Result<()> {
        let id = module.pointer("/id").and_then(Value::as_str).context("the module has no id")?;
        let (status, body) =
            self.call(Method::POST, &format!("/registry-modules/{id}/actions/resync?explicit=true"), None).await?;
        if status.is_success() { Ok(()) } else { data(status, body).map(drop) }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<(StatusCode, Value)> {
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).header(header::ACCEPT, MEDIA_TYPE);
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let response = request
            .send()
            .await
            .with_context(|| format!("the registry at {} does not answer; is `quarry serve` running?", self.base))?;
        let status = response.status();
        Ok((status, response.json().await.unwrap_or(Value::Null)))
    }
}

fn data(status: StatusCode, mut body: Value) -> anyhow::Result<Value> {
    if status.is_success() {
        return Ok(body.get_mut("data").map(Value::take).unwrap_or_default());
    }
    if status == StatusCode::UNAUTHORIZED {
        bail!("the registry does not accept the token");
    }
    let text = |name: &str| body.pointer(&format!("/errors/0/{name}")).and_then(Value::as_str).map(str::to_owned);
    match text("detail").or_else(|| text("title")) {
        Some(text) => bail!("the registry refused: {text} ({status})"),
        None => bail!("the registry answered {status}"),
    }
}
