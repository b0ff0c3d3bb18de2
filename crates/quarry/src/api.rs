//! The few calls of the management API that commands need.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::command_line::ServerOptions;

const MEDIA_TYPE: &str = "application/vnd.api+json";

/// Of a list, as the server has it.
const LARGEST_PAGE: usize = 100;

/// A server and a token for it.
pub(crate) struct Api {
    client: Client,
    base: String,
}

impl Api {
    /// With the token that the environment or a file holds.
    pub(crate) fn open(options: &ServerOptions) -> anyhow::Result<Self> {
        let token = match std::env::var("QUARRY_TOKEN") {
            Ok(token) if !token.is_empty() => token,
            _ => std::fs::read_to_string(&options.token_file).with_context(|| {
                let file = options.token_file.display();
                format!("no token: set QUARRY_TOKEN, or name a file with --token-file ({file})")
            })?,
        };
        Self::new(&options.server, token.trim())
    }

    /// The same for the other management API.
    pub(crate) fn open_scalr(options: &ServerOptions) -> anyhow::Result<Self> {
        let base = format!("{}/api/iacp/v3", options.server.trim_end_matches('/'));
        Ok(Self { base, ..Self::open(options)? })
    }

    fn new(server: &str, token: &str) -> anyhow::Result<Self> {
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

    /// The first `most` resources of a list, however many pages they are on. `path` may have a query.
    pub(crate) async fn list_pages(&self, path: &str, most: usize) -> anyhow::Result<Vec<Value>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut found = Vec::new();
        let mut page = Some(1);
        while let Some(number) = page.filter(|_| found.len() < most) {
            let size = most.min(LARGEST_PAGE);
            let page_path = format!("{path}{separator}page%5Bnumber%5D={number}&page%5Bsize%5D={size}");
            let (status, mut body) = self.call(Method::GET, &page_path, None).await?;
            page = body.pointer_mut("/meta/pagination/next-page").and_then(|next| next.as_u64());
            match data(status, body)? {
                Value::Array(items) => found.extend(items),
                _ => bail!("the server's answer is no list"),
            }
        }
        found.truncate(most);
        Ok(found)
    }

    /// Replaces a resource.
    pub(crate) async fn put(&self, path: &str, kind: &str, attributes: Value) -> anyhow::Result<Value> {
        let body = json!({"data": {"type": kind, "attributes": attributes}});
        let (status, body) = self.call(Method::PUT, path, Some(body)).await?;
        data(status, body)
    }

    /// Does what the path says.
    pub(crate) async fn act(&self, path: &str) -> anyhow::Result<()> {
        let (status, body) = self.call(Method::POST, path, None).await?;
        data(status, body).map(drop)
    }

    /// Deletes what is there.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        let (status, body) = self.call(Method::DELETE, path, None).await?;
        data(status, body).map(drop)
    }

    /// Makes a resource, and returns it.
    pub(crate) async fn create(&self, path: &str, kind: &str, attributes: Value) -> anyhow::Result<Value> {
        let body = json!({"data": {"type": kind, "attributes": attributes}});
        let (status, body) = self.call(Method::POST, path, Some(body)).await?;
        data(status, body)
    }

    /// The same with all that the resource says.
    pub(crate) async fn create_resource(&self, path: &str, resource: Value) -> anyhow::Result<Value> {
        let (status, body) = self.call(Method::POST, path, Some(json!({"data": resource}))).await?;
        data(status, body)
    }

    /// Changes a resource.
    pub(crate) async fn patch(&self, path: &str, kind: &str, attributes: Value) -> anyhow::Result<Value> {
        let body = json!({"data": {"type": kind, "attributes": attributes}});
        let (status, body) = self.call(Method::PATCH, path, Some(body)).await?;
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
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(seconds);
        let body = response.json().await.unwrap_or(Value::Null);
        if matches!(status.as_u16(), 429 | 502 | 503 | 504) {
            return Err(TryAgain { reason: refusal(status, &body), retry_after }.into());
        }
        Ok((status, body))
    }
}

/// A name or id as one part of a path.
pub(crate) fn part(name: &str) -> anyhow::Result<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
    if name.is_empty() || name.starts_with('.') || !name.bytes().all(is_plain) {
        bail!("{name:?} names nothing: names hold letters, digits, and - _ . @ +");
    }
    Ok(name)
}

/// A text attribute of a resource; empty if it has none.
pub(crate) fn attribute<'a>(resource: &'a Value, name: &str) -> &'a str {
    resource.pointer(&format!("/attributes/{name}")).and_then(Value::as_str).unwrap_or_default()
}

/// The id of a resource.
pub(crate) fn id(resource: &Value) -> anyhow::Result<&str> {
    resource.pointer("/id").and_then(Value::as_str).context("the server's answer names no id")
}

fn data(status: StatusCode, mut body: Value) -> anyhow::Result<Value> {
    if status.is_success() {
        return Ok(body.get_mut("data").map(Value::take).unwrap_or_default());
    }
    if status == StatusCode::UNAUTHORIZED {
        bail!("the registry does not accept the token");
    }
    bail!(refusal(status, &body))
}

fn refusal(status: StatusCode, body: &Value) -> String {
    let text = |name: &str| body.pointer(&format!("/errors/0/{name}")).and_then(Value::as_str);
    match text("detail").or_else(|| text("title")) {
        Some(text) => format!("the registry refused: {text} ({status})"),
        None => format!("the registry answered {status}"),
    }
}

/// As in `Retry-After`; a date there counts as nothing.
fn seconds(value: &header::HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The server cannot answer now, and may in a moment: 429, 502, 503, 504.
#[derive(Debug)]
pub(crate) struct TryAgain {
    reason: String,
    /// What the server asks for.
    pub(crate) retry_after: Option<Duration>,
}

impl std::error::Error for TryAgain {}

impl std::fmt::Display for TryAgain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}
