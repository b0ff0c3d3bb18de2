//! The resource `registry-module-versions` (wire-spec 6.2).

use domain::{Action, Error, Principal, Publishing, Stage, VanishedTags, VersionStatus};
use serde_json::{Value, json};
use signed_link::{Grant, Link};
use store::{
    modules::Module,
    versions::{self, ModuleVersion, Step},
};
use time::OffsetDateTime;

use super::json_object::set;
use crate::{state::Config, timestamp::format_millis};

/// How long an upload may take to begin; every read of the version gives a fresh link.
const UPLOAD_LINK_SECONDS: i64 = 25 * 60 * 60;

/// For whom versions of one module are shown.
pub(super) struct VersionView<'a> {
    pub(super) config: &'a Config,
    pub(super) principal: &'a Principal,
    pub(super) module: &'a Module,
    /// The database's time when they were read.
    pub(super) now: i64,
}

impl VersionView<'_> {
    /// The document of one version.
    pub(super) fn document(&self, version: &ModuleVersion) -> Result<Value, Error> {
        Ok(json!({"data": self.resource(version)?}))
    }

    pub(super) fn resource(&self, version: &ModuleVersion) -> Result<Value, Error> {
        let mut attributes = json!({
            "source": version.source,
            "status": status_word(version.status, version.stage.as_deref()),
            "version": version.version.to_string(),
            "commit-sha": version.commit_sha,
            "branch": version.branch,
            "created-at": format_millis(version.created_at),
            "updated-at": format_millis(version.updated_at),
            "revocation": revocation_view(version),
            // Not part of the API of TFE, like all that follows.
            "git-tag": version.tag,
            "timeline": timeline_view(version),
        });
        if let Some(deprecation) = version.standing.deprecation() {
            set(&mut attributes, "deprecation", json!({"reason": deprecation.text, "link": deprecation.link}));
        }
        if let Some(message) = &version.error_message {
            set(&mut attributes, "error", message.as_str());
        }
        if let Some(commit) = &version.moved_to {
            set(&mut attributes, "moved-to", commit.as_str());
        }
        if let Some(commit) = &version.accepted {
            set(&mut attributes, "accepted-commit", commit.as_str());
        }
        if let Some(at) = version.vanished_at {
            set(&mut attributes, "tag-vanished-at", format_millis(at));
            if self.module.vanished_tags == VanishedTags::Remove {
                set(&mut attributes, "pending-delete", true);
            }
        }
        let links = match self.upload_link(version)? {
            Some(upload) => json!({"upload": upload}),
            None => json!({}),
        };
        Ok(json!({
            "id": version.id.as_str(),
            "type": "registry-module-versions",
            "attributes": attributes,
            "relationships": {
                "registry-module": {"data": {"id": self.module.id.as_str(), "type": "registry-modules"}},
            },
            "links": links,
        }))
    }

    /// Whoever holds the link can upload, so only those who may publish get one, and only while it is of use.
    fn upload_link(&self, version: &ModuleVersion) -> Result<Option<String>, Error> {
        let is_wanted = self.module.publishing == Publishing::Upload
            && versions::takes_uploads(version, self.now)
            && self.principal.may(Action::Publish, &self.module.scope_id);
        if !is_wanted {
            return Ok(None);
        }
        let token = self.config.link_keys.seal(&Link {
            grant: Grant::Put { version: version.id.to_string(), max_bytes: self.config.max_upload_bytes },
            expires_at: OffsetDateTime::now_utc().unix_timestamp() + UPLOAD_LINK_SECONDS,
        })?;
        Ok(Some(format!("{}/v1/object/{token}", self.config.archivist_url)))
    }
}

/// The word that clients of the TFE API know for the status (wire-spec 19).
pub(super) fn status_word(status: VersionStatus, stage: Option<&str>) -> &'static str {
    match status {
        VersionStatus::NotUploaded | VersionStatus::Pending => "pending",
        VersionStatus::Cloning => "cloning",
        VersionStatus::Ingested => "reg_ingressing",
        VersionStatus::Ok => "ok",
        VersionStatus::Errored => match stage.and_then(|stage| stage.parse().ok()) {
            Some(Stage::Clone) => "clone_failed",
            Some(Stage::Request) => "reg_ingress_req_failed",
            Some(Stage::Content) | None => "reg_ingress_failed",
        },
    }
}

/// The last attempt to make it; `null` for what is not done, or did not fail.
fn timeline_view(version: &ModuleVersion) -> Value {
    let timeline = &version.timeline;
    let (step, reason) = version.failure().unzip();
    json!({
        "queued-at": timeline.queued_at.map(format_millis),
        "fetched-at": timeline.fetched_at.map(format_millis),
        "archived-at": timeline.archived_at.map(format_millis),
        "parsed-at": version.parsed_at().map(format_millis),
        "failed-stage": step.map(Step::as_str),
        "error": reason,
    })
}

/// `null` unless it is revoked (wire-spec 6.7).
pub(super) fn revocation_view(version: &ModuleVersion) -> Value {
    version.standing.revocation().map_or(
        Value::Null,
        |revocation| json!({"status": "Revoked", "message": revocation.text, "link": revocation.link}),
    )
}
