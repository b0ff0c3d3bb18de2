//! Deliveries of webhooks: whom they are from, what becomes of them, and what owners see.

use actix_web::{http::Method, test::TestRequest};
use domain::{JobKind, Rights};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use store::Connection;

use crate::test_gateway::{PUBLIC_URL, TestGateway, attributes};

const SIGNATURE: &str = "X-Quarry-Signature-256";
const DELIVERY: &str = "X-Quarry-Delivery";

/// A module from Git, whose first sync is over.
struct Hooked {
    gateway: TestGateway,
    module: String,
    path: String,
}

impl Hooked {
    async fn start() -> Self {
        let gateway = TestGateway::start().await;
        let token = gateway.has_connection("acme").await;
        let repository = json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token});
        let body = attributes(json!({"vcs-repo": repository}));
        let made = gateway.post("/organizations/acme/registry-modules/vcs", &gateway.admin, body).await;
        let url = made.attribute("vcs-repo")["webhook-url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix(PUBLIC_URL).unwrap().to_owned();
        let hooked = Self { module: made.id(), path, gateway };
        hooked.forget_jobs().await;
        hooked
    }

    async fn forget_jobs(&self) {
        let uuid = self.path.rsplit('/').next().unwrap().to_owned();
        let forget = move |session: &mut Connection| {
            let (hook, ..) = store::webhooks::find(session, &uuid)?.unwrap();
            store::jobs::delete_for_target(session, &[hook.repository.id.to_string()])
        };
        self.gateway.store.write(forget).await.unwrap();
    }

    async fn due(&self) -> usize {
        let due = |session: &mut Connection| store::jobs::list_due(session, JobKind::SyncRepository, 10);
        self.gateway.store.read(due).await.unwrap().len()
    }

    /// Whether a look is queued, for now or later.
    async fn is_queued(&self) -> bool {
        let module = self.module.clone();
        let is_queued = move |session: &mut Connection| {
            let repository = store::modules::load(session, &module)?.repository_id.unwrap();
            store::jobs::is_active(session, JobKind::SyncRepository, &repository)
        };
        self.gateway.store.read(is_queued).await.unwrap()
    }

    async fn new_secret(&self) -> String {
        let path = format!("/registry-modules/{}/actions/new-webhook-secret", self.module);
        let made = self.gateway.send(Method::POST, &path, &self.gateway.admin, None).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.attribute("webhook-url"), &json!(format!("{PUBLIC_URL}{}", self.path)));
        made.attribute("secret").as_str().unwrap().to_owned()
    }

    /// What the deliveries became, newest first.
    async fn log(&self) -> Vec<(String, String)> {
        let path = format!("/registry-modules/{}/webhook-deliveries", self.module);
        let list = self.gateway.get(&path, &self.gateway.admin).await;
        assert_eq!(list.status, 200, "{}", list.text);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = list.body["data"].as_array().unwrap().iter().map(|it| &it["attributes"]);
        rows.map(|it| (text(&it["outcome"]), text(&it["message"]))).collect()
    }

    async fn deliver(&self, headers: &[(&str, String)], body: &str) -> u16 {
        let mut request = TestRequest::post().uri(&self.path).set_payload(body.to_owned());
        request = request.insert_header(("Content-Length", body.len().to_string()));
        for (name, value) in headers {
            request = request.append_header((*name, value.as_str()));
        }
        self.gateway.raw(request).await.0
    }

    async fn deliver_signed(&self, secret: &str, id: &str, body: &str) -> u16 {
        self.deliver(&[(SIGNATURE, sign(secret, body)), (DELIVERY, id.to_owned())], body).await
    }
}

