//! A virtual host for one test.

use anyhow::{Context, Result, bail};
use reqwest::Url;
use serde_json::Value;

use super::contract::{RABBITMQ_API, RABBITMQ_URL, random_name, variable};
use super::http::request;

/// An empty virtual host of the server that `QUARRY_TEST_RABBITMQ_URL` names. Deleted on drop, with its queues and
/// connections.
pub struct VirtualHost {
    server: Url,
    api: String,
    name: String,
}

impl VirtualHost {
    pub fn create() -> Result<Self> {
        Self::create_at(&variable(RABBITMQ_URL)?, &variable(RABBITMQ_API)?)
    }

    /// On a server of the caller's: its address for AMQP, and that of its management API.
    pub fn create_at(server: &str, api: &str) -> Result<Self> {
        let server = Url::parse(server).context("this is no address of a RabbitMQ server")?;
        let host = Self { server, api: api.trim_end_matches('/').to_owned(), name: random_name()? };
        host.manage("PUT", &format!("/api/vhosts/{}", host.name), "")?;
        let user = Url::parse(api)?.username().to_owned();
        let everything = r#"{"configure":".*","write":".*","read":".*"}"#;
        host.manage("PUT", &format!("/api/permissions/{}/{user}", host.name), everything)?;
        Ok(host)
    }

    pub fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.to_string()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// A request to the management API, such as `("GET", "/api/queues/<name>", "")`. Fails unless the answer is 2xx;
    /// an answer without a body is `null`.
    pub fn manage(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let answer = request(&self.api, method, path, body).context("asking the management API")?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path} of the management API answered {}: {}", answer.status, answer.body);
        }
        if answer.body.trim().is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&answer.body)?) }
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        let _ = self.manage("DELETE", &format!("/api/vhosts/{}", self.name), "");
    }
}
