//! `DELETE /api/iacp/v3/environments/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, kinds};
use service_kit::JsonApiError;
use store::scopes::{self, Deletion, ENVIRONMENT};

use super::access::{check, load_scope};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success},
    state::State,
};

pub(super) const ACTION: &str = "delete-environment";

/// Deletes an environment with everything in it, in as many transactions as its modules need. Whoever is interrupted asks
/// again: what is gone is gone, and the rest goes then.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id = id.into_inner();
    let mut is_first = true;
    loop {
        let (principal, id) = (principal.clone(), id.clone());
        let step = state.store.write(move |session| {
            let scope = load_scope::<kinds::Environment>(session, &principal, ENVIRONMENT, &id)?;
            check(&principal, Action::Own, &scope.id)?;
            let deletion = scopes::delete(session, &scope)?;
            // With the first step, since what that deletes is gone whatever becomes of the others.
            if is_first {
                let object = format!("{} {}", scope.id, scope.name);
                record_success(session, &principal.about(&scope.id), ACTION, &object)?;
            }
            Ok(deletion)
        });
        if step.await? == Deletion::Complete {
            return Ok(answer::no_content());
        }
        is_first = false;
    }
}