fn sign(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[actix_web::test]
async fn a_signed_delivery_has_the_tags_looked_at_and_all_that_come_soon_after_it_once_more() {
    let hooked = Hooked::start().await;
    let secret = hooked.new_secret().await;

    assert_eq!(hooked.deliver_signed(&secret, "1", "{}").await, 202);
    assert_eq!(hooked.due().await, 1);
    hooked.forget_jobs().await;
    assert_eq!(hooked.deliver_signed(&secret, "1", "{}").await, 202, "the host repeats itself");
    assert_eq!(hooked.due().await, 0);
    for number in 2..10 {
        assert_eq!(hooked.deliver_signed(&secret, &number.to_string(), "{}").await, 202);
    }
    assert_eq!((hooked.due().await, hooked.is_queued().await), (0, true));
    assert_eq!(hooked.log().await, vec![("sync".to_owned(), String::new()); 9]);
}

#[actix_web::test]
async fn nobody_is_believed_without_the_secret() {
    let hooked = Hooked::start().await;
    assert_eq!(hooked.deliver_signed("", "1", "{}").await, 401, "there is no secret yet");
    let old = hooked.new_secret().await;
    let secret = hooked.new_secret().await;
    let right = sign(&secret, "{}");

    for headers in [
        vec![],
        vec![(SIGNATURE, sign(&old, "{}"))],
        vec![(SIGNATURE, sign(&secret, "{ }"))],
        vec![(SIGNATURE, right.to_uppercase())],
        vec![(SIGNATURE, right.replace("sha256=", ""))],
        vec![(SIGNATURE, right.clone()), (SIGNATURE, right.clone())],
        vec![("X-Hub-Signature-256", right.clone())],
    ] {
        assert_eq!(hooked.deliver(&headers, "{}").await, 401, "{headers:?}");
    }

    assert_eq!(hooked.due().await, 0);
    let log = hooked.log().await;
    assert!(log.len() == 8 && log.iter().all(|(outcome, _)| outcome == "refused"), "{log:?}");
    assert!(!log.iter().any(|(_, message)| message.contains(&right[7..])), "{log:?}");
    for _ in 0..30 {
        assert_eq!(hooked.deliver(&[], "{}").await, 401);
    }
    assert_eq!(hooked.log().await.len(), 20, "what anybody can send fills no table");
}

#[actix_web::test]
async fn what_cannot_be_read_is_told_to_host_and_owner() {
    let hooked = Hooked::start().await;
    let secret = hooked.new_secret().await;

    for body in ["no json", "[", "payload=%7B%7D"] {
        assert_eq!(hooked.deliver_signed(&secret, "1", body).await, 400, "{body}");
    }

    let log = hooked.log().await;
    assert!(
        log.len() == 3 && log.iter().all(|(outcome, message)| outcome == "malformed" && !message.is_empty()),
        "{log:?}"
    );
    assert_eq!(hooked.due().await, 0);
    assert_eq!(hooked.deliver_signed(&secret, "1", "{}").await, 202, "the id is not used up");
    assert_eq!(hooked.due().await, 1);
}

#[actix_web::test]
async fn addresses_that_nobody_was_given_are_unknown() {
    let hooked = Hooked::start().await;
    for path in ["/webhooks/vcs/7b7b6c1e-0d3e-4f0e-8f43-1a2b3c4d5e6f", "/webhooks/vcs/x", &hooked.path.to_uppercase()] {
        let (status, _, _) = hooked.gateway.raw(TestRequest::post().uri(path).set_payload("{}")).await;
        assert_eq!(status, 404, "{path}");
    }
    let (status, _, _) = hooked.gateway.raw(TestRequest::get().uri(&hooked.path)).await;
    assert_eq!(status, 200, "some hosts look first");
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let hooked = Hooked::start().await;
    hooked.new_secret().await;
    let request = TestRequest::post().uri(&hooked.path).insert_header(("Content-Length", "26214401"));
    assert_eq!(hooked.gateway.raw(request).await.0, 413);
}

#[actix_web::test]
async fn secret_and_log_are_for_owners() {
    let hooked = Hooked::start().await;
    let gateway = &hooked.gateway;
    let secret = format!("/registry-modules/{}/actions/new-webhook-secret", hooked.module);
    let log = format!("/registry-modules/{}/webhook-deliveries", hooked.module);
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    for token in [&publisher, &stranger] {
        assert_eq!(gateway.send(Method::POST, &secret, token, None).await.status, 404);
        assert_eq!(gateway.get(&log, token).await.status, 404);
    }

    let uploaded = gateway.has_module("acme", "uploaded", &[]).await;
    let secret = format!("/registry-modules/{uploaded}/actions/new-webhook-secret");
    assert_eq!(gateway.send(Method::POST, &secret, &gateway.admin, None).await.status, 422);
    let log = format!("/registry-modules/{uploaded}/webhook-deliveries");
    assert_eq!(gateway.get(&log, &gateway.admin).await.body["data"], json!([]));
}
