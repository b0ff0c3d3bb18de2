//! `POST /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/versions` and the form
//! that go-tfe still uses, `POST /api/v2/registry-modules/{org}/{name}/{provider}/versions`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Id, Principal, Publishing, Version, VersionStatus};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::{self, Module},
    versions::{self, ModuleVersion, NewVersion},
};

use super::{
    answer, attempt::record_success, attributes::Attributes, body::Body, module_path::ModulePath,
    version_view::VersionView,
};
use crate::{caller::Publisher, state::State};

pub(super) const ACTION: &str = "create-version";

/// Makes a version and a link to upload it to. A number that was deleted may come back; whether with the same content
/// is seen when that arrives.
pub(super) async fn create(
    publisher: Publisher,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let Publisher { principal, scope } = publisher;
    let number = parse(&body.attributes().await?)?;
    let owner = principal.clone();
    let (module, version, now) = state
        .store
        .write(move |session| {
            let module = path.load_module(session, &scope)?;
            let version = insert(session, &owner, &module, &number)?;
            Ok((module, version, store::now(session)?))
        })
        .await
        .map_err(|error| match error {
            Error::AlreadyExists { .. } | Error::Invalid { .. } => JsonApiError::at(POINTER, error),
            other => other.into(),
        })?;
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    Ok(answer::created(&view.document(&version)?))
}

const POINTER: &str = "/data/attributes/version";

fn parse(attributes: &Attributes) -> Result<Version, JsonApiError> {
    // Only modules made from a branch, which are not offered, have use for it.
    attributes.optional_string("commit-sha")?;
    Version::parse_lenient(attributes.required_string("version")?).map_err(|error| attributes.at("version", error))
}

fn insert(
    session: &mut Connection,
    principal: &Principal,
    module: &Module,
    number: &Version,
) -> Result<ModuleVersion, Error> {
    if module.publishing == Publishing::Tags {
        return Err(Error::invalid("Version", "cannot be made here: versions of this module come from its tags"));
    }
    let id = Id::random();
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version: number,
        source: "tfe-api",
        tag: None,
        commit: None,
        status: VersionStatus::NotUploaded,
    };
    versions::insert(session, &new)?;
    modules::touch(session, module)?;
    record_success(session, principal, ACTION, &format!("{id} {} {number}", module.address()))?;
    versions::load(session, id.as_str())
}
