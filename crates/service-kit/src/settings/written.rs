//! Settings as they are written, before they are checked.

use std::path::PathBuf;

use domain::Error;
use outbound::AddressPolicy;
use serde::Deserialize;

use super::{ArchiveLimits, AtOnce, Downloads, Settings, parse};
use crate::Role;

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
    vcs_allowed_networks: Option<String>,
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
            drain: parse::drain(self.drain_seconds.as_deref(), if role.is_distributed() { 5 } else { 0 })?,
            child_program: self.child_program.map(PathBuf::from),
            vcs_allowed_networks: AddressPolicy::parse(self.vcs_allowed_networks.as_deref().unwrap_or_default())
                .map_err(|cause| Error::invalid("QUARRY_VCS_ALLOWED_NETWORKS", parse::plain_reason(cause)))?,
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
