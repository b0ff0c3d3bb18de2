//! The resource `registry-modules` (wire-spec 6.1).

use domain::{Action, Id, Principal, Publishing, kinds};
use serde_json::{Value, json};
use store::{
    connections::Connection, modules::Module, repositories::Repository, scopes::Scope, versions::VersionState,
};
use vcs_hosts::{HostKind, web_address};

use super::{full_module::FullModule, json_object::set, tag_bindings::short, test_config, version_view::status_word};
use crate::timestamp::format_millis;

/// For whom, and as part of what, modules are shown.
pub(super) struct ModuleView<'a> {
    pub(super) public_url: &'a str,
    pub(super) principal: &'a Principal,
    /// The organization they belong to.
    pub(super) scope: &'a Scope,
}

impl ModuleView<'_> {
    /// The document of one module.
    pub(super) fn document(&self, full: &FullModule) -> Value {
        json!({"data": self.resource(full)})
    }

    pub(super) fn resource(&self, full: &FullModule) -> Value {
        let FullModule { module, .. } = full;
        let organization = self.scope.name.as_str();
        json!({
            "id": module.id.as_str(),
            "type": "registry-modules",
            "attributes": self.attributes(full),
            "relationships": {
                "organization": {"data": {"id": organization, "type": "organizations"}},
                "tag-bindings": {"links": {"related": format!("/api/v2/registry-modules/{}/tag-bindings", module.id)}},
                "no-code-modules": {"data": []},
            },
            "links": {
                "self": format!("/api/v2/organizations/{organization}/registry-modules/private/{}", module.address()),
            },
        })
    }

    fn attributes(&self, full: &FullModule) -> Value {
        let FullModule { module, source, .. } = full;
        let may_publish = self.principal.may(Action::Publish, &module.scope_id);
        let mut attributes = json!({
            "name": module.name.as_str(),
            "namespace": module.namespace.as_str(),
            "provider": module.provider.as_str(),
            "registry-name": "private",
            "status": module.status.as_str(),
            "publishing-mechanism": module.publishing.as_str(),
            "no-code": module.no_code,
            "version-statuses": version_statuses(full),
            "version-tags": version_tags(full),
            "revoked-versions": revoked_versions(full),
            "created-at": format_millis(module.created_at),
            "updated-at": format_millis(module.updated_at),
            "vcs-repo": source.as_ref().map(|(repository, connection)| self.vcs_repo(module, repository, connection)),
            "test-config": test_config::view(module),
            "permissions": {
                "can-delete": self.principal.may(Action::Own, &module.scope_id),
                "can-resync": may_publish,
                "can-retry": may_publish,
            },
        });
        // Not part of the API of TFE: why there is nothing to install.
        if let Some(message) = &module.error_message {
            set(&mut attributes, "error-message", message.as_str());
        }
        attributes
    }

    fn vcs_repo(&self, module: &Module, repository: &Repository, connection: &Connection) -> Value {
        // None while it is deleted.
        let (token, installation) = match connection.token_id() {
            Some(token) if connection.kind == HostKind::GithubApp.as_str() => {
                (None, Some(token.face::<kinds::Installation>()))
            }
            token => (token, None),
        };
        json!({
            "branch": module.branch,
            "display-identifier": module.display_identifier,
            "identifier": repository.identifier,
            "ingress-submodules": module.submodules,
            "oauth-token-id": token.as_ref().map(Id::as_str),
            "github-app-installation-id": installation.as_ref().map(Id::as_str),
            "repository-http-url": repository_address(repository, connection),
            "service-provider": connection.kind,
            "tags": module.publishing == Publishing::Tags,
            "tags-regex": null,
            "tag-prefix": module.tag_prefix,
            "source-directory": module.source_directory,
            // Not part of the API of TFE: what becomes of a version whose tag vanished, and when the tags were last looked at
            // for this module.
            "vanished-tags": module.vanished_tags.as_str(),
            "synced-at": module.synced_at.map(format_millis),
            "webhook-url": format!("{}/webhooks/vcs/{}", self.public_url, repository.webhook_uuid),
            // Nor these: whether we registered it at the host, and if not, why.
            "webhook-status": repository.webhook_state.as_str(),
            "webhook-message": repository.webhook_message,
        })
    }
}

/// Where people look at the repository; nothing for rows of a kind that this release does not know.
fn repository_address(repository: &Repository, connection: &Connection) -> Option<String> {
    if let Some(known) = &repository.web_url {
        return Some(known.clone());
    }
    let base = connection.http_url.parse().ok()?;
    web_address(connection.kind.parse().ok()?, &base, &repository.identifier.parse().ok()?).ok()
}

fn version_statuses(full: &FullModule) -> Vec<Value> {
    let view = |version: &VersionState| {
        let status = status_word(version.status, version.stage.as_deref());
        let mut view = json!({"version": version.version.to_string(), "status": status});
        if let Some(message) = &version.error_message {
            set(&mut view, "error", message.as_str());
        }
        view
    };
    full.versions.iter().map(view).collect()
}

/// Only those that have tags, newest first.
fn version_tags(full: &FullModule) -> Vec<Value> {
    let view = |version: &VersionState| {
        let tags: Vec<Value> = full.version_tags.get(&version.version)?.iter().map(short).collect();
        Some(json!({"version": version.version.to_string(), "tags": tags}))
    };
    full.versions.iter().filter_map(view).collect()
}

/// Numbers, newest first.
fn revoked_versions(full: &FullModule) -> Vec<String> {
    let revoked = full.versions.iter().filter(|version| version.revoked_at.is_some());
    revoked.map(|version| version.version.to_string()).collect()
}
