//! A virtual host of its own for a test, made and deleted through the management API of the RabbitMQ server that
//! `QUARRY_TEST_RABBITMQ_URL` and `QUARRY_TEST_RABBITMQ_API` name.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

/// Deleted with the value.
pub(crate) struct VirtualHost {
    pub(crate) name: String,
    pub(crate) api: Api,
    url: Url,
}

/// The management API.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    base: String,
    user: String,
    password: String,
}

impl VirtualHost {
    pub(crate) async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut url = Url::parse(&setting("QUARRY_TEST_RABBITMQ_URL")).unwrap();
        let api = Api::new(&url);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let name = format!("quarry-broker-{}-{count}-{nanos}", std::process::id());
        url.set_path(&name);
        api.send(Method::PUT, &format!("/vhosts/{name}"), json!({})).await;
        let all = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        api.send(Method::PUT, &format!("/permissions/{name}/{}", api.user), all).await;
        Self { name, api, url }
    }

    /// For `RabbitBroker::connect`.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        let (api, path) = (self.api.clone(), format!("/vhosts/{}", self.name));
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // A client belongs to the runtime that it was first used in.
            let api = Api { client: Client::new(), ..api };
            runtime.block_on(api.send(Method::DELETE, &path, Value::Null));
        });
        let _ = deleting.join();
    }
}

impl Api {
    fn new(url: &Url) -> Self {
        // A second time is no harm: the first provider stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut api = Url::parse(&setting("QUARRY_TEST_RABBITMQ_API")).unwrap();
        // The credentials go into a header, once.
        api.set_username("").unwrap();
        api.set_password(None).unwrap();
        Self {
            client: Client::new(),
            base: format!("{}/api", api.as_str().trim_end_matches('/')),
            user: url.username().to_owned(),
            password: url.password().unwrap_or_default().to_owned(),
        }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method.clone(), format!("{}{path}", self.base));
        let request = request.basic_auth(&self.user, Some(&self.password)).header("Content-Type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

fn setting(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `make test`, or `make services` and set what it prints"))
}
