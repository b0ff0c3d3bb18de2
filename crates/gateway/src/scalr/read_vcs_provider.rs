//! `GET /api/iacp/v3/vcs-providers/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;

use super::{
    document,
    vcs_provider_access::{load, resource},
};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One connection to a Git host, without its token.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let public_url = state.config.public_url.clone();
    let resource = state
        .store
        .read_at_once(move |session| {
            let (connection, scope) = load(session, &principal, Action::Read, &id)?;
            resource(session, (&principal, &public_url), &connection, &scope)
        })
        .await?;
    Ok(answer::ok(&document::one(resource, None)))
}
