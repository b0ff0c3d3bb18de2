//! `PATCH /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/{version}`

mod wanted;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Principal, kinds};
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::{self, Module},
    tag_bindings::{self, Tagged},
    versions::{self, ModuleVersion, Verdict},
};

use super::{
    answer,
    attempt::record_success,
    body::Body,
    json_object::set,
    module_path::ModulePath,
    version_view::{VersionView, revocation_view, status_word},
};
use crate::{caller::Publisher, state::State};
use wanted::Wanted;

/// What a refused call is written down as; one that succeeds is called after what it did.
pub(super) const ACTION: &str = "update-version";

/// Deprecates a version, revokes it, undoes either, or sets its tags.
pub(super) async fn update(
    publisher: Publisher,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let Publisher { principal, scope } = publisher;
    let wanted = Wanted::parse(&attributes, &relationships)?;
    let (caller, pointer) = (principal.clone(), wanted.pointer());
    let (verdict, module, version, now) = state
        .store
        .write(move |session| {
            let (module, version) = path.load_version(session, &scope)?;
            let version = apply(session, &caller, (&module, &version), &wanted)?;
            Ok((wanted.verdict, module, version, store::now(session)?))
        })
        .await
        .map_err(|error| match error {
            Error::Invalid { .. } => JsonApiError::at(pointer, error),
            other => other.into(),
        })?;
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    let document = match verdict {
        Some(Verdict::Deprecate(_) | Verdict::Undeprecate) => deprecation_document(&version),
        Some(Verdict::Revoke(_) | Verdict::Unrevoke) => revocation_document(&version),
        None => view.document(&version)?,
    };
    Ok(answer::ok(&document))
}

fn apply(
    session: &mut Connection,
    principal: &Principal,
    (module, version): (&Module, &ModuleVersion),
    wanted: &Wanted,
) -> Result<ModuleVersion, Error> {
    let judged = match &wanted.verdict {
        Some(verdict) => versions::judge(session, module, version, verdict)?,
        None => version.clone(),
    };
    if let Some(tags) = &wanted.tags {
        modules::lock(session, &module.id)?;
        if tag_bindings::set(session, Tagged::Version(&version.id), tags)? {
            modules::touch(session, module)?;
        }
    }
    let object = format!("{} {} {}", version.id, module.address(), version.version);
    record_success(session, principal, wanted.action(), &object)?;
    Ok(judged)
}

/// What the clients of deprecation read: the version, and what is said of it beside it.
fn deprecation_document(version: &ModuleVersion) -> Value {
    let mut document = json!({"data": {"id": version.id.as_str(), "type": "module-versions"}});
    let Some(deprecation) = version.standing.deprecation() else { return document };
    let id = version.id.face::<kinds::Deprecation>();
    if let Some(data) = document.get_mut("data") {
        set(data, "relationships", json!({"deprecation": {"data": {"id": id.as_str(), "type": "deprecations"}}}));
    }
    let attributes = json!({"reason": deprecation.text, "link": deprecation.link});
    let included = json!([{"id": id.as_str(), "type": "deprecations", "attributes": attributes}]);
    set(&mut document, "included", included);
    document
}

fn revocation_document(version: &ModuleVersion) -> Value {
    let attributes = json!({
        "version": version.version.to_string(),
        "status": status_word(version.status, version.stage.as_deref()),
        "revocation": revocation_view(version),
    });
    json!({"data": {"id": version.id.as_str(), "type": "registry-module-versions", "attributes": attributes}})
}
