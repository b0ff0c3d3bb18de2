//! `DELETE /api/v2/admin/users/{user}/memberships/{org}`: ours.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use domain::Error;
use service_kit::JsonApiError;
use store::memberships;

use super::{answer, attempt::record_success, set_user_membership::user_of};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "remove-membership";

/// Takes all rights of a user in an organization, at once, whatever tokens there are.
pub(super) async fn remove(
    owner: Owner,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id = user_of(&request)?;
    let Owner { principal, scope } = owner;
    state
        .store
        .write(move |session| {
            if !memberships::remove(session, &id, Some(&scope.id))? {
                return Err(Error::not_found("Membership"));
            }
            record_success(session, &principal, ACTION, &format!("{id} {}", scope.name))
        })
        .await?;
    Ok(answer::no_content())
}
