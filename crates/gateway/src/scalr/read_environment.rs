//! `GET /api/iacp/v3/environments/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::kinds;
use service_kit::JsonApiError;
use store::scopes::ENVIRONMENT;

use super::{access::load_scope, document, environment_view, list_environments::Wishes};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One environment.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let wishes = Wishes::parse(&query)?;
    let public_url = state.config.public_url.clone();
    let (scope, included) = state
        .store
        .read_at_once(move |session| {
            let scope = load_scope::<kinds::Environment>(session, &principal, ENVIRONMENT, &id)?;
            let included = wishes.load(session, (&principal, &public_url), std::slice::from_ref(&scope))?;
            Ok((scope, included))
        })
        .await?;
    Ok(answer::ok(&document::one(environment_view::resource(&scope, &state.config.public_url), included)))
}
