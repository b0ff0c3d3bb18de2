//! `GET /api/registry/v1/modules/search`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use bytes::Bytes;
use domain::{Error, Namespace, Principal};
use service_kit::RegistryError;
use store::Connection;

use super::{
    json,
    list_query::ListQuery,
    listing::{self, Reach},
};
use crate::{caller::RegistryCaller, state::State};

/// Modules that have `q` in their namespace, name, provider or description.
pub(super) async fn search(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let query = ListQuery::parse(request.path(), request.query_string())?;
    if query.search.as_deref().is_none_or(|search| search.trim().is_empty()) {
        return Err(RegistryError::bad_request("q is required"));
    }
    Ok(json(state.store.read(move |session| read(session, &caller, &query)).await?))
}

/// A namespace is a filter here: one that is not there or not visible finds nothing.
fn read(session: &mut Connection, caller: &Principal, query: &ListQuery) -> Result<Bytes, Error> {
    let reach = match query.namespace.as_deref().map(str::parse::<Namespace>) {
        None => Some(Reach::of(caller)),
        Some(Ok(namespace)) => Reach::find(session, caller, &namespace)?,
        Some(Err(_)) => None,
    };
    match reach {
        Some(reach) => listing::read(session, reach, query),
        None => listing::write(query, 0, Vec::new()),
    }
}
