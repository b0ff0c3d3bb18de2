//! The resource `modules` (wire-spec 12.1).

use domain::{Action, Principal, kinds};
use serde_json::{Value, json};
use store::{connections::Connection, modules::Module, repositories::Repository, scopes::Scope};
use vcs_hosts::Identifier;

use super::{
    document::{link, to_many, to_one},
    scope_face, vcs_type,
};
use crate::{full_module::FullModule, timestamp::format_seconds};

pub(super) const KIND: &str = "modules";
const VERSIONS: &str = "module-versions";

/// A module with the scopes that its resource names.
pub(super) struct ModuleView<'a> {
    pub(super) public_url: &'a str,
    pub(super) principal: &'a Principal,
    pub(super) full: &'a FullModule,
    pub(super) scope: &'a Scope,
    pub(super) namespace: &'a Scope,
}

impl ModuleView<'_> {
    pub(super) fn resource(&self) -> Value {
        let module = &self.full.module;
        json!({
            "id": module.id.as_str(),
            "type": KIND,
            "attributes": self.attributes(),
            "relationships": self.relationships(),
            "links": {"self": link(self.public_url, KIND, module.id.as_str())},
        })
    }

    fn attributes(&self) -> Value {
        let FullModule { module, source, .. } = self.full;
        let may_publish = self.principal.may(Action::Publish, &module.scope_id);
        let first = scope_face::first_of_address(self.namespace);
        let path = written_path(module);
        let tag_prefix = non_empty(&module.tag_prefix);
        json!({
            "created-at": format_seconds(module.created_at),
            "updated-at": format_seconds(module.updated_at),
            "name": module.name.as_str(),
            "provider": module.provider.as_str(),
            "description": module.description,
            "source": format!("{first}/{}/{}", module.name, module.provider),
            "source-type": "vcs",
            "docker-image": null,
            "status": status(module),
            "error-message": module.error_message,
            "vcs-repo": source.as_ref().map(|source| vcs_repo(module, source)),
            "path": path,
            "tag-prefix": tag_prefix,
            "permissions": {
                "can-delete": self.principal.may(Action::Own, &module.scope_id),
                "can-resync": may_publish,
                "can-retry": may_publish,
            },
        })
    }

    fn relationships(&self) -> Value {
        let FullModule { module, versions, source, .. } = self.full;
        let latest = versions.first().map(|version| version.id.as_str());
        // Only one that can be installed: what `latest` means in the registry protocol.
        let active = module.latest_version_id.as_deref();
        let provider = source.as_ref().map(|(_, connection)| connection.id.face::<kinds::VcsProvider>());
        let account = scope_face::account(self.scope);
        let environment = scope_face::environment(self.scope);
        let namespace = scope_face::module_namespace(self.namespace);
        json!({
            "account": to_one("accounts", account.as_ref().map(|id| id.as_str())),
            "environment": to_one("environments", environment.as_ref().map(|id| id.as_str())),
            "namespace": to_one("module-namespaces", namespace.as_ref().map(|id| id.as_str())),
            "created-by": to_one("users", module.created_by.as_deref()),
            "vcs-provider": to_one("vcs-providers", provider.as_ref().map(|id| id.as_str())),
            "latest-module-version": to_one(VERSIONS, latest),
            "module-version": to_one(VERSIONS, active),
            "module-versions": to_many(VERSIONS, versions.iter().map(|version| version.id.as_str())),
            // What they were called before.
            "last-version": to_one(VERSIONS, latest),
            "last-active-version": to_one(VERSIONS, active),
            "organization": null,
        })
    }
}

/// The word of this API.
fn status(module: &Module) -> &'static str {
    match module.status {
        domain::ModuleStatus::SetupFailed => "errored",
        other => other.as_str(),
    }
}

fn vcs_repo(module: &Module, (repository, connection): &(Repository, Connection)) -> Value {
    json!({
        "identifier": written_identifier(module, repository),
        "display-identifier": null,
        "path": written_path(module),
        "tag-prefix": non_empty(&module.tag_prefix),
        "provider-type": vcs_type::of(&connection.kind, &connection.http_url),
    })
}

/// As the client wrote it, byte for byte, as long as it still names the repository: clients make a module anew when it
/// changes.
fn written_identifier<'a>(module: &'a Module, repository: &'a Repository) -> &'a str {
    let written = module.display_identifier.as_str();
    let is_it = written.parse::<Identifier>().is_ok_and(|identifier| identifier.as_str() == repository.identifier);
    if is_it { written } else { &repository.identifier }
}

/// Likewise of the directory; `None` for the top of the repository.
fn written_path(module: &Module) -> Option<&str> {
    let written = module.written_directory.as_deref().filter(|written| {
        written.parse::<domain::SourceDirectory>().is_ok_and(|path| path.as_str() == module.source_directory)
    });
    written.or_else(|| non_empty(&module.source_directory))
}

fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
