//! `GET /api/v2/oauth-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use serde_json::json;
use service_kit::JsonApiError;

use super::{answer, connection_access::load_token, connection_view::token_resource, query::Query};
use crate::{caller::Caller, state::State};

/// The token of a connection, without what it holds.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ConnectionToken> = id.parse()?;
    let (connection, _) = state.store.read(move |session| load_token(session, &principal, Action::Read, &id)).await?;
    query.check_includes(&[])?;
    Ok(answer::ok(&json!({"data": token_resource(&connection)})))
}
