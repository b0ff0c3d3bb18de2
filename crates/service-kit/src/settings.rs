//! Every setting of every role: environment variables `QUARRY_…`, or a TOML file; the environment
//! wins. What is unknown or malformed stops the start, by name.

mod parse;
mod written;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Environment, File, FileFormat};
use domain::{Error, Namespace, Rights};
use outbound::AddressPolicy;
use seal::Secret;

pub(crate) use written::Written;

use crate::{Role, TrustedProxies};

/// Checked settings, with defaults filled in.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `QUARRY_DATA_DIR`: everything the embedded mode keeps, and the mirrors of an ingestor. Default `./data`.
    pub data_dir: PathBuf,
    /// `QUARRY_LISTEN`: address of the listener. Default `127.0.0.1:8080`; for an ingestor port 8082 and for a parser
    /// 8083, where they answer probes.
    pub listen: SocketAddr,
    /// `QUARRY_PUBLIC_URL`: how clients reach it, without a trailing `/`. Default `http://<listen>`.
    pub public_url: Option<String>,
    /// `QUARRY_DATABASE_URL`. Default `sqlite://<data>/quarry.db`. May hold a password.
    pub database_url: Secret,
    /// `QUARRY_DATABASE_SESSIONS`: most sessions of one process with PostgreSQL. Default 10.
    pub database_sessions: u32,
    /// `QUARRY_BROKER_URL`: `memory://` or `amqp://…`. Default `memory://`. May hold a password.
    pub broker_url: Secret,
    /// `QUARRY_BLOBS_URL`. Default `file://<data>/blobs`.
    pub blobs_url: String,
    /// `QUARRY_BLOBS_PUBLIC_ENDPOINT`: how clients reach the store of blobs, for redirects. Default: as we do.
    pub blobs_public_endpoint: Option<String>,
    /// `QUARRY_DOWNLOADS`: `stream` or `redirect`. Default `stream`.
    pub downloads: Downloads,
    /// `QUARRY_LINK_KEYS`. Default: made on the first start, in `<data>/keys`.
    pub link_keys: Option<Secret>,
    /// `QUARRY_SEAL_KEYS`. Default: made on the first start, in `<data>/keys`.
    pub seal_keys: Option<Secret>,
    /// `QUARRY_TOKEN_KEY`. Default: made on the first start, in `<data>/keys`.
    pub token_key: Option<Secret>,
    /// `QUARRY_ADMIN_TOKEN`. Default: made on the first start, in `<data>/admin-token`.
    pub admin_token: Option<Secret>,
    /// `QUARRY_RECONCILE_SECONDS`: how often each repository is looked at without being asked. Default 600; 0 is never.
    pub reconcile: Option<Duration>,
    /// `QUARRY_AUDIT_DAYS`: so long the audit log is kept. Default 365; `None` (0) is for ever.
    pub audit_days: Option<u32>,
    /// `QUARRY_VCS_ALLOWED_NETWORKS`: networks (CIDR, with commas) that Git may be fetched from although they are
    /// loopback, link-local or the like. Default none.
    pub vcs_allowed_networks: AddressPolicy,
    /// `QUARRY_VCS_AUTHORITIES`: a file of certificate authorities in PEM form that Git hosts are trusted by, besides those
    /// of the machine; here what it holds. Default none.
    pub vcs_authorities: String,
    /// `QUARRY_VCS_KNOWN_HOSTS`: a file with the keys of the SSH servers that Git may be fetched from, as OpenSSH keeps
    /// them; here what it holds. Default none, and so no SSH.
    pub vcs_known_hosts: String,
    /// `QUARRY_NAMESPACE`: namespace of modules that belong to the installation itself. Default `global`.
    pub namespace: Namespace,
    /// `QUARRY_ARCHIVIST_LISTEN`: an address of its own for uploads and downloads. Default: that of `QUARRY_LISTEN`;
    /// `127.0.0.1:8081` where the archivist runs alone.
    pub archivist_listen: Option<SocketAddr>,
    /// `QUARRY_ARCHIVIST_URL`: how clients reach uploads and downloads, without a trailing `/`. Default: the public URL,
    /// or `http://<archivist listen>`.
    pub archivist_url: Option<String>,
    /// `QUARRY_DRAIN_SECONDS`: between the signal to stop and the end of accepting, while load balancers turn away.
    /// Default 0, for roles by themselves 5.
    pub drain: Duration,
    /// `QUARRY_CHILD_PROGRAM`: whose `child` command handles hostile bytes. Default: this program.
    pub child_program: Option<PathBuf>,
    /// How much a process does at the same time; see there.
    pub at_once: AtOnce,
    /// What an archive may be; see there.
    pub archive_limits: ArchiveLimits,
    /// How often a client may call; see there.
    pub rates: Rates,
    /// `QUARRY_TRUSTED_PROXIES`: networks (CIDR, with commas) of the load balancers and proxies in front, whose
    /// `X-Forwarded-For` tells the address of a client. Default none: a client is who opened the connection.
    pub trusted_proxies: TrustedProxies,
    /// How people sign in; see there.
    pub sign_in: SignInSettings,
    /// `QUARRY_LOG`: level or targets. Default `info`.
    pub log: String,
    /// `QUARRY_LOG_FORMAT`: `text` or `json`. Default `text`.
    pub log_format: String,
}

