//! Every setting of every role: environment variables `QUARRY_…`, or a TOML file; the environment
//! wins. What is unknown or malformed stops the start, by name.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Environment, File, FileFormat};
use domain::{Error, Namespace};
use outbound::AddressPolicy;
use serde::Deserialize;
use url::Url;

/// As it is written, before it is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    data_dir: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    database_url: Option<String>,
    broker_url: Option<String>,
    blobs_url: Option<String>,
    link_keys: Option<String>,
    seal_keys: Option<String>,
    token_key: Option<String>,
    admin_token: Option<String>,
    reconcile_seconds: Option<String>,
    vcs_allowed_networks: Option<String>,
    namespace: Option<String>,
    archivist_listen: Option<String>,
    archivist_url: Option<String>,
    max_packed_bytes: Option<String>,
    max_unpacked_bytes: Option<String>,
    max_entries: Option<String>,
    max_file_bytes: Option<String>,
    max_path_bytes: Option<String>,
    max_depth: Option<String>,
    max_ratio: Option<String>,
    log: Option<String>,
    log_format: Option<String>,
}

/// Checked settings, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `QUARRY_DATA_DIR`: everything the embedded mode keeps. Default `./data`.
    pub data_dir: PathBuf,
    /// `QUARRY_LISTEN`: address of the listener. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `QUARRY_PUBLIC_URL`: how clients reach it, without a trailing `/`. Default `http://<listen>`.
    pub public_url: Option<String>,
    /// `QUARRY_DATABASE_URL`. Default `sqlite://<data>/quarry.db`.
    pub database_url: String,
    /// `QUARRY_BROKER_URL`. Default, and for now the only one: `memory://`.
    pub broker_url: String,
    /// `QUARRY_BLOBS_URL`. Default `file://<data>/blobs`.
    pub blobs_url: String,
    /// `QUARRY_LINK_KEYS`. Default: made on the first start, in `<data>/keys`.
    pub link_keys: Option<String>,
    /// `QUARRY_SEAL_KEYS`. Default: made on the first start, in `<data>/keys`.
    pub seal_keys: Option<String>,
    /// `QUARRY_TOKEN_KEY`. Default: made on the first start, in `<data>/keys`.
    pub token_key: Option<String>,
    /// `QUARRY_ADMIN_TOKEN`. Default: made on the first start, in `<data>/admin-token`.
    pub admin_token: Option<String>,
    /// `QUARRY_RECONCILE_SECONDS`: how often each repository is looked at without being asked. Default 600; 0 is never.
    pub reconcile: Option<Duration>,
    /// `QUARRY_VCS_ALLOWED_NETWORKS`: networks (CIDR, with commas) that Git may be fetched from although they are
    /// loopback, link-local or the like. Default none.
    pub vcs_allowed_networks: AddressPolicy,
    /// `QUARRY_NAMESPACE`: namespace of modules that belong to the installation itself. Default `global`.
    pub namespace: Namespace,
    /// `QUARRY_ARCHIVIST_LISTEN`: an address of its own for uploads and downloads. Default: that of `QUARRY_LISTEN`.
    pub archivist_listen: Option<SocketAddr>,
    /// `QUARRY_ARCHIVIST_URL`: how clients reach uploads and downloads, without a trailing `/`. Default: the public URL,
    /// or `http://<archivist listen>`.
    pub archivist_url: Option<String>,
    /// What an archive may be; see there.
    pub archive_limits: ArchiveLimits,
    /// `QUARRY_LOG`: level or targets. Default `info`.
    pub log: String,
    /// `QUARRY_LOG_FORMAT`: `text` or `json`. Default `text`.
    pub log_format: String,
}

/// Limits on archives, from Git and from uploads; `None` is the default of the `archive` crate.
#[derive(Debug, Clone, Default)]
pub struct ArchiveLimits {
    /// `QUARRY_MAX_PACKED_BYTES`: of the tar.gz. Default 67108864.
    pub packed: Option<u64>,
    /// `QUARRY_MAX_UNPACKED_BYTES`: of the tar. Default 268435456.
    pub unpacked: Option<u64>,
    /// `QUARRY_MAX_ENTRIES`: files and directories. Default 20000.
    pub entries: Option<u64>,
    /// `QUARRY_MAX_FILE_BYTES`: of one file. Default 33554432.
    pub file: Option<u64>,
    /// `QUARRY_MAX_PATH_BYTES`: of one path. Default 1024.
    pub path: Option<u64>,
    /// `QUARRY_MAX_DEPTH`: directories in one another. Default 64.
    pub depth: Option<u64>,
    /// `QUARRY_MAX_RATIO`: unpacked to packed bytes of an upload, above 16 MiB. Default 100.
    pub ratio: Option<u64>,
}

