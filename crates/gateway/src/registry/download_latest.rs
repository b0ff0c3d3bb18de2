//! `GET /api/registry/v1/modules/{namespace}/{name}/{provider}/download`

use actix_web::{HttpRequest, HttpResponse, http::header::LOCATION, web::Data};
use domain::{Error, Principal, Version};
use serde_json::json;
use service_kit::RegistryError;
use store::{Connection, modules::Module, versions};

use super::module_path::{ModulePath, missing};
use crate::{caller::RegistryCaller, state::State};

/// Sends the client on to the download of the latest version. Not counted: the client will come again.
pub(super) async fn redirect(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let path = ModulePath::read(&request)?;
    let (module, latest) = state.store.read(move |session| find_latest(session, &caller, &path)).await?;
    let location = format!("/api/registry/v1/modules/{}/{latest}/download", module.address());
    let body = json!({"location": location}).to_string();
    Ok(HttpResponse::Found().insert_header((LOCATION, location)).content_type("application/json").body(body))
}

fn find_latest(session: &mut Connection, caller: &Principal, path: &ModulePath) -> Result<(Module, Version), Error> {
    let module = path.load(session, caller)?;
    let latest = module.latest_version_id.as_deref().ok_or_else(missing)?;
    let version = versions::load(session, latest)?.version;
    Ok((module, version))
}
