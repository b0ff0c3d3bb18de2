//! `GET /api/registry/v1/modules/{namespace}/{name}/{provider}/{version}/download`

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, HeaderName, HeaderValue},
    web::Data,
};
use domain::{Error, Principal};
use serde_json::json;
use service_kit::RegistryError;
use store::{
    Connection,
    modules::Module,
    versions::{self, ModuleVersion},
};

use super::{
    location,
    module_path::{VersionPath, missing},
};
use crate::{
    cached_answers::{Answer, Moment},
    caller::RegistryCaller,
    state::State,
};

const X_TERRAFORM_GET: HeaderName = HeaderName::from_static("x-terraform-get");

/// Where the archive is, in the header for Terraform and in the body for OpenTofu. From the first such answer on, the
/// bytes of the version never change.
pub(super) async fn download(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let answer = match state.cached.answer(request.path(), &caller) {
        Some(answer) => answer,
        None => {
            let path = VersionPath::read(&request)?;
            let answer = Arc::new(prepare(&state, caller, path).await?);
            state.cached.remember_answer(request.path(), Arc::clone(&answer));
            answer
        }
    };
    state.downloads.add(&answer.module_id);
    Ok(to_response(&answer))
}

async fn prepare(state: &State, caller: Arc<Principal>, path: VersionPath) -> Result<Answer, Error> {
    let since = state.cached.moment();
    let (module, found) = state.store.read(move |session| find(session, &caller, &path)).await?;
    let sealed = match found.sealed_at {
        Some(_) => found,
        None => state.store.write(move |session| seal(session, found.id.as_str())).await?,
    };
    write_answer(state, &module, &sealed, since)
}

fn find(session: &mut Connection, caller: &Principal, path: &VersionPath) -> Result<(Module, ModuleVersion), Error> {
    let module = path.module.load(session, caller)?;
    let version = versions::find(session, module.id.as_str(), &path.version)?;
    let served = version.filter(is_served).ok_or_else(missing)?;
    Ok((module, served))
}

/// The version as it is once it is sealed: it may have been replaced or deleted since it was found.
fn seal(session: &mut Connection, id: &str) -> Result<ModuleVersion, Error> {
    versions::seal(session, id)?;
    let version = versions::load(session, id)?;
    if is_served(&version) && version.sealed_at.is_some() { Ok(version) } else { Err(missing()) }
}

fn is_served(version: &ModuleVersion) -> bool {
    version.is_installable() && version.archive_sha256.is_some()
}

fn write_answer(state: &State, module: &Module, version: &ModuleVersion, since: Moment) -> Result<Answer, Error> {
    let location = location::find(state, &module.address(), version)?;
    let body = json!({"location": &*location}).to_string();
    let header = HeaderValue::from_bytes(location.as_bytes())
        .map_err(|source| Error::internal("writing a location into a header", source))?;
    let answer = Answer::about(module.id.to_string(), module.scope_id.clone(), &module.address(), since, body.into());
    Ok(answer.with_location(header))
}

fn to_response(answer: &Answer) -> HttpResponse {
    let mut response = super::json(answer.body.clone());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = &answer.location {
        headers.insert(X_TERRAFORM_GET, location.clone());
    }
    response
}
