//! `DELETE /api/iacp/v3/environments/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, kinds};
use service_kit::JsonApiError;
use store::scopes::ENVIRONMENT;

use super::access::{check, load_scope};
use crate::{caller::Caller, deleting::delete_scope, json_api::answer, state::State};

pub(super) const ACTION: &str = "delete-environment";

/// Deletes an environment with everything in it.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id = id.into_inner();
    let find = move |session: &mut store::Connection| {
        let scope = load_scope::<kinds::Environment>(session, &principal, ENVIRONMENT, &id)?;
        check(&principal, Action::Own, &scope.id)?;
        let principal = principal.about(&scope.id);
        Ok((scope, principal))
    };
    delete_scope(&state.store, ACTION, find).await?;
    Ok(answer::no_content())
}
