//! `DELETE /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/{version}` and, older
//! form, `POST /api/v2/registry-modules/actions/delete/{org}/{name}/{provider}/{version}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Error, ModuleStatus, Version};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::{self, Module},
    versions,
};

use super::{answer, attempt::record_success, module_path::ModulePath};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "delete-version";

/// Deletes one version, and with the last one its module.
pub(super) async fn delete(
    Owner { principal, scope }: Owner,
    path: Path<ModulePath>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let module = path.load_module(session, &scope)?;
            let version = path.version()?;
            let id = delete_with_empty_module(session, &module, &version)?;
            record_success(session, &principal, ACTION, &format!("{id} {} {version}", module.address()))
        })
        .await?;
    Ok(answer::no_content())
}

/// Gives back the id of what was deleted.
fn delete_with_empty_module(session: &mut Connection, module: &Module, version: &Version) -> Result<String, Error> {
    let found =
        versions::find(session, module.id.as_str(), version)?.ok_or_else(|| Error::not_found("Module version"))?;
    let id = found.id.to_string();
    versions::delete(session, module, &[found])?;
    if versions::list(session, module.id.as_str())?.is_empty() {
        modules::delete(session, module)?;
    } else if module.status == ModuleStatus::SetupComplete {
        // It may have been the only one that could be installed.
        modules::settle_status(session, module, ModuleStatus::Pending)?;
    }
    Ok(id)
}
