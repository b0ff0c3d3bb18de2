//! `GET /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/version`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, Version};
use service_kit::JsonApiError;
use store::versions;

use super::{answer, module_path::ModulePath, query::Query, version_view::VersionView};
use crate::{
    caller::{Caller, Reader},
    state::State,
};

/// The version that `module_version` names.
pub(super) async fn read(
    Caller(principal): Caller,
    Reader { scope }: Reader,
    path: Path<ModulePath>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let missing = || Error::not_found("Module version");
    let number = Version::parse_lenient(query.find("module_version").unwrap_or_default()).map_err(|_| missing())?;
    let (module, version, now) = state
        .store
        .read(move |session| {
            let module = path.load_module(session, &scope)?;
            let version = versions::find(session, module.id.as_str(), &number)?.ok_or_else(missing)?;
            Ok((module, version, store::now(session)?))
        })
        .await?;
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    Ok(answer::ok(&view.document(&version)?))
}
