//! Connections to hosts that have an API: what they tell, the webhooks there, and what is seen of it all. The hosts are
//! simulated from their documented forms; Git itself is real, and asks for the login that goes with the kind of host.

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use test_kit::{Api, GitServer, Registry, SampleRepository, answered, wait_for};
use wiremock::matchers::{header, header_regex, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const TOKEN: &str = "the-token-of-the-host";
const VPC: &str = "acme/vpc/aws";
/// What hosts are told; here nobody listens.
const PUBLIC_URL: &str = "https://registry.acme.test";
const REPOSITORY: &str = "/api/v3/repos/acme/terraform-aws-vpc";
/// Of nothing but tests.
const APP_KEY: &str = include_str!("../../vcs-hosts/tests/test_only_keys/rsa_2048.pkcs1.pem");
const HOOKS: &str = "/api/v3/repos/acme/terraform-aws-vpc/hooks";

/// A GitHub Enterprise Server: its API, and its repositories.
struct Host {
    api: MockServer,
    git: GitServer,
    repository: SampleRepository,
}

impl Host {
    /// With `acme/terraform-aws-vpc`, which has three releases, and a token that may do everything.
    async fn start(registry: &Registry) -> Result<Self> {
        let host = Self::start_without_hooks(registry).await?;
        host.answer("GET", HOOKS, 200, json!([])).await;
        host.answer("POST", HOOKS, 201, json!({"id": 4711})).await;
        Ok(host)
    }

    async fn start_without_hooks(registry: &Registry) -> Result<Self> {
        let repository = registry.repository("acme/terraform-aws-vpc")?;
        repository.release_three_times()?;
        let repositories = registry.folder().join("repositories");
        let git = GitServer::start_with_login(&repositories, "x-access-token", TOKEN)?;
        let host = Self { api: MockServer::start().await, git, repository };
        host.answer("GET", "/api/v3/user", 200, json!({"login": "bot"})).await;
        let facts = json!({
            "id": 1_296_269, "name": "terraform-aws-vpc", "full_name": "acme/terraform-aws-vpc", "description": "Networks for all",
            "html_url": "https://ghe.example.com/acme/terraform-aws-vpc", "default_branch": "main",
            "clone_url": "https://ghe.example.com/acme/terraform-aws-vpc.git",
        });
        host.answer("GET", REPOSITORY, 200, facts).await;
        Ok(host)
    }

    /// From now on, to whoever shows the token.
    async fn answer(&self, verb: &str, place: &str, status: u16, body: Value) {
        let template = ResponseTemplate::new(status).set_body_json(body);
        let authorization = format!("Bearer {TOKEN}");
        let mock = Mock::given(method(verb)).and(path(place)).and(header("authorization", authorization.as_str()));
        mock.respond_with(template).mount(&self.api).await;
    }

    async fn requests(&self, verb: &str, place: &str) -> Vec<Request> {
        let all = self.api.received_requests().await.unwrap_or_default();
        all.into_iter().filter(|it| it.method.as_str() == verb && it.url.path() == place).collect()
    }

    /// Makes a connection; the answer.
    async fn connect(&self, registry: &Registry, token: &str) -> Result<(StatusCode, Value)> {
        let attributes = json!({
            "service-provider": "github_enterprise", "http-url": self.git.url(), "api-url": self.api.uri(),
            "oauth-token-string": token,
        });
        let body = json!({"data": {"type": "oauth-clients", "attributes": attributes}});
        registry.api.post("/api/v2/organizations/acme/oauth-clients", body).await
    }

    /// Publishes the repository; the id of the module.
    async fn publish(&self, registry: &Registry) -> Result<String> {
        let (status, client) = self.connect(registry, TOKEN).await?;
        ensure!(status == StatusCode::CREATED, "{client}");
        let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
        let token = token.context("no token")?;
        let module = registry.api.publish("acme", token, "acme/terraform-aws-vpc", json!({})).await?;
        Ok(module["id"].as_str().context("no id")?.to_owned())
    }
}

/// Waits until it stands so with the webhook of a module; its message.
async fn webhook_is(registry: &Registry, id: &str, status: &str) -> Result<String> {
    wait_for("the webhook", || async {
        let (_, module) = registry.api.get(&format!("/api/v2/registry-modules/{id}")).await?;
        let repo = &module["data"]["attributes"]["vcs-repo"];
        Ok((repo["webhook-status"] == status).then(|| repo["webhook-message"].as_str().unwrap_or_default().to_owned()))
    })
    .await
}

#[tokio::test]
async fn a_webhook_is_registered_delivers_and_goes_with_the_last_module() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_PUBLIC_URL", PUBLIC_URL)]).await?;
    let host = Host::start(&registry).await?;
    host.answer("DELETE", &format!("{HOOKS}/4711"), 204, json!({})).await;

    let id = host.publish(&registry).await?;
    let module = registry.api.settled(&id).await?;
    webhook_is(&registry, &id, "registered").await?;

    assert_eq!(module["attributes"]["version-statuses"].as_array().map(Vec::len), Some(3), "{module}");
    let repo = &module["attributes"]["vcs-repo"];
    assert_eq!(repo["repository-http-url"], "https://ghe.example.com/acme/terraform-aws-vpc");
    let (_, detail) = registry.api.get(&format!("/api/registry/v1/modules/{VPC}")).await?;
    assert_eq!(detail["description"], "Networks for all");
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let commit = json!({"sha": sha, "commit": {"message": "Add endpoints", "author": {"name": "Jane Doe"}}});
    host.answer("GET", &format!("{REPOSITORY}/commits"), 200, json!([commit])).await;
    let commits = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}/commits");
    let (_, commits) = registry.api.get(&commits).await?;
    assert_eq!(commits["data"][0]["attributes"]["message"], "Add endpoints", "{commits}");
    assert_eq!(commits["data"][0]["attributes"]["author"], "Jane Doe");
    let made = host.requests("POST", HOOKS).await;
    let made: Value = made.first().context("no webhook was made")?.body_json()?;
    let config = &made["config"];
    assert_eq!(config["url"], repo["webhook-url"]);
    let secret = config["secret"].as_str().context("no secret")?;

    host.repository.tag("v9.0.0")?;
    let push = json!({
        "ref": "refs/tags/v9.0.0", "created": true, "deleted": false,
        "repository": {"id": 1_296_269, "full_name": "acme/terraform-aws-vpc"},
    });
    let body = push.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let url = repo["webhook-url"].as_str().and_then(|it| it.strip_prefix(PUBLIC_URL)).context("another address")?;
    let url = format!("{}{url}", registry.url());
    let delivery = Client::new().post(url).header("x-github-event", "push").header("x-github-delivery", "1");
    let answer = answered(delivery.header("x-hub-signature-256", signature).body(body)).await?;
    assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", answer.text().await?);
    wait_for("the new version", || async {
        Ok((registry.api.installable(VPC).await?.first().is_some_and(|it| it == "9.0.0")).then_some(()))
    })
    .await?;

    let module = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}");
    assert_eq!(registry.api.delete(&module).await?, StatusCode::NO_CONTENT);
    wait_for("the end of the webhook", || async {
        Ok((!host.requests("DELETE", &format!("{HOOKS}/4711")).await.is_empty()).then_some(()))
    })
    .await?;
    assert!(!registry.log().contains(TOKEN) && !registry.log().contains(secret), "a secret is in the log");
    Ok(())
}

