//! `GET /api/iacp/v3/accounts/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::kinds;
use service_kit::JsonApiError;
use store::scopes::ACCOUNT;

use super::{access::load_scope, account_view, document};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One account.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let load = move |session: &mut _| load_scope::<kinds::Account>(session, &principal, ACCOUNT, &id);
    let scope = state.store.read(load).await?;
    Ok(answer::ok(&document::one(account_view::resource(&scope, &state.config.public_url), None)))
}
