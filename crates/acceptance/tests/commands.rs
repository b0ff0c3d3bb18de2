//! What administrators type: `quarry user`, `quarry token` and `quarry audit` against a running server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use test_kit::{QuarryServer, binary};

/// Someone who types commands.
struct Shell<'a> {
    server: &'a QuarryServer,
    token: String,
}

impl Shell<'_> {
    /// Whether it went well; standard output and standard error.
    fn run(&self, arguments: &[&str], input: &str) -> Result<(bool, String, String)> {
        let mut child = Command::new(binary()?)
            .args(arguments)
            .env_clear()
            .envs([("QUARRY_SERVER", self.server.url()), ("QUARRY_TOKEN", self.token.as_str())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        let text = |bytes| String::from_utf8(bytes).context("not UTF-8");
        Ok((output.status.success(), text(output.stdout)?, text(output.stderr)?))
    }

    /// Standard output of a command that has to go well.
    fn output(&self, arguments: &[&str]) -> Result<String> {
        let (is_done, output, said) = self.run(arguments, "")?;
        ensure!(is_done, "{arguments:?}: {said}");
        Ok(output.trim_end().to_owned())
    }

    /// What is said of a command that must fail.
    fn refusal(&self, arguments: &[&str]) -> Result<String> {
        let (is_done, output, said) = self.run(arguments, "")?;
        ensure!(!is_done, "{arguments:?} went well: {output}");
        Ok(said)
    }
}

#[tokio::test]
async fn users_and_tokens_are_made_shown_and_taken_away_and_the_log_has_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = QuarryServer::start(&folder.path().join("data"))?;
    server.api()?.make_organization("acme").await?;
    let admin = Shell { server: &server, token: server.admin_token()? };

    let (is_done, user, said) =
        admin.run(&["user", "create", "jdoe", "--password-stdin"], "correct horse battery staple\n")?;
    ensure!(is_done && user.starts_with("user-"), "{said}");
    assert!(admin.refusal(&["user", "create", "JDOE"])?.contains("taken"));
    admin.output(&["user", "grant", "jdoe", "--organization", "acme", "--rights", "publish"])?;
    assert!(admin.output(&["user", "list"])?.contains("jdoe  acme:publish"));

    let made = ["token", "create", "--user", "jdoe", "--description", "laptop"];
    let token = admin.output(&made)?;
    assert_eq!(token.lines().count(), 1, "alone on standard output");
    let jdoe = Shell { server: &server, token: token.clone() };
    let listed = jdoe.output(&["token", "list"])?;
    assert!(listed.contains("laptop") && !listed.contains(&token), "{listed}");
    assert!(jdoe.refusal(&["user", "list"])?.contains("not found"), "an administrator's list");

    let id = listed.split_whitespace().next().context("no id")?;
    admin.output(&["token", "revoke", id])?;
    assert!(jdoe.refusal(&["token", "list"])?.contains("token"));
    assert!(admin.refusal(&["token", "revoke", id])?.contains("not found"));
    admin.output(&["user", "revoke-grant", "jdoe", "--organization", "acme"])?;
    admin.output(&["user", "delete", "jdoe"])?;
    assert!(admin.refusal(&["token", "create", "--user", "jdoe"])?.contains("there is no user jdoe"));

    let log = admin.output(&["audit", "--json"])?;
    let actions: Vec<String> = log
        .lines()
        .map(|line| -> Result<String> {
            let entry: Value = serde_json::from_str(line)?;
            Ok(entry["attributes"]["action"].as_str().unwrap_or_default().to_owned())
        })
        .collect::<Result<_>>()?;
    for action in ["delete-user", "revoke-token", "create-user-token", "set-membership", "create-user"] {
        assert!(actions.iter().any(|it| it == action), "{action} is not among {actions:?}");
    }
    assert!(!log.contains(&token) && !log.contains("correct horse"), "a secret is in the log");
    assert_eq!(admin.output(&["audit", "--limit", "1"])?.lines().count(), 1);
    Ok(())
}

#[tokio::test]
async fn service_tokens_of_an_organization_reach_it_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = QuarryServer::start(&folder.path().join("data"))?;
    let api = server.api()?;
    api.make_organization("acme").await?;
    api.make_organization("other").await?;
    let admin = Shell { server: &server, token: server.admin_token()? };

    let token = admin.output(&["token", "create", "--organization", "acme", "--rights", "admin"])?;

    let pipeline = Shell { server: &server, token };
    let entries = pipeline.output(&["audit", "--organization", "acme"])?;
    assert!(entries.contains("create-organization"), "{entries}");
    assert!(pipeline.refusal(&["audit", "--organization", "other"])?.contains("not found"));
    assert!(pipeline.refusal(&["audit"])?.contains("not found"));
    let wrong = admin.refusal(&["token", "create", "--organization", "acme", "--expires", "tomorrow"])?;
    assert!(wrong.contains("expired-at"), "{wrong}");
    Ok(())
}

#[tokio::test]
async fn accounts_and_environments_are_made_shown_renamed_and_deleted() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = QuarryServer::start(&folder.path().join("data"))?;
    let admin = Shell { server: &server, token: server.admin_token()? };

    let account = admin.output(&["account", "create", "acme"])?;
    let environment = admin.output(&["environment", "create", "prod", "--account", "acme"])?;
    let of_default = admin.output(&["environment", "create", "lab"])?;

    assert!(account.starts_with("acc-") && environment.starts_with("env-"), "{account} {environment}");
    let accounts = admin.output(&["account", "list"])?;
    assert!(accounts.contains(&format!("{account}  acme")) && accounts.contains("  default"), "{accounts}");
    assert_eq!(admin.output(&["environment", "list", "--account", "acme"])?, format!("{environment}  acme/prod"));
    assert!(admin.output(&["environment", "list"])?.contains(&format!("{of_default}  default/lab")));

    assert!(admin.refusal(&["account", "create", "Prod"])?.contains("taken"));
    assert!(admin.refusal(&["environment", "create", "x", "--account", "nobody"])?.contains("no account nobody"));
    assert!(admin.refusal(&["account", "delete", "acme"])?.contains("environments"));
    admin.output(&["environment", "rename", "prod", "production"])?;
    admin.output(&["environment", "delete", "production"])?;
    assert!(admin.refusal(&["environment", "delete", "production"])?.contains("no environment production"));
    admin.output(&["account", "rename", "acme", "acme-two"])?;
    admin.output(&["account", "delete", "acme-two"])?;
    assert!(!admin.output(&["account", "list"])?.contains("acme"));
    Ok(())
}
