//! `GET /api/v2/oauth-clients/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;

use super::{answer, connection_access::load_client, connection_view, query::Query};
use crate::{caller::Caller, state::State};

/// One connection, whose organization the caller must be able to see.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    let (connection, scope) =
        state.store.read(move |session| load_client(session, &principal, Action::Read, &id)).await?;
    query.check_includes(&connection_view::INCLUDES)?;
    Ok(answer::ok(&connection_view::document(&connection, &scope, &state.config.public_url, &query)))
}
