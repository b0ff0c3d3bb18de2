//! `GET /api/iacp/v3/modules/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;

use super::{
    access::load_module,
    module_set::{ModuleSet, Wishes},
};
use crate::{
    caller::Caller,
    json_api::{answer, query::Query},
    state::State,
};

/// One module, however it was made.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let wishes = Wishes::parse(&query)?;
    let caller = principal.clone();
    let set = state
        .store
        .read_at_once(move |session| {
            let module = load_module(session, &caller, &id)?;
            ModuleSet::load(session, &caller, vec![module], wishes)
        })
        .await?;
    Ok(answer::ok(&set.document(&state.config, &principal)?))
}
