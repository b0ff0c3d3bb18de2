//! What an administrator does with the management interface.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEADLINE, virtual_host::VirtualHost};

impl VirtualHost {
    pub(crate) async fn declare_classic_queue(&self, queue: &str) {
        let body = json!({ "durable": true, "arguments": { "x-queue-type": "classic" } });
        self.at(Method::PUT, "queues", queue, body).await;
    }

    pub(crate) async fn delete_queue(&self, queue: &str) {
        self.at(Method::DELETE, "queues", queue, Value::Null).await;
    }

    pub(crate) async fn delete_binding(&self, exchange: &str, queue: &str, key: &str) {
        self.at(Method::DELETE, "bindings", &format!("e/{exchange}/q/{queue}/{key}"), Value::Null).await;
    }

    /// Sends any message.
    pub(crate) async fn publish(&self, key: &str, headers: Value, payload: &str) {
        let body = json!({
            "routing_key": key,
            "properties": { "headers": headers },
            "payload": payload,
            "payload_encoding": "string",
        });
        let answer = self.at(Method::POST, "exchanges", "quarry.jobs/publish", body).await;
        assert_eq!(answer, json!({ "routed": true }));
    }

    /// Takes so many messages out of a queue: their bodies, sorted.
    pub(crate) async fn take(&self, queue: &str, count: usize) -> Vec<String> {
        let mut bodies = Vec::new();
        let began = Instant::now();
        while bodies.len() < count {
            assert!(began.elapsed() < DEADLINE, "only {bodies:?} are in {queue}");
            let body = json!({ "count": count, "ackmode": "ack_requeue_false", "encoding": "auto" });
            let messages = self.at(Method::POST, "queues", &format!("{queue}/get"), body).await;
            let payloads = messages.as_array().unwrap().iter().map(|message| message["payload"].as_str().unwrap());
            bodies.extend(payloads.map(str::to_owned));
        }
        bodies.sort();
        bodies
    }

    /// Closes every connection, once `count` of them are known.
    pub(crate) async fn close_connections(&self, count: usize) {
        for name in self.connections(count).await {
            let path = format!("/connections/{}", name.replace(' ', "%20").replace('>', "%3E"));
            self.api.send(Method::DELETE, &path, Value::Null).await;
        }
    }

    /// Waits until there are so many, since the server tells of them with a delay: their names.
    pub(crate) async fn connections(&self, count: usize) -> Vec<String> {
        let began = Instant::now();
        loop {
            let path = format!("/vhosts/{}/connections", self.name);
            let connections = self.api.send(Method::GET, &path, Value::Null).await;
            let names: Vec<String> = connections
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|it| it["name"].as_str())
                .map(str::to_owned)
                .collect();
            if names.len() == count {
                return names;
            }
            assert!(began.elapsed() < DEADLINE, "there are {names:?} and not {count}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn at(&self, method: Method, what: &str, path: &str, body: Value) -> Value {
        self.api.send(method, &format!("/{what}/{}/{path}", self.name), body).await
    }
}
