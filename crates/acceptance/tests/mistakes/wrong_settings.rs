//! Settings that are missing, malformed, or cannot go together. No engine is needed to refuse them.

use anyhow::Result;

use crate::attempt::{Attempt, ROLES};

/// In every secret of these tests.
const SECRET: &str = "hunter2";

/// What each command cannot do without.
const NEEDED: [(&str, &[&str]); 5] = [
    (
        "gateway",
        &[
            "QUARRY_DATABASE_URL",
            "QUARRY_BROKER_URL",
            "QUARRY_PUBLIC_URL",
            "QUARRY_ARCHIVIST_URL",
            "QUARRY_LINK_KEYS",
            "QUARRY_SEAL_KEYS",
            "QUARRY_TOKEN_KEY",
        ],
    ),
    ("archivist", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL", "QUARRY_LINK_KEYS"]),
    ("ingestor", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL", "QUARRY_SEAL_KEYS"]),
    ("parser", &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL"]),
    ("migrate", &["QUARRY_DATABASE_URL", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY", "QUARRY_ADMIN_TOKEN"]),
];

#[tokio::test]
async fn each_setting_that_a_role_needs_is_named_when_it_is_missing() -> Result<()> {
    for (role, needed) in NEEDED {
        for name in needed {
            // Empty is the same as absent.
            for attempt in [Attempt::nowhere(role).without(name), Attempt::nowhere(role).set(name, "")] {
                let said = attempt.refusal().await?;
                assert!(said.contains(&format!("{name} is missing: `quarry {role}` needs it")), "{role}: {said}");
            }
        }
        let nothing = needed.iter().fold(Attempt::nowhere(role), |attempt, name| attempt.without(name));
        let said = nothing.refusal().await?;
        assert!(said.contains(&format!("{} are missing: `quarry {role}` needs them", needed.join(", "))), "{said}");
        assert!(said.contains("deploy/env.example"), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn engines_of_one_process_are_refused_where_there_are_several() -> Result<()> {
    for role in ROLES {
        let sqlite = Attempt::nowhere(role).set("QUARRY_DATABASE_URL", "sqlite:///tmp/quarry.db").refusal().await?;
        let memory = Attempt::nowhere(role).set("QUARRY_BROKER_URL", "memory://").refusal().await?;

        assert!(sqlite.contains("QUARRY_DATABASE_URL must begin with postgres://"), "{role}: {sqlite}");
        assert!(memory.contains("QUARRY_BROKER_URL must begin with amqp:// or amqps://"), "{role}: {memory}");
    }
    let sqlite = Attempt::nowhere("migrate").set("QUARRY_DATABASE_URL", "sqlite:///tmp/quarry.db").refusal().await?;
    assert!(sqlite.contains("QUARRY_DATABASE_URL must begin with postgres://"), "{sqlite}");
    Ok(())
}

#[tokio::test]
async fn a_malformed_setting_is_named_with_what_would_be_right_and_never_quoted() -> Result<()> {
    for (role, name, value, hint) in [
        ("parser", "QUARRY_DATABASE_URL", "mysql://quarry:hunter2@db/quarry", "postgres://"),
        ("parser", "QUARRY_DATABASE_URL", "postgres://quarry:hunter2@db:port/quarry", "postgres://user:password@"),
        ("parser", "QUARRY_DATABASE_URL", "postgres://quarry:hun/hunter2@db/quarry", "%2F"),
        ("gateway", "QUARRY_DATABASE_URL", "postgres://quarry:a@hunter2@db/quarry", "%40"),
        ("parser", "QUARRY_DATABASE_URL", "postgres://quarry:hunter2@db/quarry?sslmode=perhaps", "sslmode"),
        ("parser", "QUARRY_DATABASE_URL", "postgres://quarry:hunter2@db/quarry?no_such=1", "no_such"),
        ("parser", "QUARRY_BROKER_URL", "redis://quarry:hunter2@mq/quarry", "amqp://"),
        (
            "gateway",
            "QUARRY_BROKER_URL",
            "amqp://quarry:hunter2@mq:port/quarry",
            "amqp://user:password@host:port/vhost",
        ),
        ("parser", "QUARRY_BLOBS_URL", "ftp://quarry:hunter2@store/modules", "s3://"),
        ("parser", "QUARRY_BLOBS_URL", "s3://", "s3://"),
        ("archivist", "QUARRY_LINK_KEYS", "hunter2", "must have the form `id:key`"),
        ("ingestor", "QUARRY_SEAL_KEYS", "first:hunter2,hunter2", "32 bytes"),
        ("gateway", "QUARRY_TOKEN_KEY", "hunter2", "32 bytes"),
        ("migrate", "QUARRY_ADMIN_TOKEN", "hunter2", "`quarry keys new`"),
        ("gateway", "QUARRY_PUBLIC_URL", "https://user:hunter2@registry.example.org", "https://registry.example.org"),
        ("gateway", "QUARRY_ARCHIVIST_URL", "archives.example.org", "https://"),
        ("archivist", "QUARRY_BLOBS_PUBLIC_ENDPOINT", "https://key:hunter2@store.example.org", "https://"),
        ("archivist", "QUARRY_DOWNLOADS", "fast", "stream or redirect"),
        ("ingestor", "QUARRY_LISTEN", "8082", "127.0.0.1:8080"),
        ("archivist", "QUARRY_ARCHIVIST_LISTEN", "8081", "127.0.0.1:8080"),
        ("ingestor", "QUARRY_DRAIN_SECONDS", "soon", "whole number of seconds"),
        ("ingestor", "QUARRY_DATABASE_SESSIONS", "many", "whole number"),
        ("ingestor", "QUARRY_MAX_SYNCS", "0", "from 1 to 1000"),
        ("parser", "QUARRY_PASSWORD", "hunter2", "deploy/env.example"),
    ] {
        let said = Attempt::nowhere(role).set(name, value).refusal().await?;

        assert!(said.contains(name), "{role} {name}={value}: {said}");
        assert!(said.contains(hint), "{role} {name}={value}: {said}");
        assert!(!said.contains(SECRET), "{role} {name}: a secret is in {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_of_settings_that_is_wrong_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("quarry.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\ndatabse_url = \"postgres://quarry:hunter2@db/quarry\"\n")?;
    let (file, missing) = (file.display().to_string(), folder.path().join("none.toml").display().to_string());
    for (path, expected) in [(&file, "QUARRY_DATABSE_URL"), (&missing, missing.as_str())] {
        let output =
            std::process::Command::new(test_kit::binary()?).args(["parser", "--config", path]).env_clear().output()?;

        let said = String::from_utf8(output.stderr)?;
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains(SECRET), "{said}");
    }
    Ok(())
}
