//! `DELETE /api/v2/organizations/{org}/authentication-token`

use actix_web::{HttpResponse, web::Data};
use domain::Error;
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, attempt::record_success};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "delete-organization-token";

/// Revokes the one token of an organization.
pub(super) async fn delete(owner: Owner, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let Owner { principal, scope } = owner;
    state
        .store
        .write(move |session| {
            let token = tokens::find_of_organization(session, &scope.id)?;
            let token = token.ok_or_else(|| Error::not_found("Token"))?;
            tokens::revoke(session, &token.id)?;
            record_success(session, &principal, ACTION, &format!("{} {}", token.id, scope.name))
        })
        .await?;
    Ok(answer::no_content())
}
