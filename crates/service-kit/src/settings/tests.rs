//! Right and wrong settings, alone and together.

use super::*;

/// Names and values, with spaces between, so that a case fits on a line.
fn load(role: Role, pairs: &[(&str, &str)]) -> Result<Settings, Error> {
    let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::from_sources(None, environment, role)
}

const DATABASE: (&str, &str) = ("QUARRY_DATABASE_URL", "postgres://quarry:hunter2@db/quarry");
const BROKER: (&str, &str) = ("QUARRY_BROKER_URL", "amqp://quarry:hunter2@mq/quarry");
const BLOBS: (&str, &str) = ("QUARRY_BLOBS_URL", "s3://modules/quarry");

#[test]
fn nothing_needs_to_be_set_for_the_embedded_mode() {
    let settings = load(Role::Serve, &[]).unwrap();
    assert_eq!(settings.listen.port(), 8080);
    assert!(settings.is_embedded());
    assert_eq!(settings.public_url_for(settings.listen), "http://127.0.0.1:8080");
    assert_eq!(settings.drain, Duration::ZERO);
}

#[test]
fn a_wrong_setting_is_named_with_what_would_be_right() {
    for (name, value, hint) in [
        ("QUARRY_LISTEN", "8080", "127.0.0.1:8080"),
        ("QUARRY_PUBLIC_URL", "registry.example.org", "https://"),
        ("QUARRY_PUBLIC_URL", "https://user@host", "without path, user"),
        ("QUARRY_DATABASE_URL", "mysql://x", "sqlite://"),
        ("QUARRY_DATABASE_SESSIONS", "1", "from 2 to"),
        ("QUARRY_BROKER_URL", "redis://x", "memory://, amqp:// or amqps://"),
        ("QUARRY_BROKER_URL", "amqp://localhost", "memory:// (or left out) with SQLite"),
        ("QUARRY_BLOBS_URL", "ftp://x", "s3://"),
        ("QUARRY_BLOBS_PUBLIC_ENDPOINT", "x", "https://"),
        ("QUARRY_DOWNLOADS", "fast", "stream or redirect"),
        ("QUARRY_DOWNLOADS", "redirect", "must be stream for a directory"),
        ("QUARRY_RECONCILE_SECONDS", "often", "whole number"),
        ("QUARRY_DRAIN_SECONDS", "5s", "whole number"),
        ("QUARRY_MAX_SYNCS", "0", "from 1 to 1000"),
        ("QUARRY_VCS_ALLOWED_NETWORKS", "10.0.0.0/99", ""),
        ("QUARRY_NAMESPACE", "a.b", "letters"),
        ("QUARRY_ARCHIVIST_LISTEN", "x", "127.0.0.1:8080"),
        ("QUARRY_ARCHIVIST_URL", "x", "https://"),
        ("QUARRY_MAX_ENTRIES", "0", "above 0"),
        ("QUARRY_MAX_FILE_BYTES", "32M", "whole number"),
        ("QUARRY_LISTENN", "x", "not known"),
    ] {
        let text = load(Role::Serve, &[(name, value)]).unwrap_err().to_string();
        assert!(text.contains(name) && text.contains(hint), "{name}={value}: {text}");
    }
}

#[test]
fn a_role_names_everything_that_it_misses_at_once() {
    for (role, missing) in [
        (
            Role::Gateway,
            "QUARRY_PUBLIC_URL, QUARRY_ARCHIVIST_URL, QUARRY_LINK_KEYS, QUARRY_SEAL_KEYS, QUARRY_TOKEN_KEY",
        ),
        (Role::Archivist, "QUARRY_LINK_KEYS is missing"),
        (Role::Ingestor, "QUARRY_SEAL_KEYS is missing"),
        (Role::Migrate, "QUARRY_SEAL_KEYS, QUARRY_TOKEN_KEY, QUARRY_ADMIN_TOKEN are missing"),
    ] {
        let text = load(role, &[DATABASE, BROKER, BLOBS]).unwrap_err().to_string();
        assert!(text.contains(missing) && text.contains(role.command()), "{role:?}: {text}");
    }
    let settings = load(Role::Parser, &[DATABASE, BROKER, BLOBS]).unwrap();
    assert_eq!((settings.listen.port(), settings.drain.as_secs()), (8083, 5));
}

#[test]
fn a_role_refuses_engines_that_nobody_can_share() {
    let sqlite = ("QUARRY_DATABASE_URL", "sqlite:///x/quarry.db");
    let memory = ("QUARRY_BROKER_URL", "memory://");
    for (database, broker, named) in [
        (sqlite, BROKER, "QUARRY_DATABASE_URL must begin with postgres://"),
        (DATABASE, memory, "QUARRY_BROKER_URL must"),
    ] {
        let text = load(Role::Parser, &[database, broker, BLOBS]).unwrap_err().to_string();
        assert!(text.starts_with(named), "{text}");
    }
}

#[test]
fn no_password_is_ever_shown() {
    let settings = load(Role::Parser, &[DATABASE, BROKER, BLOBS]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let path = std::env::temp_dir().join(format!("quarry-settings-{}", std::process::id()));
    std::fs::write(&path, "listen = \"127.0.0.1:1\"\nlog = \"debug\"\n").unwrap();
    let environment = [("QUARRY_LISTEN".to_owned(), "127.0.0.1:2".to_owned())].into();
    let settings = Settings::from_sources(Some(&path), environment, Role::Serve).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((settings.listen.port(), settings.log.as_str()), (2, "debug"));
}
