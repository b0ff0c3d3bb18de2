//! `GET /api/v2/oauth-clients/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use service_kit::JsonApiError;
use store::{connections, scopes};

use super::{answer, connection_view, query::Query};
use crate::{caller::Caller, state::State};

/// One connection, whose organization the caller must be able to see.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    let (connection, scope) = state
        .store
        .read(move |session| {
            let connection = connections::load(session, &id)?;
            if !principal.may(Action::Read, &connection.scope_id) {
                return Err(Error::not_found("OAuth client"));
            }
            let scope = scopes::load(session, &connection.scope_id)?;
            Ok((connection, scope))
        })
        .await?;
    query.check_includes(&connection_view::INCLUDES)?;
    Ok(answer::ok(&connection_view::document(&connection, &scope, &state.config.public_url, &query)))
}
