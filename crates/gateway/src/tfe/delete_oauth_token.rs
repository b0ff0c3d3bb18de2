//! `DELETE /api/v2/oauth-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;
use store::connections;

use super::{answer, attempt::record_success, connection_access::load_token};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "delete-connection-token";

/// Takes the token of a connection away. Nothing is fetched with the connection until it is given another one; its modules
/// stay, with what is published, and say why nothing new comes.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ConnectionToken> = id.parse()?;
    state
        .store
        .write(move |session| {
            let (connection, scope) = load_token(session, &principal, Action::Own, &id)?;
            connections::delete_token(session, &connection.id)?;
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))
        })
        .await?;
    Ok(answer::no_content())
}