#[tokio::test]
async fn a_host_that_allows_no_webhook_leaves_it_to_people() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_PUBLIC_URL", PUBLIC_URL)]).await?;
    let host = Host::start_without_hooks(&registry).await?;
    let refusal = json!({"message": "Resource not accessible by personal access token"});
    host.answer("GET", HOOKS, 403, refusal.clone()).await;
    host.answer("POST", HOOKS, 403, refusal).await;

    let id = host.publish(&registry).await?;
    let module = registry.api.settled(&id).await?;

    assert_eq!(module["attributes"]["status"], "setup_complete");
    let message = webhook_is(&registry, &id, "manual").await?;
    assert!(message.contains("token"), "{message}");
    let (status, secret) =
        registry.api.post(&format!("/api/v2/registry-modules/{id}/actions/new-webhook-secret"), json!({})).await?;
    assert_eq!(status, StatusCode::CREATED, "{secret}");
    Ok(())
}

#[tokio::test]
async fn a_webhook_is_removed_though_nobody_wrote_down_its_id() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_PUBLIC_URL", PUBLIC_URL)]).await?;
    let host = Host::start_without_hooks(&registry).await?;
    // The host does what it is asked, and its answer is lost.
    host.answer("GET", HOOKS, 503, json!({})).await;

    let id = host.publish(&registry).await?;
    let module = registry.api.settled(&id).await?;
    wait_for("the first visit", || async {
        let (_, module) = registry.api.get(&format!("/api/v2/registry-modules/{id}")).await?;
        let message = module["data"]["attributes"]["vcs-repo"]["webhook-message"].as_str();
        Ok(message.is_some_and(|it| it.contains("503")).then_some(()))
    })
    .await?;
    host.api.reset().await;
    let url = &module["attributes"]["vcs-repo"]["webhook-url"];
    host.answer("GET", HOOKS, 200, json!([{"id": 4711, "config": {"url": url}}])).await;
    host.answer("DELETE", &format!("{HOOKS}/4711"), 204, json!({})).await;

    let module = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}");
    assert_eq!(registry.api.delete(&module).await?, StatusCode::NO_CONTENT);

    wait_for("the end of the webhook", || async {
        Ok((!host.requests("DELETE", &format!("{HOOKS}/4711")).await.is_empty()).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_token_that_the_host_refuses_and_a_missing_repository_are_said_at_once() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_PUBLIC_URL", PUBLIC_URL)]).await?;
    let host = Host::start(&registry).await?;
    let everybody_else = Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).with_priority(200);
    everybody_else.mount(&host.api).await;

    let (status, refused) = host.connect(&registry, "a-wrong-token").await?;

    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(refused["errors"][0]["source"]["pointer"], "/data/attributes/oauth-token-string");
    assert!(!refused.to_string().contains("a-wrong-token"), "{refused}");

    let (_, client) = host.connect(&registry, TOKEN).await?;
    let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
    host.answer("GET", "/api/v3/repos/acme/terraform-aws-gone", 404, json!({"message": "Not Found"})).await;
    for (identifier, word) in [("acme/terraform-aws-gone", "does not exist"), ("a/b/terraform-aws-x", "owner/repo")] {
        let repo = json!({"identifier": identifier, "oauth-token-id": token, "organization-name": "acme"});
        let body = json!({"data": {"type": "registry-modules", "attributes": {"vcs-repo": repo}}});
        let (status, refused) = registry.api.post("/api/v2/organizations/acme/registry-modules/vcs", body).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        assert_eq!(refused["errors"][0]["source"]["pointer"], "/data/attributes/vcs-repo/identifier");
        assert!(refused["errors"][0]["detail"].as_str().is_some_and(|it| it.contains(word)), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn a_branch_that_the_host_does_not_have_is_said_at_once() -> Result<()> {
    let registry = Registry::start().await?;
    let host = Host::start(&registry).await?;
    let (_, client) = host.connect(&registry, TOKEN).await?;
    let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
    let missing = json!({"message": "No commit found for SHA: next"});
    let commits = Mock::given(method("GET")).and(path(format!("{REPOSITORY}/commits")));
    commits
        .and(query_param("sha", "next"))
        .respond_with(ResponseTemplate::new(404).set_body_json(missing))
        .mount(&host.api)
        .await;
    host.answer("GET", &format!("{REPOSITORY}/commits"), 200, json!([])).await;
    let vcs = "/api/v2/organizations/acme/registry-modules/vcs";
    let wanted = |branch: &str| {
        let source = json!({"identifier": "acme/terraform-aws-vpc", "oauth-token-id": token, "branch": branch});
        json!({"data": {"attributes": {"vcs-repo": source}}})
    };

    let (status, refused) = registry.api.post(vcs, wanted("next")).await?;
    let (made, module) = registry.api.post(vcs, wanted("main")).await?;

    assert_eq!(status, 422, "{refused}");
    assert_eq!(refused["errors"][0]["source"]["pointer"], "/data/attributes/vcs-repo/branch");
    let detail = refused["errors"][0]["detail"].as_str().context("no detail")?;
    assert!(detail.contains("next"), "{detail}");
    assert_eq!(made, 201, "{module}");
    let id = module["data"]["id"].as_str().context("no id")?;
    assert_eq!(Api::version_statuses(&registry.api.settled(id).await?), ["0.0.0 ok"]);
    let body = json!({"data": {"attributes": {"vcs-repo": {"branch": "next"}}}});
    let module = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}");
    let changed = registry.api.send(reqwest::Method::PATCH, &module, Some(body)).await?;
    assert_eq!(changed.status(), 422);
    Ok(())
}

/// What the host answers to whoever signs as the App.
async fn answer_app(host: &Host, verb: &str, place: &str, status: u16, body: Value) {
    let template = ResponseTemplate::new(status).set_body_json(body);
    let is_signed = header_regex("authorization", "^Bearer [^.]+[.][^.]+[.][^.]+$");
    Mock::given(method(verb)).and(path(place)).and(is_signed).respond_with(template).mount(&host.api).await;
}

async fn connect_app(registry: &Registry, host: &Host, key: &str, pem: &str) -> Result<(StatusCode, Value)> {
    let attributes = json!({
        "service-provider": "github_app", "name": "our app", "http-url": host.git.url(), "api-url": host.api.uri(),
        "key": key, "oauth-token-string": pem,
    });
    let body = json!({"data": {"type": "oauth-clients", "attributes": attributes}});
    registry.api.post("/api/v2/organizations/acme/oauth-clients", body).await
}

#[tokio::test]
async fn a_github_app_publishes_with_tokens_that_it_mints() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_PUBLIC_URL", PUBLIC_URL)]).await?;
    let host = Host::start(&registry).await?;
    answer_app(&host, "GET", "/api/v3/app", 200, json!({"id": 12, "slug": "quarry"})).await;
    answer_app(&host, "GET", &format!("{REPOSITORY}/installation"), 200, json!({"id": 7, "suspended_at": null})).await;
    let minted = json!({"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"});
    answer_app(&host, "POST", "/api/v3/app/installations/7/access_tokens", 201, minted).await;

    let (status, client) = connect_app(&registry, &host, "12", APP_KEY).await?;
    assert_eq!(status, 201, "{client}");
    let (_, installations) = registry.api.get("/api/v2/github-app/installations?filter[name]=our%20app").await?;
    let installation = installations["data"][0]["id"].as_str().context("no installation")?;
    let (_, one) = registry.api.get(&format!("/api/v2/github-app/installation/{installation}")).await?;
    assert_eq!(one["data"], installations["data"][0]);
    let vcs = "/api/v2/organizations/acme/registry-modules/vcs";
    let source = |face: &str, id: &str| {
        json!({"data": {"attributes": {"vcs-repo": {
            "identifier": "acme/terraform-aws-vpc", (face): id, "organization-name": "acme",
        }}}})
    };
    let token = installation.replace("ghain-", "ot-");
    let (refused, answer) = registry.api.post(vcs, source("oauth-token-id", &token)).await?;
    assert_eq!(refused, 422, "{answer}");
    let (made, module) = registry.api.post(vcs, source("github-app-installation-id", installation)).await?;
    assert_eq!(made, 201, "{module}");

    let id = module["data"]["id"].as_str().context("no id")?;
    webhook_is(&registry, id, "registered").await?;
    let module = registry.api.settled(id).await?;
    assert_eq!(module["attributes"]["version-statuses"].as_array().map(Vec::len), Some(3), "{module}");
    let repo = &module["attributes"]["vcs-repo"];
    assert_eq!((&repo["github-app-installation-id"], &repo["oauth-token-id"]), (&json!(installation), &Value::Null));
    assert_eq!(repo["service-provider"], "github_app");
    assert!(!registry.log().contains("PRIVATE KEY") && !registry.log().contains(TOKEN));
    Ok(())
}

#[tokio::test]
async fn a_github_app_is_refused_with_what_is_wrong_with_it() -> Result<()> {
    let registry = Registry::start().await?;
    let host = Host::start(&registry).await?;
    answer_app(&host, "GET", "/api/v3/app", 401, json!({"message": "A JSON web token could not be decoded"})).await;
    for (key, pem, name) in [
        ("12", APP_KEY, "oauth-token-string"),
        ("", APP_KEY, "key"),
        ("12", "", "oauth-token-string"),
        ("12", "a-token", "oauth-token-string"),
        ("12", &APP_KEY[..APP_KEY.len() / 2], "oauth-token-string"),
    ] {
        let (status, answer) = connect_app(&registry, &host, key, pem).await?;
        assert_eq!(status, 422, "{answer}");
        assert_eq!(answer["errors"][0]["source"]["pointer"], format!("/data/attributes/{name}"), "{answer}");
        assert!(!answer.to_string().contains("MII"), "{answer}");
    }
    Ok(())
}
