//! `GET /api/iacp/v3/module-namespaces/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;

use super::{document, module_namespace_access::load, module_namespace_view::resource};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One module namespace.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let public_url = state.config.public_url.clone();
    let found = state
        .store
        .read_at_once(move |session| {
            let (scope, _) = load(session, &principal, Action::Read, &id)?;
            resource(session, (&principal, &public_url), &scope)
        })
        .await?;
    Ok(answer::ok(&document::one(found, None)))
}
