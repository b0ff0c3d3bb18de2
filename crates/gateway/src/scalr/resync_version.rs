//! `POST` and `GET /api/iacp/v3/module-versions/{id}/actions/resync`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;

use super::access::{check, load_version};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success},
    publishing::resync_version,
    state::State,
};

pub(super) const ACTION: &str = "resync-version";

/// Has one version from Git tried again, or its documentation read anew.
pub(super) async fn resync(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let (module, version) = load_version(session, &principal, &id)?;
            check(&principal, Action::Publish, &module.scope_id)?;
            resync_version(session, &module, &version)?;
            let object = format!("{} {} {}", version.id, module.address(), version.version);
            record_success(session, &principal.about(&module.scope_id), ACTION, &object)
        })
        .await?;
    Ok(answer::no_content())
}