/// Variables that `quarry publish` reads, and that may be set where a server is started.
const OF_CLIENT_COMMANDS: [&str; 3] = ["QUARRY_SERVER", "QUARRY_TOKEN", "QUARRY_GIT_TOKEN"];

impl Settings {
    /// Reads `file` if given, then the environment of this process.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let is_setting = |name: &str| name.starts_with("QUARRY_") && !OF_CLIENT_COMMANDS.contains(&name);
        let environment = std::env::vars().filter(|(name, _)| is_setting(name)).collect();
        Self::from_sources(file, environment)
    }

    fn from_sources(file: Option<&Path>, environment: BTreeMap<String, String>) -> Result<Self, Error> {
        let mut sources = config::Config::builder();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Error::invalid("--config", format!("must name a file that can be read: {}: {cause}", path.display()))
            })?;
            sources = sources.add_source(File::from_str(&text, FileFormat::Toml));
        }
        // Empty is the same as absent, so that a setting can be switched off in a compose file.
        let given: config::Map<String, String> =
            environment.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        sources = sources.add_source(Environment::with_prefix("QUARRY").prefix_separator("_").source(Some(given)));
        let written: Written = sources
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|cause| Error::invalid("A setting", explain(&cause)))?;
        written.check()
    }

    /// The address under which clients reach this process, once it is known where it listens.
    pub fn public_url_for(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// Whether an embedded database is there already.
    pub(crate) fn has_data(&self) -> bool {
        self.database_url.strip_prefix("sqlite://").is_some_and(|path| Path::new(path).exists())
    }

    /// Whether the database is a file of this process alone.
    pub fn is_embedded(&self) -> bool {
        self.database_url.starts_with("sqlite://")
    }
}

fn explain(cause: &config::ConfigError) -> String {
    let text = cause.to_string().replace('\n', " ");
    match text.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((name, _)) => format!("is not known: QUARRY_{}; deploy/env.example lists them all", name.to_uppercase()),
        None => format!("cannot be read: {text}"),
    }
}

impl Written {
    fn check(self) -> Result<Settings, Error> {
        let data_dir = PathBuf::from(self.data_dir.unwrap_or_else(|| "./data".to_owned()));
        let data_dir = std::path::absolute(&data_dir)
            .map_err(|cause| Error::invalid("QUARRY_DATA_DIR", format!("must be a path: {cause}")))?;
        let shown = data_dir.display();
        let broker_url = self.broker_url.unwrap_or_else(|| "memory://".to_owned());
        if broker_url != "memory://" {
            return Err(Error::invalid("QUARRY_BROKER_URL", "must be memory:// in this release"));
        }
        let database_url = self.database_url.unwrap_or_else(|| format!("sqlite://{shown}/quarry.db"));
        if !["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| database_url.starts_with(scheme)) {
            return Err(Error::invalid("QUARRY_DATABASE_URL", "must begin with sqlite:// or postgres://"));
        }
        Ok(Settings {
            listen: parse_listen("QUARRY_LISTEN", self.listen.as_deref().unwrap_or("127.0.0.1:8080"))?,
            public_url: self.public_url.as_deref().map(|it| parse_url("QUARRY_PUBLIC_URL", it)).transpose()?,
            archivist_listen: self
                .archivist_listen
                .as_deref()
                .map(|it| parse_listen("QUARRY_ARCHIVIST_LISTEN", it))
                .transpose()?,
            archivist_url: self.archivist_url.as_deref().map(|it| parse_url("QUARRY_ARCHIVIST_URL", it)).transpose()?,
            archive_limits: ArchiveLimits {
                packed: parse_limit("QUARRY_MAX_PACKED_BYTES", self.max_packed_bytes.as_deref())?,
                unpacked: parse_limit("QUARRY_MAX_UNPACKED_BYTES", self.max_unpacked_bytes.as_deref())?,
                entries: parse_limit("QUARRY_MAX_ENTRIES", self.max_entries.as_deref())?,
                file: parse_limit("QUARRY_MAX_FILE_BYTES", self.max_file_bytes.as_deref())?,
                path: parse_limit("QUARRY_MAX_PATH_BYTES", self.max_path_bytes.as_deref())?,
                depth: parse_limit("QUARRY_MAX_DEPTH", self.max_depth.as_deref())?,
                ratio: parse_limit("QUARRY_MAX_RATIO", self.max_ratio.as_deref())?,
            },
            database_url,
            broker_url,
            blobs_url: self.blobs_url.unwrap_or_else(|| format!("file://{shown}/blobs")),
            link_keys: self.link_keys,
            seal_keys: self.seal_keys,
            token_key: self.token_key,
            admin_token: self.admin_token,
            reconcile: parse_reconcile(self.reconcile_seconds.as_deref())?,
            vcs_allowed_networks: AddressPolicy::parse(self.vcs_allowed_networks.as_deref().unwrap_or_default())
                .map_err(|cause| Error::invalid("QUARRY_VCS_ALLOWED_NETWORKS", plain_reason(cause)))?,
            namespace: self
                .namespace
                .as_deref()
                .unwrap_or("global")
                .parse()
                .map_err(|cause| Error::invalid("QUARRY_NAMESPACE", plain_reason(cause)))?,
            log: self.log.unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or_else(|| "text".to_owned()),
            data_dir,
        })
    }
}

