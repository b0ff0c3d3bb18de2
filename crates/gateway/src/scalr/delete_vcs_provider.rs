//! `DELETE /api/iacp/v3/vcs-providers/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error};
use service_kit::JsonApiError;
use store::{connection_search, connections};

use super::vcs_provider_access::load_for_update;
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success},
    state::State,
};

pub(super) const ACTION: &str = "delete-connection";

/// Deletes a connection that no module comes through.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let (connection, scope) = load_for_update(session, &principal, Action::Own, &id)?;
            if connection_search::is_used(session, &connection.id)? {
                return Err(Error::invalid("The VCS provider", "is in use: modules come through it"));
            }
            connections::delete(session, &connection.id)?;
            let object = format!("{} {}", connection.id, scope.name);
            record_success(session, &principal.about(&scope.id), ACTION, &object)
        })
        .await?;
    Ok(answer::no_content())
}
