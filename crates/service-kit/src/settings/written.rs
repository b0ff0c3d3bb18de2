//! Settings as they are written, before they are checked.

use std::path::PathBuf;

use domain::{Error, Rights};
use outbound::AddressPolicy;
use serde::Deserialize;

use super::{ArchiveLimits, AtOnce, Downloads, OpenIdSettings, Rates, Settings, SignInSettings, parse};
use crate::{Role, TrustedProxies};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    data_dir: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    database_url: Option<String>,
    database_sessions: Option<String>,
    broker_url: Option<String>,
    blobs_url: Option<String>,
    blobs_public_endpoint: Option<String>,
    downloads: Option<String>,
    link_keys: Option<String>,
    seal_keys: Option<String>,
    token_key: Option<String>,
    admin_token: Option<String>,
    reconcile_seconds: Option<String>,
    audit_days: Option<String>,
    vcs_allowed_networks: Option<String>,
    vcs_authorities: Option<String>,
    vcs_known_hosts: Option<String>,
    namespace: Option<String>,
    archivist_listen: Option<String>,
    archivist_url: Option<String>,
    drain_seconds: Option<String>,
    child_program: Option<String>,
    max_syncs: Option<String>,
    max_archivings: Option<String>,
    max_ingests: Option<String>,
    max_uploads: Option<String>,
    max_parses: Option<String>,
    max_packed_bytes: Option<String>,
    max_unpacked_bytes: Option<String>,
    max_entries: Option<String>,
    max_file_bytes: Option<String>,
    max_path_bytes: Option<String>,
    max_depth: Option<String>,
    max_ratio: Option<String>,
    rate_limit: Option<String>,
    failed_logins_per_minute: Option<String>,
    trusted_proxies: Option<String>,
    login_token_days: Option<String>,
    oidc_issuer: Option<String>,
    oidc_client_id: Option<String>,
    oidc_client_secret: Option<String>,
    oidc_scopes: Option<String>,
    oidc_username_claim: Option<String>,
    oidc_default_rights: Option<String>,
    log: Option<String>,
    log_format: Option<String>,
}

