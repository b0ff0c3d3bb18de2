//! Plain Git servers over SSH: deploy keys, and servers that have to show the key that is known of them.

use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_kit::{Api, Registry, SampleRepository, SshGitServer, new_ssh_key, wait_for};

const CLIENTS: &str = "/api/v2/organizations/acme/oauth-clients";
const VPC: &str = "acme/vpc/aws";
/// Made for this test, and for nothing else.
const LOCKED_KEY: &str = include_str!("ssh/locked_key");

struct World {
    registry: Registry,
    server: SshGitServer,
    repository: SampleRepository,
    folder: TempDir,
}

impl World {
    /// With `acme/terraform-aws-vpc`, which has three releases, on a server that is known by its key.
    async fn start() -> Result<Self> {
        Self::knowing(SshGitServer::known_host).await
    }

    /// The same, where this is known.
    async fn knowing(known: impl FnOnce(&SshGitServer) -> Result<String>) -> Result<Self> {
        let folder = TempDir::new()?;
        let repositories = folder.path().join("repositories");
        let repository = SampleRepository::create(&repositories, "acme/terraform-aws-vpc")?;
        repository.release_three_times()?;
        let server = SshGitServer::start(&repositories)?;
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, format!("# ours\n\n{}", known(&server)?))?;
        let file = file.to_str().context("an odd folder")?;
        let registry = Registry::start_with(&[("QUARRY_VCS_KNOWN_HOSTS", file)]).await?;
        Ok(Self { registry, server, repository, folder })
    }

    /// Asks for a connection; further attributes go beside its kind and address.
    async fn connect(&self, attributes: Value) -> Result<(StatusCode, Value)> {
        let mut all = json!({"service-provider": "git", "http-url": self.server.url(), "api-url": self.server.url()});
        for (name, value) in attributes.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        self.registry.api.post(CLIENTS, json!({"data": {"type": "oauth-clients", "attributes": all}})).await
    }

    /// Publishes with this key; the token of the connection, and the module as it was looked at.
    async fn publish(&self, key: &str) -> Result<(String, Value)> {
        let (status, client) = self.connect(json!({"private-key": key})).await?;
        assert_eq!(status, StatusCode::CREATED, "{client}");
        let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
        let token = token.context("no token")?.to_owned();
        let module = self.registry.api.publish("acme", &token, "acme/terraform-aws-vpc", json!({})).await?;
        let id = module["id"].as_str().context("no id")?;
        let module = wait_for("a look at the repository", || async {
            let (_, mut module) = self.registry.api.get(&format!("/api/v2/registry-modules/{id}")).await?;
            let is_over = module["data"]["attributes"]["status"] != "pending";
            Ok(is_over.then(|| module["data"].take()))
        })
        .await?;
        Ok((token, module))
    }

    /// Why its repository could not be read.
    async fn refusal(&self, key: &str) -> Result<String> {
        let (_, module) = self.publish(key).await?;
        let message = module["attributes"]["error-message"].as_str().context("no error")?.to_owned();
        Ok(message)
    }
}

#[tokio::test]
async fn releases_are_published_with_a_deploy_key() -> Result<()> {
    let world = World::start().await?;

    let (token, module) = world.publish(&world.server.client_key).await?;
    let id = module["id"].as_str().context("no id")?;
    let settled = world.registry.api.settled(id).await?;

    assert_eq!(settled["attributes"]["version-statuses"].as_array().map(Vec::len), Some(3), "{settled}");
    assert!(settled["attributes"]["version-statuses"][0]["status"] == "ok", "{settled}");
    let (_, shown) = world.registry.api.get(&format!("/api/v2/oauth-tokens/{token}")).await?;
    assert_eq!(shown["data"]["attributes"]["has-ssh-key"], true);
    world.repository.tag("v9.0.0")?;
    world.registry.api.resync(id).await?;
    wait_for("the new version", || async {
        Ok((world.registry.api.installable(VPC).await?.first().is_some_and(|it| it == "9.0.0")).then_some(()))
    })
    .await?;
    let commands = world.server.commands();
    assert_eq!(commands.first().map(String::as_str), Some("git-upload-pack '/acme/terraform-aws-vpc'"));
    let line = world.server.client_key.lines().nth(1).context("no key")?;
    assert!(!world.registry.log().contains(line), "a key is in the log");
    Ok(())
}

