//! `DELETE /api/iacp/v3/module-namespaces/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error};
use service_kit::JsonApiError;
use store::{
    namespace_shares,
    scopes::{self, Deletion},
};

use super::module_namespace_access::load;
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success},
    state::State,
};

pub(super) const ACTION: &str = "delete-module-namespace";

/// Deletes a module namespace that holds no module.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let (scope, account) = load(session, &principal, Action::Own, &id)?;
            let scope = scopes::load_for_update(session, &scope.id)?;
            let modules = namespace_shares::list_modules(session, &[scope.id.to_string()])?;
            // No module belongs to a namespace, so there is never more than one step.
            if !modules.is_empty() || scopes::delete(session, &scope)? != Deletion::Complete {
                return Err(Error::invalid("The module namespace", "is not empty"));
            }
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&account.id), ACTION, &object)
        })
        .await?;
    Ok(answer::no_content())
}