impl Written {
    /// The text of a setting that some role cannot do without.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        let value = match name {
            "QUARRY_DATABASE_URL" => &self.database_url,
            "QUARRY_BROKER_URL" => &self.broker_url,
            "QUARRY_BLOBS_URL" => &self.blobs_url,
            "QUARRY_PUBLIC_URL" => &self.public_url,
            "QUARRY_ARCHIVIST_URL" => &self.archivist_url,
            "QUARRY_LINK_KEYS" => &self.link_keys,
            "QUARRY_SEAL_KEYS" => &self.seal_keys,
            "QUARRY_TOKEN_KEY" => &self.token_key,
            "QUARRY_ADMIN_TOKEN" => &self.admin_token,
            _ => &None,
        };
        value.as_deref()
    }

    pub(super) fn check(self, role: Role) -> Result<Settings, Error> {
        let data_dir = PathBuf::from(self.data_dir.as_deref().unwrap_or("./data"));
        let data_dir = std::path::absolute(&data_dir)
            .map_err(|cause| Error::invalid("QUARRY_DATA_DIR", format!("must be a path: {cause}")))?;
        let shown = data_dir.display();
        let database_url = self.database_url.clone().unwrap_or_else(|| format!("sqlite://{shown}/quarry.db"));
        parse::scheme("QUARRY_DATABASE_URL", &database_url, &["sqlite://", "postgres://", "postgresql://"])?;
        let broker_url = self.broker_url.clone().unwrap_or_else(|| "memory://".to_owned());
        parse::scheme("QUARRY_BROKER_URL", &broker_url, &["memory://", "amqp://", "amqps://"])?;
        let blobs_url = self.blobs_url.clone().unwrap_or_else(|| format!("file://{shown}/blobs"));
        parse::scheme("QUARRY_BLOBS_URL", &blobs_url, &["file://", "s3://", "gs://", "az://"])?;
        role.check(&self)?;
        let (downloads, archive_limits) = (self.downloads(&blobs_url)?, self.archive_limits()?);
        let endpoint = |it: &str| parse::url("QUARRY_BLOBS_PUBLIC_ENDPOINT", it);
        Ok(Settings {
            listen: parse::listen("QUARRY_LISTEN", self.listen.as_deref().unwrap_or(role.default_listen()))?,
            public_url: self.public_url.as_deref().map(|it| parse::url("QUARRY_PUBLIC_URL", it)).transpose()?,
            archivist_listen: self.archivist_listen(role)?,
            archivist_url: self
                .archivist_url
                .as_deref()
                .map(|it| parse::url("QUARRY_ARCHIVIST_URL", it))
                .transpose()?,
            at_once: self.at_once()?,
            archive_limits,
            rates: self.rates()?,
            sign_in: self.sign_in()?,
            trusted_proxies: TrustedProxies::parse(self.trusted_proxies.as_deref().unwrap_or_default())
                .map_err(|cause| Error::invalid("QUARRY_TRUSTED_PROXIES", parse::plain_reason(cause)))?,
            downloads,
            blobs_public_endpoint: self.blobs_public_endpoint.as_deref().map(endpoint).transpose()?,
            database_url: database_url.into(),
            database_sessions: parse::sessions(self.database_sessions.as_deref())?,
            broker_url: broker_url.into(),
            blobs_url,
            link_keys: self.link_keys.map(Into::into),
            seal_keys: self.seal_keys.map(Into::into),
            token_key: self.token_key.map(Into::into),
            admin_token: self.admin_token.map(Into::into),
            reconcile: parse::reconcile(self.reconcile_seconds.as_deref())?,
            audit_days: parse::audit_days(self.audit_days.as_deref())?,
            drain: parse::drain(self.drain_seconds.as_deref(), if role.is_distributed() { 5 } else { 0 })?,
            child_program: self.child_program.map(PathBuf::from),
            vcs_allowed_networks: AddressPolicy::parse(self.vcs_allowed_networks.as_deref().unwrap_or_default())
                .map_err(|cause| Error::invalid("QUARRY_VCS_ALLOWED_NETWORKS", parse::plain_reason(cause)))?,
            vcs_authorities: parse::authorities(self.vcs_authorities.as_deref())?,
            vcs_known_hosts: parse::file("QUARRY_VCS_KNOWN_HOSTS", self.vcs_known_hosts.as_deref())?,
            namespace: self
                .namespace
                .as_deref()
                .unwrap_or("global")
                .parse()
                .map_err(|cause| Error::invalid("QUARRY_NAMESPACE", parse::plain_reason(cause)))?,
            log: self.log.unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or_else(|| "text".to_owned()),
            data_dir,
        })
    }

    fn archivist_listen(&self, role: Role) -> Result<Option<std::net::SocketAddr>, Error> {
        let default = (role == Role::Archivist).then(|| role.default_listen());
        let text = self.archivist_listen.as_deref().or(default);
        text.map(|it| parse::listen("QUARRY_ARCHIVIST_LISTEN", it)).transpose()
    }

    fn downloads(&self, blobs_url: &str) -> Result<Downloads, Error> {
        match self.downloads.as_deref() {
            None | Some("stream") => Ok(Downloads::Stream),
            Some("redirect") if blobs_url.starts_with("file://") => {
                Err(Error::invalid("QUARRY_DOWNLOADS", "must be stream for a directory, which clients cannot reach"))
            }
            Some("redirect") => Ok(Downloads::Redirect),
            Some(_) => Err(Error::invalid("QUARRY_DOWNLOADS", "must be stream or redirect")),
        }
    }

    fn at_once(&self) -> Result<AtOnce, Error> {
        Ok(AtOnce {
            syncs: parse::at_once("QUARRY_MAX_SYNCS", self.max_syncs.as_deref(), 24)?,
            archivings: parse::at_once("QUARRY_MAX_ARCHIVINGS", self.max_archivings.as_deref(), 2)?,
            ingests: parse::at_once("QUARRY_MAX_INGESTS", self.max_ingests.as_deref(), 8)?,
            uploads: parse::at_once("QUARRY_MAX_UPLOADS", self.max_uploads.as_deref(), 2)?,
            parses: parse::at_once("QUARRY_MAX_PARSES", self.max_parses.as_deref(), 16)?,
        })
    }

    fn rates(&self) -> Result<Rates, Error> {
        let failed_logins = self.failed_logins_per_minute.as_deref();
        Ok(Rates {
            calls_per_second: parse::rate_limit(self.rate_limit.as_deref())?,
            failed_logins_per_minute: parse::rate("QUARRY_FAILED_LOGINS_PER_MINUTE", failed_logins, 60)?,
        })
    }

    fn sign_in(&self) -> Result<SignInSettings, Error> {
        let login_token_life = parse::days("QUARRY_LOGIN_TOKEN_DAYS", self.login_token_days.as_deref())?;
        let Some(issuer) = &self.oidc_issuer else {
            let others = [
                ("QUARRY_OIDC_CLIENT_ID", &self.oidc_client_id),
                ("QUARRY_OIDC_CLIENT_SECRET", &self.oidc_client_secret),
                ("QUARRY_OIDC_SCOPES", &self.oidc_scopes),
                ("QUARRY_OIDC_USERNAME_CLAIM", &self.oidc_username_claim),
                ("QUARRY_OIDC_DEFAULT_RIGHTS", &self.oidc_default_rights),
            ];
            return match others.iter().find(|(_, value)| value.is_some()) {
                Some((name, _)) => Err(Error::invalid(*name, "means nothing without QUARRY_OIDC_ISSUER")),
                None => Ok(SignInSettings { login_token_life, openid: None }),
            };
        };
        let client_id = self.oidc_client_id.clone().ok_or_else(|| {
            Error::invalid("QUARRY_OIDC_CLIENT_ID", "is missing: the provider of QUARRY_OIDC_ISSUER has to know us")
        })?;
        let scopes = self.oidc_scopes.as_deref().unwrap_or("openid profile email");
        let openid = OpenIdSettings {
            issuer: parse::issuer("QUARRY_OIDC_ISSUER", issuer)?,
            client_id,
            client_secret: self.oidc_client_secret.clone().map(Into::into),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            username_claim: self.oidc_username_claim.clone().unwrap_or_else(|| "preferred_username".to_owned()),
            default_rights: match self.oidc_default_rights.as_deref() {
                None | Some("none") => None,
                Some("read") => Some(Rights::Read),
                Some(_) => return Err(Error::invalid("QUARRY_OIDC_DEFAULT_RIGHTS", "must be none or read")),
            },
        };
        Ok(SignInSettings { login_token_life, openid: Some(openid) })
    }

    fn archive_limits(&self) -> Result<ArchiveLimits, Error> {
        Ok(ArchiveLimits {
            packed: parse::limit("QUARRY_MAX_PACKED_BYTES", self.max_packed_bytes.as_deref())?,
            unpacked: parse::limit("QUARRY_MAX_UNPACKED_BYTES", self.max_unpacked_bytes.as_deref())?,
            entries: parse::limit("QUARRY_MAX_ENTRIES", self.max_entries.as_deref())?,
            file: parse::limit("QUARRY_MAX_FILE_BYTES", self.max_file_bytes.as_deref())?,
            path: parse::limit("QUARRY_MAX_PATH_BYTES", self.max_path_bytes.as_deref())?,
            depth: parse::limit("QUARRY_MAX_DEPTH", self.max_depth.as_deref())?,
            ratio: parse::limit("QUARRY_MAX_RATIO", self.max_ratio.as_deref())?,
        })
    }
}
