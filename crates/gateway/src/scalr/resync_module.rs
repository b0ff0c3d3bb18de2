//! `POST /api/iacp/v3/modules/{id}/actions/resync`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;
use store::jobs::args;

use super::access::{check, load_module};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, body::Body},
    publishing::resync_module,
    state::State,
};

pub(super) const ACTION: &str = "resync-module";

/// Has the repository of a module looked at again, and what failed tried again. With `force` what was deleted may come back with
/// the same content as well, and the documentation of the rest is read anew: published bytes never change.
pub(super) async fn resync(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let is_forced = body.plain_members().await?.optional_bool("force")?.unwrap_or_default();
    let flags = if is_forced { args::EXPLICIT | args::FORCE } else { args::RETRY };
    state
        .store
        .write(move |session| {
            let module = load_module(session, &principal, &id)?;
            check(&principal, Action::Publish, &module.scope_id)?;
            resync_module(session, &module, flags)?;
            let object = format!("{} {}", module.id, module.address());
            record_success(session, &principal.about(&module.scope_id), ACTION, &object)
        })
        .await?;
    Ok(answer::no_content())
}
