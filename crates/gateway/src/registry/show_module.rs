//! `GET /api/registry/v1/modules/{namespace}/{name}/{provider}` and `…/{version}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use bytes::Bytes;
use domain::{Error, Principal};
use service_kit::RegistryError;
use store::{
    Connection, documents,
    modules::Module,
    versions::{self, ModuleVersion},
};

use super::{
    detail::{Detail, Parts},
    json,
    list_item::{self, ListItem},
    list_providers,
    module_path::{ModulePath, VersionPath, missing},
};
use crate::{caller::RegistryCaller, state::State};

/// The latest version with its documentation.
pub(super) async fn show_latest(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let path = ModulePath::read(&request)?;
    let body = state.store.read(move |session| {
        let module = path.load(session, &caller)?;
        let latest = module.latest_version_id.as_deref().ok_or_else(missing)?;
        let version = versions::load(session, latest)?;
        read(session, &caller, &module, &version)
    });
    Ok(json(body.await?))
}

/// One version with its documentation.
pub(super) async fn show_version(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let path = VersionPath::read(&request)?;
    let body = state.store.read(move |session| {
        let module = path.module.load(session, &caller)?;
        let version = versions::find(session, module.id.as_str(), &path.version)?
            .filter(ModuleVersion::is_installable)
            .ok_or_else(missing)?;
        read(session, &caller, &module, &version)
    });
    Ok(json(body.await?))
}

fn read(
    session: &mut Connection,
    caller: &Principal,
    module: &Module,
    version: &ModuleVersion,
) -> Result<Bytes, Error> {
    let source = list_item::list_sources(session, std::slice::from_ref(module))?.into_values().next();
    let visible = list_providers::list_visible(session, caller, &module.namespace, &module.name)?;
    let parts = documents::list_parts(session, version.id.as_str())?;
    let detail = Detail::new(
        ListItem::new(module, version, source.unwrap_or_default()),
        Parts::read(module.name.as_str(), parts)?,
        visible.iter().map(|module| module.provider.to_string()).collect(),
        versions::list_installable_numbers(session, module.id.as_str())?.iter().map(ToString::to_string).collect(),
    )
    .with_deprecation(version.standing.deprecation());
    serde_json::to_vec(&detail).map(Bytes::from).map_err(|source| Error::internal("writing a module", source))
}
