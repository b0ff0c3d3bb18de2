//! Which database a URL names, checked before a library sees it.

use std::path::PathBuf;

use domain::Error;

/// Decided from the URL alone: the derived `establish` would try one database after the other.
///
/// Not `Debug`: the URL holds a password.
#[derive(Clone)]
pub(crate) enum Target {
    Postgres(PostgresUrl),
    Sqlite(PathBuf),
}

/// A URL that libpq will understand, with what a dead network needs.
#[derive(Clone)]
pub(crate) struct PostgresUrl {
    url: String,
    password: Option<String>,
}

/// What the URL does not say itself. A server that does not answer costs `connect_timeout` seconds; a peer that vanished
/// under a session is noticed after about 5 seconds.
const PARAMETERS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "2"),
    ("application_name", "quarry"),
];
const SETTING: &str = "QUARRY_DATABASE_URL";

impl Target {
    /// `Invalid` never quotes the URL.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(Error::invalid(SETTING, "must name a file: sqlite:///path/to/quarry.db"));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
            return Err(Error::invalid(SETTING, "must begin with sqlite:// or postgres://"));
        };
        PostgresUrl::parse(url, rest)
            .map(Self::Postgres)
            .map_err(|flaw| Error::invalid(SETTING, format!("{flaw}; it looks like postgres://user:password@host/db")))
    }
}

impl PostgresUrl {
    fn parse(url: &str, rest: &str) -> Result<Self, &'static str> {
        if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("contains a space or a control character");
        }
        let is_hex = |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if rest.split('%').skip(1).any(|after| !is_hex(after.get(..2))) {
            return Err("contains a % that is not followed by two hexadecimal digits");
        }
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = address.split('/').next().unwrap_or_default();
        if authority.matches('@').count() > 1 {
            return Err("has more than one @ (in a password it is written %40)");
        }
        let (user, hosts) = authority.split_once('@').unwrap_or(("", authority));
        if hosts.split(',').any(|host| !is_host(host)) {
            return Err("names a host with a port that is no number (in a password / is written %2F and : %3A)");
        }
        let parameters: Vec<(&str, &str)> = query
            .split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| parameter.split_once('=').filter(|(key, value)| !key.is_empty() && !value.contains('=')))
            .collect::<Option<_>>()
            .filter(|_| !query.contains("&&"))
            .ok_or("has a parameter that is not key=value")?;
        let given = |key: &str| parameters.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let password = user.split_once(':').map(|(_, password)| password).or_else(|| given("password"));
        let missing: Vec<String> = PARAMETERS
            .iter()
            .filter(|(key, _)| given(key).is_none())
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let joint = match url.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        Ok(Self {
            url: format!("{url}{joint}{}", missing.join("&")),
            password: password.filter(|password| !password.is_empty()).map(str::to_owned),
        })
    }

    /// For libpq alone.
    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    /// A message of libpq, without the password.
    pub(crate) fn redact(&self, message: &str) -> String {
        match &self.password {
            Some(password) => message.replace(password, "…"),
            None => message.to_owned(),
        }
    }

    /// What libpq says of a setting that it does not know or cannot do, in contrast to what it says of a server.
    pub(crate) fn refused(&self, message: &str) -> Option<Error> {
        let is_refused = !message.contains("connection to server")
            && ["invalid ", "key/value separator"].iter().any(|words| message.contains(words));
        is_refused.then(|| Error::invalid(SETTING, format!("is not understood: {}", self.redact(message.trim()))))
    }
}

/// `name`, `name:5432`, `[::1]:5432`, or nothing.
fn is_host(host: &str) -> bool {
    let port = match host.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((_, port)) if port.is_empty() || port.starts_with(':') => port.trim_start_matches(':'),
            _ => return false,
        },
        None => host.split_once(':').map_or("", |(_, port)| port),
    };
    port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_right_is_refused_without_its_password() {
        for url in [
            "",
            "mysql://a@b/c",
            "sqlite://",
            "postgres://u:secret@h:port/db",
            "postgres://u:se@cret@h/db",
            "postgres://u:sec/ret@h/db",
            "postgres://u:secret%@h/db",
            "postgres://u:secret @h/db",
            "postgres://u:secret@h:70000/db",
            "postgres://u:secret@[::1/db",
            "postgres://u:secret@h/db?sslmode",
            "postgres://u:secret@h/db?a=b=c",
            "postgres://u:secret@h/db?a=b&&c=d",
        ] {
            let Err(Error::Invalid { what, reason }) = Target::parse(url) else { panic!("{url} was taken") };
            assert_eq!(what, "QUARRY_DATABASE_URL");
            assert!(!reason.contains("sec"), "{reason}");
        }
    }

    #[test]
    fn what_the_url_says_is_kept() {
        for (url, expected) in [
            ("postgres://h/db", "postgres://h/db?connect_timeout=2&tcp_user_timeout="),
            ("postgres://h/db?", "postgres://h/db?connect_timeout=2&tcp_user_timeout="),
            ("postgres://h/db?a=b&", "postgres://h/db?a=b&connect_timeout=2&tcp_user_timeout="),
            (
                "postgresql://h:1,[::1]:2/db?connect_timeout=7",
                "postgresql://h:1,[::1]:2/db?connect_timeout=7&tcp_user_",
            ),
        ] {
            let Ok(Target::Postgres(url)) = Target::parse(url) else { panic!("{url} was refused") };
            assert!(url.as_str().starts_with(expected), "{}", url.as_str());
            assert_eq!(url.as_str().matches("connect_timeout").count(), 1);
        }
    }

    #[test]
    fn a_message_does_not_quote_the_password() {
        for url in ["postgres://u:hidden@h/db", "postgres://h/db?password=hidden"] {
            let Ok(Target::Postgres(url)) = Target::parse(url) else { panic!("{url} was refused") };
            assert_eq!(url.redact("no hidden here"), "no … here");
        }
    }
}
