//! `DELETE /api/v2/organizations/{org}`

use actix_web::{HttpResponse, web::Data};
use domain::Principal;
use service_kit::JsonApiError;

use super::answer;
use crate::{caller::Owner, deleting::delete_scope, state::State};

pub(super) const ACTION: &str = "delete-organization";

/// Deletes an organization with everything in it.
pub(super) async fn delete(
    Owner { principal, scope }: Owner,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    delete_scope(&state.store, ACTION, move |_| Ok((scope.clone(), Principal::clone(&principal)))).await?;
    Ok(answer::no_content())
}