fn plain_reason(cause: Error) -> String {
    match cause {
        Error::Invalid { reason, .. } => reason,
        other => other.to_string(),
    }
}

fn parse_listen(setting: &str, text: &str) -> Result<SocketAddr, Error> {
    text.parse()
        .map_err(|_| Error::invalid(setting, "must be an address and port such as 127.0.0.1:8080 or 0.0.0.0:8080"))
}

fn parse_limit(setting: &str, text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(|text| text.parse().ok().filter(|limit| *limit > 0))
        .map(|limit| limit.ok_or_else(|| Error::invalid(setting, "must be a whole number above 0")))
        .transpose()
}

fn parse_url(setting: &str, text: &str) -> Result<String, Error> {
    let invalid = || {
        Error::invalid(
            setting,
            "must be an http or https address without path, user or query, such as https://registry.example.org",
        )
    };
    let url = Url::parse(text).map_err(|_| invalid())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path() == "/";
    if is_plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(invalid()) }
}

fn parse_reconcile(text: Option<&str>) -> Result<Option<Duration>, Error> {
    let seconds: u64 = text.unwrap_or("600").parse().map_err(|_| {
        Error::invalid("QUARRY_RECONCILE_SECONDS", "must be a whole number of seconds; 0 switches it off")
    })?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::from_sources(None, environment)
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let settings = load(&[]).unwrap();
        assert_eq!(settings.listen.port(), 8080);
        assert!(settings.is_embedded());
        assert_eq!(settings.public_url_for(settings.listen), "http://127.0.0.1:8080");
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_would_be_right() {
        for (name, value, hint) in [
            ("QUARRY_LISTEN", "8080", "127.0.0.1:8080"),
            ("QUARRY_PUBLIC_URL", "registry.example.org", "https://"),
            ("QUARRY_PUBLIC_URL", "https://user@host", "without path, user"),
            ("QUARRY_DATABASE_URL", "mysql://x", "sqlite://"),
            ("QUARRY_BROKER_URL", "redis://x", "memory://"),
            ("QUARRY_RECONCILE_SECONDS", "often", "whole number"),
            ("QUARRY_VCS_ALLOWED_NETWORKS", "10.0.0.0/99", ""),
            ("QUARRY_NAMESPACE", "a.b", "letters"),
            ("QUARRY_ARCHIVIST_LISTEN", "x", "127.0.0.1:8080"),
            ("QUARRY_ARCHIVIST_URL", "x", "https://"),
            ("QUARRY_MAX_ENTRIES", "0", "above 0"),
            ("QUARRY_MAX_FILE_BYTES", "32M", "whole number"),
            ("QUARRY_LISTENN", "x", "not known"),
        ] {
            let text = load(&[(name, value)]).unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(hint), "{name}={value}: {text}");
        }
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let directory = std::env::temp_dir().join(format!("quarry-settings-{}", std::process::id()));
        std::fs::write(&directory, "listen = \"127.0.0.1:1\"\nlog = \"debug\"\n").unwrap();
        let environment = [("QUARRY_LISTEN".to_owned(), "127.0.0.1:2".to_owned())].into();
        let settings = Settings::from_sources(Some(&directory), environment).unwrap();
        std::fs::remove_file(&directory).unwrap();
        assert_eq!((settings.listen.port(), settings.log.as_str()), (2, "debug"));
    }
}
