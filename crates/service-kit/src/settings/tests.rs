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
        ("QUARRY_AUDIT_DAYS", "ever", "whole number"),
        ("QUARRY_AUDIT_DAYS", "40000", "at most 36525"),
        ("QUARRY_MAX_SYNCS", "0", "from 1 to 1000"),
        ("QUARRY_VCS_ALLOWED_NETWORKS", "10.0.0.0/99", ""),
        ("QUARRY_VCS_AUTHORITIES", "/does/not/exist.pem", "a file that can be read"),
        ("QUARRY_VCS_AUTHORITIES", "/dev/null", "in PEM form"),
        ("QUARRY_VCS_KNOWN_HOSTS", "/does/not/exist", "a file that can be read"),
        ("QUARRY_NAMESPACE", "a.b", "letters"),
        ("QUARRY_ARCHIVIST_LISTEN", "x", "127.0.0.1:8080"),
        ("QUARRY_ARCHIVIST_URL", "x", "https://"),
        ("QUARRY_MAX_ENTRIES", "0", "above 0"),
        ("QUARRY_MAX_FILE_BYTES", "32M", "whole number"),
        ("QUARRY_RATE_LIMIT", "fast", "whole number up to"),
        ("QUARRY_RATE_LIMIT", "1", "at least 4"),
        ("QUARRY_RATE_LIMIT", "3", "at least 4"),
        ("QUARRY_FAILED_LOGINS_PER_MINUTE", "-1", "0 switches it off"),
        ("QUARRY_TRUSTED_PROXIES", "*", "pretend"),
        ("QUARRY_TRUSTED_PROXIES", "0.0.0.0/0", "pretend"),
        ("QUARRY_TRUSTED_PROXIES", "proxy", "neither a network"),
        ("QUARRY_LOGIN_TOKEN_DAYS", "90d", "whole number of days"),
        ("QUARRY_OIDC_ISSUER", "https://id.acme.test", "QUARRY_OIDC_CLIENT_ID is missing"),
        ("QUARRY_OIDC_CLIENT_SECRET", "hunter2", "means nothing without QUARRY_OIDC_ISSUER"),
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
fn limits_hold_unless_they_are_switched_off() {
    let rates = load(Role::Serve, &[]).unwrap().rates;
    assert_eq!(rates.calls_per_second.map(NonZeroU32::get), Some(30));
    assert_eq!(rates.failed_logins_per_minute.map(NonZeroU32::get), Some(60));
    let off = [("QUARRY_RATE_LIMIT", "0"), ("QUARRY_FAILED_LOGINS_PER_MINUTE", "0")];
    let rates = load(Role::Serve, &off).unwrap().rates;
    assert_eq!((rates.calls_per_second, rates.failed_logins_per_minute), (None, None));
}

#[test]
fn a_provider_is_taken_as_it_calls_itself() {
    let issuer = |address| ("QUARRY_OIDC_ISSUER", address);
    let client = ("QUARRY_OIDC_CLIENT_ID", "quarry");
    let secret = ("QUARRY_OIDC_CLIENT_SECRET", "hunter2");

    let settings = load(Role::Serve, &[issuer("https://id.acme.test/realms/acme"), client, secret]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let openid = settings.sign_in.openid.unwrap();
    assert_eq!(openid.issuer, "https://id.acme.test/realms/acme");
    assert_eq!(openid.scopes, ["openid", "profile", "email"]);
    assert_eq!((openid.username_claim.as_str(), openid.default_rights), ("preferred_username", None));

    for wrong in ["http://id.acme.test", "https://user@id.acme.test", "https://id.acme.test/?a=b", "id.acme.test", "*"]
    {
        let text = load(Role::Serve, &[issuer(wrong), client]).unwrap_err().to_string();
        assert!(text.contains("QUARRY_OIDC_ISSUER must be an https address"), "{wrong}: {text}");
    }
    load(Role::Serve, &[issuer("http://127.0.0.1:5556/dex"), client]).unwrap();
    let rights = ("QUARRY_OIDC_DEFAULT_RIGHTS", "admin");
    let text = load(Role::Serve, &[issuer("https://id.acme.test"), client, rights]).unwrap_err().to_string();
    assert!(text.contains("QUARRY_OIDC_DEFAULT_RIGHTS must be none or read"), "{text}");
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
