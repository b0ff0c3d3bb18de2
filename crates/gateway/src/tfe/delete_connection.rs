//! `DELETE /api/v2/oauth-clients/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;
use store::connections;

use super::{answer, attempt::record_success, connection_access::load_client};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "delete-connection";

/// Deletes a connection. Its modules stay, with what is published, and belong to no repository any more.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    state
        .store
        .write(move |session| {
            let (_, scope) = load_client(session, &principal, Action::Own, &id)?;
            connections::delete(session, &id)?;
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))
        })
        .await?;
    Ok(answer::no_content())
}
