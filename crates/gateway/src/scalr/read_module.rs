//! `GET /api/iacp/v3/modules/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;
use store::Connection;

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
    let store = state.store.clone();
    // Thousands of links may have to be made, which takes its time.
    let load = move |session: &mut Connection| {
        let module = load_module(session, &principal, &id)?;
        ModuleSet::load(session, &principal, vec![module], wishes)?.document(&state.config, &principal)
    };
    Ok(answer::ok(&store.read_at_once(load).await?))
}
