//! `GET /api/iacp/v3/module-versions/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Error;
use service_kit::JsonApiError;

use super::{
    access::load_version,
    document,
    version_set::{VersionSet, check_includes},
};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One version with its documentation.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    check_includes(&query)?;
    let caller = principal.clone();
    let set = state
        .store
        .read_at_once(move |session| {
            let (module, version) = load_version(session, &caller, &id)?;
            VersionSet::load(session, &caller, module, vec![version])
        })
        .await?;
    let resource = set.resources(&state.config)?.pop();
    let resource = resource.ok_or_else(|| Error::internal("showing a version", "there is none"))?;
    Ok(answer::ok(&document::one(resource, set.included(&query, &state.config, &principal)?)))
}
