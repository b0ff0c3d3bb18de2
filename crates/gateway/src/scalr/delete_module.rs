//! `DELETE /api/iacp/v3/modules/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;
use store::modules;

use super::access::{check, load_module};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success},
    state::State,
};

pub(super) const ACTION: &str = "delete-module";

/// Takes a module and all of its versions out of the registry.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let module = load_module(session, &principal, &id)?;
            check(&principal, Action::Own, &module.scope_id)?;
            modules::delete(session, &module)?;
            let object = format!("{} {}", module.id, module.address());
            record_success(session, &principal.about(&module.scope_id), ACTION, &object)
        })
        .await?;
    Ok(answer::no_content())
}
