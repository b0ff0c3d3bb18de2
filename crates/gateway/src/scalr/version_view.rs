//! The resource `module-versions` (wire-spec 13.1).

use std::collections::BTreeMap;

use domain::{Error, ModuleDocs, Publishing, ResourceMode, VersionPhase};
use serde_json::{Map, Value, json};
use signed_link::{Grant, Link};
use store::{
    documents::StoredPart,
    modules::Module,
    versions::{self, ModuleVersion},
};
use time::OffsetDateTime;

use super::{
    document::{link, to_one},
    module_view, revision_view,
};
use crate::{json_api::json_object::set, state::Config, timestamp::format_seconds};

pub(super) const KIND: &str = "module-versions";

/// Long enough to begin a download, and too short for a link in a log to be of use.
const LINK_SECONDS: i64 = 15 * 60;

/// Versions of one module, with the documentation of those that are shown with it.
pub(super) struct VersionView<'a> {
    pub(super) config: &'a Config,
    pub(super) module: &'a Module,
    /// By version.
    pub(super) roots: &'a BTreeMap<String, StoredPart>,
    /// The database's time when they were read.
    pub(super) now: i64,
}

impl VersionView<'_> {
    pub(super) fn resource(&self, version: &ModuleVersion) -> Result<Value, Error> {
        let (id, module) = (version.id.as_str(), Some(self.module.id.as_str()));
        let revision = version.commit_sha.as_ref().map(|_| revision_view::id(version));
        Ok(json!({
            "id": id,
            "type": KIND,
            "attributes": self.attributes(version)?,
            "relationships": {
                "module": to_one(module_view::KIND, module),
                // What it was called before.
                "registry-module": to_one(module_view::KIND, module),
                "submodules": null,
                "vcs-revision": to_one(revision_view::KIND, revision.as_ref().map(|id| id.as_str())),
            },
            "links": self.links(version)?,
        }))
    }

    fn links(&self, version: &ModuleVersion) -> Result<Value, Error> {
        let mut links = json!({"self": link(&self.config.public_url, KIND, version.id.as_str())});
        if let Some(address) = self.download(version)? {
            set(&mut links, "download", address);
        }
        Ok(links)
    }

    fn attributes(&self, version: &ModuleVersion) -> Result<Value, Error> {
        let part = self.roots.get(version.id.as_str());
        let docs = part.map(|part| read(&part.docs)).transpose()?;
        let docs = docs.as_ref();
        Ok(json!({
            "created-at": format_seconds(version.created_at),
            "updated-at": format_seconds(version.updated_at),
            "version": version.version.to_string(),
            "status": VersionPhase::of(version.status, self.module.drops(version.vanished_at)).as_str(),
            "error-message": version.error_message,
            "source": if self.module.publishing != Publishing::Upload { "vcs" } else { "upload" },
            // Submodules are no versions of their own.
            "is-root-module": true,
            "is-forbidden-by": null,
            "size": version.archive_sha256.as_ref().map(|_| version.archive_size),
            "details": part.and_then(|part| part.readme.as_deref()),
            "dependencies": docs.and_then(dependencies),
            "inputs": docs.map(inputs),
            "outputs": docs.map(outputs),
            "resources": docs.map(resources),
        }))
    }

    /// Good for whoever has it. Only for bytes that are the version's for ever, and that clients may have.
    fn download(&self, version: &ModuleVersion) -> Result<Option<String>, Error> {
        let is_final = self.module.publishing != Publishing::Upload || !versions::takes_uploads(version, self.now);
        let blob = version.archive_sha256.as_ref().filter(|_| version.is_installable() && is_final);
        let Some(blob) = blob else { return Ok(None) };
        let size = u64::try_from(version.archive_size).map_err(|source| Error::internal("making a link", source))?;
        let token = self.config.link_keys.seal(&Link {
            grant: Grant::Get { blob: blob.clone(), size },
            expires_at: OffsetDateTime::now_utc().unix_timestamp() + LINK_SECONDS,
        })?;
        Ok(Some(format!("{}/api/tfe/v1/blobs/{token}", self.config.archivist_url)))
    }
}

fn read(docs: &str) -> Result<ModuleDocs, Error> {
    serde_json::from_str(docs).map_err(|source| Error::internal("reading the documentation of a version", source))
}

fn inputs(docs: &ModuleDocs) -> Value {
    let view = |input: &domain::Input| {
        let default = input.default.as_ref().map(|text| typed(text));
        json!({"name": input.name, "type": input.type_expr, "description": input.description, "default": default})
    };
    docs.inputs.iter().map(view).collect()
}

/// With the JSON type of a literal; the text of an expression.
fn typed(default: &str) -> Value {
    serde_json::from_str(default).unwrap_or_else(|_| Value::from(default))
}

fn outputs(docs: &ModuleDocs) -> Value {
    let view = |output: &domain::Output| {
        let domain::Output { name, description, sensitive, value, .. } = output;
        json!({"name": name, "description": description, "sensitive": sensitive, "value": value})
    };
    docs.outputs.iter().map(view).collect()
}

fn resources(docs: &ModuleDocs) -> Value {
    let view = |resource: &domain::Resource| {
        let before = match resource.mode {
            ResourceMode::Managed => "",
            ResourceMode::Data => "data.",
            ResourceMode::Ephemeral => "ephemeral.",
        };
        let kind = &resource.type_name;
        json!({"type": kind, "address": format!("{before}{kind}.{}", resource.name)})
    };
    docs.resources.iter().map(view).collect()
}

/// By the name of the call; `None` without any, as clients expect an object or nothing.
fn dependencies(docs: &ModuleDocs) -> Option<Value> {
    let view = |call: &domain::ModuleCall| {
        let version = Some(call.version.as_str()).filter(|version| !version.is_empty());
        (call.name.clone(), json!({"source": call.source, "version": version}))
    };
    let calls: Map<String, Value> = docs.module_calls.iter().map(view).collect();
    (!calls.is_empty()).then_some(Value::Object(calls))
}
