//! The resource `vcs-revisions`, which is only ever included (wire-spec 14.3).

use domain::{Id, kinds};
use serde_json::{Value, json};
use store::{connections::Connection, repositories::Repository, versions::ModuleVersion};
use vcs_hosts::clone_address;

pub(super) const KIND: &str = "vcs-revisions";

/// The commit of a version is that version by another face.
pub(super) fn id(version: &ModuleVersion) -> Id<kinds::VcsRevision> {
    version.id.face()
}

/// The commit that a version was made from; `None` for an upload.
pub(super) fn resource(version: &ModuleVersion, source: Option<&(Repository, Connection)>) -> Option<Value> {
    let commit = version.commit_sha.as_deref()?;
    Some(json!({
        "id": id(version).as_str(),
        "type": KIND,
        "attributes": {
            "branch": version.branch,
            "clone-url": source.and_then(clone_url).unwrap_or_default(),
            // Of a commit only its tree is read.
            "commit-message": null,
            "commit-sha": commit,
            "commit-url": null,
            "repository-id": source.map(|(repository, _)| repository.identifier.as_str()).unwrap_or_default(),
            "sender-username": null,
        },
    }))
}

fn clone_url((repository, connection): &(Repository, Connection)) -> Option<String> {
    let base = connection.http_url.parse().ok()?;
    clone_address(connection.kind.parse().ok()?, &base, &repository.identifier.parse().ok()?).ok()
}
