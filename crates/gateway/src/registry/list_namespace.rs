//! `GET /api/registry/v1/modules/{namespace}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::RegistryError;

use super::{
    json,
    list_query::ListQuery,
    listing::{self, Reach},
    module_path::{missing, namespace},
};
use crate::{caller::RegistryCaller, state::State};

/// What can be installed from one namespace.
pub(super) async fn list(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let namespace = namespace(&request)?;
    let query = ListQuery::parse(request.path(), request.query_string())?;
    let body = state.store.read(move |session| {
        let reach = Reach::find(session, &caller, &namespace)?.ok_or_else(missing)?;
        listing::read(session, reach, &query)
    });
    Ok(json(body.await?))
}
