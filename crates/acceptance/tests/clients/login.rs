//! `login` over https (wire-spec 2.1, 2.2): the client discovers the services of the host and says where to sign in, a browser
//! does so, and the client has a token that lasts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Api;

use super::browser::Browser;
use super::world::{World, text};

const USER: &str = "ada";
const PASSWORD: &str = "a password that nobody guesses";

pub(crate) async fn login_gets_a_token_that_installs(client: &Path) {
    let world = World::start_secure().await;
    make_user(&world).await.expect("a user");

    log_in(&world, client).await.expect("a login");

    let token = stored_token(&world).expect("a stored token");
    let user = Api::new(world.server.url(), &token).expect("a client");
    let (_, account) = user.get("/api/v2/account/details").await.expect("an answer");
    assert_eq!(account["data"]["attributes"]["username"], USER, "{account}");
    world.configure(&[("latest", "acme/sample/demo", "~> 1.0")]);
    let mut init = world.command(client);
    init.args(["init", "-backend=false", "-no-color"]);
    let output = tokio::task::spawn_blocking(move || init.output()).await.expect("a thread").expect("an output");
    assert!(output.status.success(), "{}", text(&output));
    assert!(world.installed("latest/main.tf").contains("release v1.1.0"));
}

/// Somebody who may read the modules of `acme` and has a password.
async fn make_user(world: &World) -> Result<()> {
    let attributes = json!({"username": USER, "email": "ada@acme.test", "password": PASSWORD});
    let body = json!({"data": {"type": "users", "attributes": attributes}});
    let (status, user) = world.api.post("/api/v2/admin/users", body).await?;
    ensure!(status == 201, "{status} {user}");
    let path = format!("/api/v2/admin/users/{}/memberships/acme", user["data"]["id"].as_str().context("no id")?);
    let body = json!({"data": {"type": "memberships", "attributes": {"rights": "read"}}});
    let response = world.api.send(Method::PUT, &path, Some(body)).await?;
    ensure!(response.status().is_success(), "{}", response.text().await?);
    Ok(())
}

async fn log_in(world: &World, client: &Path) -> Result<()> {
    let mut command = world.command(client);
    command.args(["login", world.host()]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = Killed(command.spawn()?);
    // Kept open: what cannot ask any more gives up.
    let mut input = process.0.stdin.take().context("no input")?;
    input.write_all(b"yes\n")?;
    let mut output = BufReader::new(process.0.stdout.take().context("no output")?);
    let (address, mut output) = tokio::task::spawn_blocking(move || {
        let address = output.by_ref().lines().map_while(Result::ok).find(|line| line.trim().starts_with("http"));
        (address, output)
    })
    .await?;
    let Some(address) = address else {
        let mut errors = String::new();
        process.0.stderr.take().context("no errors")?.read_to_string(&mut errors)?;
        anyhow::bail!("it names no page to sign in: {errors}");
    };

    let mut browser = Browser::new(world.front.certificate.as_deref().context("no certificate")?)?;
    let sign_in = browser.open(address.trim()).await?;
    let consent = browser.submit(&sign_in, "/app/sign-in", &[("username", USER), ("password", PASSWORD)]).await?;
    match browser.submit(&consent, "/oauth/authorization", &[("decision", "allow")]).await {
        Ok(end) => {
            ensure!(end.status == 200 && end.address.path() == "/login", "the client did not take the code: {end:?}");
        }
        // Some clients have what they want and end before they have thanked for it.
        Err(error) if error.downcast_ref().is_some_and(is_of_client) => {}
        Err(error) => return Err(error),
    }

    let (status, rest) = tokio::task::spawn_blocking(move || {
        let mut rest = String::new();
        let _ = output.read_to_string(&mut rest);
        if let Some(mut errors) = process.0.stderr.take() {
            let _ = errors.read_to_string(&mut rest);
        }
        (process.0.wait(), rest)
    })
    .await?;
    ensure!(status?.success(), "{rest}");
    Ok(())
}

/// Whether the page that was not there is the one where the client waits for its code.
fn is_of_client(error: &reqwest::Error) -> bool {
    error.url().is_some_and(|url| url.path() == "/login")
}

fn stored_token(world: &World) -> Result<String> {
    let text = std::fs::read_to_string(world.stored_tokens())?;
    let stored: Value = serde_json::from_str(&text)?;
    stored["credentials"][world.host()]["token"].as_str().map(str::to_owned).context("no token is stored")
}

/// Ended also where the test fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
