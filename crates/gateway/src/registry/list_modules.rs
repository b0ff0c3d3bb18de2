//! `GET /api/registry/v1/modules`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::RegistryError;

use super::{
    json,
    list_query::ListQuery,
    listing::{self, Reach},
};
use crate::{caller::RegistryCaller, state::State};

/// Everything the caller may see and install.
pub(super) async fn list(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let query = ListQuery::parse(request.path(), request.query_string())?;
    let body = state.store.read(move |session| listing::read(session, Reach::of(&caller), &query)).await?;
    Ok(json(body))
}