#[tokio::test]
async fn submodules_come_over_ssh_as_well() -> Result<()> {
    let world = World::start().await?;
    let lib = SampleRepository::create(&world.folder.path().join("repositories"), "acme/lib")?;
    let commit = lib.commit(&[("variables.tf", "variable \"theirs\" {}\n")])?;
    let declared = b"[submodule \"lib\"]\n\tpath = modules/lib\n\turl = ../lib\n";
    world.repository.commit_modes(&[
        ("100644", "main.tf", b"variable \"own\" {}\n"),
        ("100644", ".gitmodules", declared),
        ("160000", "modules/lib", commit.as_bytes()),
    ])?;
    world.repository.tag("v2.0.0")?;
    let (_, client) = world.connect(json!({"private-key": world.server.client_key})).await?;
    let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
    let extra = json!({"ingress-submodules": true});
    let api = &world.registry.api;

    let module = api.publish("acme", token.context("no token")?, "acme/terraform-aws-vpc", extra).await?;
    let module = api.settled(module["id"].as_str().context("no id")?).await?;

    assert!(Api::version_statuses(&module).contains(&"2.0.0 ok".to_owned()), "{module}");
    let (_, detail) = api.get(&format!("/api/registry/v1/modules/{VPC}/2.0.0")).await?;
    assert_eq!(detail["submodules"][0]["inputs"][0]["name"], "theirs", "{detail}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_known_is_shown_with_the_line_to_add() -> Result<()> {
    let world = World::knowing(|_| {
        Ok("other.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n"
            .to_owned())
    })
    .await?;

    let refusal = world.refusal(&world.server.client_key).await?;

    let line = world.server.known_host()?;
    assert!(refusal.contains("is not known") && refusal.contains(line.trim()), "{refusal}");
    assert!(world.server.commands().is_empty(), "something was asked of it");
    Ok(())
}

#[tokio::test]
async fn a_server_with_another_key_than_the_known_one_is_refused() -> Result<()> {
    let other = SshGitServer::start(TempDir::new()?.path())?.known_host()?;
    let key = other.split_once(' ').context("no key")?.1.to_owned();
    let world = World::knowing(|server| Ok(format!("{} {key}", server.url().trim_start_matches("ssh://")))).await?;
    let refusal = world.refusal(&world.server.client_key).await?;
    assert!(refusal.contains("is not known"), "without brackets it is another name: {refusal}");

    let known = |server: &SshGitServer| {
        let (host, port) = server
            .url()
            .trim_start_matches("ssh://")
            .rsplit_once(':')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .context("no port")?;
        Ok(format!("[{host}]:{port} {key}"))
    };
    let world = World::knowing(known).await?;
    let refusal = world.refusal(&world.server.client_key).await?;

    assert!(refusal.contains("is not the one that is known of"), "{refusal}");
    assert!(world.server.commands().is_empty(), "it was talked to");
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_named_and_a_right_one_can_be_given_later() -> Result<()> {
    let world = World::start().await?;
    let wrong = new_ssh_key()?;

    let (token, module) = world.publish(&wrong).await?;

    let error = module["attributes"]["error-message"].as_str().unwrap_or_default();
    assert!(error.contains("did not accept the key SHA256:") && error.contains("\"git\""), "{module}");
    let path = format!("/api/v2/oauth-tokens/{token}");
    let body = |key: &str| json!({"data": {"type": "oauth-tokens", "attributes": {"ssh-key": key}}});
    let status = world.registry.api.send(Method::PATCH, &path, Some(body("nonsense"))).await?.status();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let status = world.registry.api.send(Method::PATCH, &path, Some(body(&world.server.client_key))).await?.status();
    assert_eq!(status, StatusCode::OK);
    wait_for("the versions", || async { Ok((world.registry.api.installable(VPC).await?.len() == 3).then_some(())) })
        .await
}

#[tokio::test]
async fn without_known_hosts_no_server_is_called() -> Result<()> {
    let world = World::knowing(|_| Ok(String::new())).await?;
    let refusal = world.refusal(&world.server.client_key).await?;
    assert!(refusal.contains("is not known"), "a file without a key: {refusal}");

    let registry = Registry::start().await?;
    let world = World { registry, ..world };
    let refusal = world.refusal(&world.server.client_key).await?;

    assert!(refusal.contains("no server is known") && refusal.contains("QUARRY_VCS_KNOWN_HOSTS"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_connection_is_given_another_key_and_user() -> Result<()> {
    let world = World::start().await?;
    let (_, client) = world.connect(json!({"private-key": new_ssh_key()?, "key": "somebody"})).await?;
    let id = client["data"]["id"].as_str().context("no id")?;
    let token = client.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
    let api = &world.registry.api;
    api.publish("acme", token.context("no token")?, "acme/terraform-aws-vpc", json!({})).await?;

    let change = json!({"data": {"attributes": {"private-key": world.server.client_key, "key": "git"}}});
    let path = format!("/api/v2/oauth-clients/{id}");
    assert_eq!(api.send(Method::PATCH, &path, Some(change)).await?.status(), StatusCode::OK);

    wait_for("the versions", || async { Ok((api.installable(VPC).await?.len() == 3).then_some(())) }).await?;
    let password = json!({"data": {"attributes": {"oauth-token-string": "password"}}});
    let refused = api.send(Method::PATCH, &path, Some(password)).await?.status();
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY, "no password takes the place of a key");
    Ok(())
}

#[tokio::test]
async fn through_the_scalr_api_the_key_is_the_token() -> Result<()> {
    const PROVIDERS: &str = "/api/iacp/v3/vcs-providers";
    let world = World::start().await?;
    let api = &world.registry.api;
    let attributes =
        |token: &str| json!({"name": "ours", "vcs-type": "git", "url": world.server.url(), "token": token});
    for token in ["", "a-password"] {
        let (status, refused) = api.post(PROVIDERS, json!({"data": {"attributes": attributes(token)}})).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        assert_eq!(refused["errors"][0]["source"]["pointer"], "/data/attributes/token");
    }
    let key = attributes(&world.server.client_key);
    let (status, made) = api.post(PROVIDERS, json!({"data": {"attributes": key}})).await?;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert!(!made.to_string().contains("OPENSSH"), "a key is given back");

    let module = json!({"data": {
        "attributes": {"vcs-repo": {"identifier": "acme/terraform-aws-vpc"}},
        "relationships": {"vcs-provider": {"data": {"type": "vcs-providers", "id": made["data"]["id"]}}},
    }});
    let (status, module) = api.post("/api/iacp/v3/modules", module).await?;
    assert_eq!(status, StatusCode::CREATED, "{module}");
    let settled = api.settled(module["data"]["id"].as_str().context("no id")?).await?;

    assert_eq!(settled["attributes"]["version-statuses"].as_array().map(Vec::len), Some(3), "{settled}");
    Ok(())
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_said_in_the_words_of_the_server() -> Result<()> {
    let world = World::start().await?;
    std::fs::remove_dir_all(world.repository.path())?;

    let refusal = world.refusal(&world.server.client_key).await?;

    assert!(refusal.contains("the SSH server refused") && refusal.contains("repository"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_its_place() -> Result<()> {
    let world = World::start().await?;
    let key = world.server.client_key.as_str();
    let ssh = world.server.url();
    let with_user = ssh.replace("ssh://", "ssh://git@");
    let cases = [
        (json!({}), "private-key", "must be given"),
        (json!({"private-key": "nonsense"}), "private-key", "as ssh-keygen writes it"),
        (json!({"private-key": LOCKED_KEY}), "private-key", "without a passphrase"),
        (json!({"private-key": 5}), "private-key", "must be a string"),
        (json!({"private-key": key, "oauth-token-string": "token"}), "oauth-token-string", "must be empty"),
        (json!({"oauth-token-string": "token"}), "oauth-token-string", "as ssh-keygen writes it"),
        (json!({"private-key": key, "http-url": with_user}), "http-url", "user or password"),
        (json!({"private-key": key, "service-provider": "github", "http-url": ssh}), "http-url", "https://"),
        (json!({"private-key": key, "http-url": "https://git.example.com"}), "private-key", "ssh://"),
    ];
    for (attributes, place, word) in cases {
        let (status, answer) = world.connect(attributes.clone()).await?;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{attributes}: {answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["source"]["pointer"], format!("/data/attributes/{place}"), "{attributes}: {answer}");
        assert!(error["detail"].as_str().is_some_and(|it| it.contains(word)), "{attributes}: {answer}");
        assert!(!answer.to_string().contains("OPENSSH"), "a key is given back");
    }
    let (status, answer) = world.connect(json!({"oauth-token-string": key})).await?;
    assert_eq!(status, StatusCode::CREATED, "clients that know no key give it as a token: {answer}");
    Ok(())
}
