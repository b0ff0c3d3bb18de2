//! `DELETE /api/v2/organizations/{org}`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::scopes::{self, Deletion};

use super::{answer, attempt::record_success};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "delete-organization";

/// Deletes an organization with everything in it, in as many transactions as its modules need. Whoever is interrupted asks
/// again: what is gone is gone, and the rest goes then.
pub(super) async fn delete(
    Owner { principal, scope }: Owner,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let mut is_first = true;
    loop {
        let (principal, scope) = (principal.clone(), scope.clone());
        let step = state.store.write(move |session| {
            let deletion = scopes::delete(session, &scope)?;
            // With the first step, since what that deletes is gone whatever becomes of the others.
            if is_first {
                record_success(session, &principal, ACTION, &format!("{} {}", scope.id, scope.name))?;
            }
            Ok(deletion)
        });
        if step.await? == Deletion::Complete {
            return Ok(answer::no_content());
        }
        is_first = false;
    }
}