/// How the archivist answers a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downloads {
    /// It sends the bytes, and verifies them on the way.
    Stream,
    /// It redirects to a presigned address of the store; the client verifies the checksum of its link.
    Redirect,
}

/// Jobs that one process runs at the same time; also how many messages of a queue it holds.
#[derive(Debug, Clone, Copy)]
pub struct AtOnce {
    /// `QUARRY_MAX_SYNCS`: repositories; most of them wait for other people's servers. Default 24.
    pub syncs: u16,
    /// `QUARRY_MAX_ARCHIVINGS`: repositories whose archives are being made, which takes processors. Default 2.
    pub archivings: u16,
    /// `QUARRY_MAX_INGESTS`: versions from Git by themselves. Default 8.
    pub ingests: u16,
    /// `QUARRY_MAX_UPLOADS`: uploads that are being checked. Default 2.
    pub uploads: u16,
    /// `QUARRY_MAX_PARSES`: versions whose documentation is being read. Default 16.
    pub parses: u16,
}

/// How often a client may call each process; `None`: as often as it likes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// `QUARRY_RATE_LIMIT`: calls of a management API in a second, with one token or, without a valid one, from one
    /// address. Default 30; 0 is no limit, and 1 to 3 cannot be: clients that pace themselves by it would never call.
    pub calls_per_second: Option<NonZeroU32>,
    /// `QUARRY_FAILED_LOGINS_PER_MINUTE`: wrong tokens, passwords and webhook signatures from one address in a
    /// minute; valid ones go on. Default 60; 0 is no limit.
    pub failed_logins_per_minute: Option<NonZeroU32>,
}

/// How people sign in at the pages, and what `terraform login` gets.
#[derive(Debug, Clone, Default)]
pub struct SignInSettings {
    /// `QUARRY_LOGIN_TOKEN_DAYS`: how long a token of `terraform login` lives. Default 0: until it is revoked.
    pub login_token_life: Option<Duration>,
    /// The provider to sign in at, besides passwords. Default none.
    pub openid: Option<OpenIdSettings>,
}

/// An OpenID Connect provider. The client has to be registered there with the redirect address
/// `<public URL>/app/sign-in/openid/callback`.
#[derive(Debug, Clone)]
pub struct OpenIdSettings {
    /// `QUARRY_OIDC_ISSUER`: its address, exactly as it calls itself; `https`, or `http` on this machine. Default none.
    pub issuer: String,
    /// `QUARRY_OIDC_CLIENT_ID`: what we are called there.
    pub client_id: String,
    /// `QUARRY_OIDC_CLIENT_SECRET`. Default none: a public client.
    pub client_secret: Option<Secret>,
    /// `QUARRY_OIDC_SCOPES`: what is asked for, with spaces. Default `openid profile email`.
    pub scopes: Vec<String>,
    /// `QUARRY_OIDC_USERNAME_CLAIM`: becomes the user name at the first sign-in. Default `preferred_username`.
    pub username_claim: String,
    /// `QUARRY_OIDC_DEFAULT_RIGHTS`: what a user may do in the whole installation from the first sign-in on: `none`, until
    /// an owner grants something, or `read`. Default `none`.
    pub default_rights: Option<Rights>,
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

/// Not those that `quarry publish` and tests read, which may be set where a server is started.
fn is_setting(name: &str) -> bool {
    const OTHERS: [&str; 3] = ["QUARRY_SERVER", "QUARRY_TOKEN", "QUARRY_GIT_TOKEN"];
    name.starts_with("QUARRY_") && !name.starts_with("QUARRY_TEST_") && !OTHERS.contains(&name)
}

impl Settings {
    /// Reads `file` if given, then the environment of this process, and checks that `role` has what it needs.
    pub fn load(file: Option<&Path>, role: Role) -> Result<Self, Error> {
        let environment = std::env::vars().filter(|(name, _)| is_setting(name)).collect();
        Self::from_sources(file, environment, role)
    }

    fn from_sources(file: Option<&Path>, environment: BTreeMap<String, String>, role: Role) -> Result<Self, Error> {
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
        written.check(role)
    }

    /// The address under which clients reach this process, once it is known where it listens.
    pub fn public_url_for(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// Whether an embedded database is there already.
    pub(crate) fn has_data(&self) -> bool {
        self.database_url.reveal().strip_prefix("sqlite://").is_some_and(|path| Path::new(path).exists())
    }

    /// Whether the database is a file of this process alone.
    pub fn is_embedded(&self) -> bool {
        self.database_url.reveal().starts_with("sqlite://")
    }
}

fn explain(cause: &config::ConfigError) -> String {
    let text = cause.to_string().replace('\n', " ");
    match text.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((name, _)) => format!("is not known: QUARRY_{}; deploy/env.example lists them all", name.to_uppercase()),
        None => format!("cannot be read: {text}"),
    }
}

#[cfg(test)]
mod tests;
