//! `GET /api/v2/oauth-clients/{id}/oauth-tokens`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use serde_json::Value;
use service_kit::JsonApiError;

use super::{answer, connection_access::load_client, connection_view::token_resource, page::Page, query::Query};
use crate::{caller::Caller, state::State};

/// The one token of a connection, or none if it was deleted.
pub(super) async fn list(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    let (connection, _) = state.store.read(move |session| load_client(session, &principal, Action::Read, &id)).await?;
    query.check_includes(&[])?;
    let page = Page::parse_or_all(&query)?;
    let all: Vec<Value> = token_resource(&connection).into_iter().collect();
    let total = i64::from(!all.is_empty());
    Ok(answer::ok(&page.document(page.cut(all), total, &query, &state.config.public_url)))
}
