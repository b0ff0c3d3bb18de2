//! `GET /api/iacp/v3/modules`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::{Connection, modules};

use super::{
    document,
    module_filter::Wanted,
    module_set::{ModuleSet, Wishes},
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

/// The modules from Git that the caller may see and the query asks for, by name unless it says otherwise.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    let wishes = Wishes::parse(&query)?;
    let wanted = Wanted::parse(&query)?;
    let (store, window) = (state.store.clone(), page.window());
    // Thousands of links may have to be made, which takes its time.
    let load = move |session: &mut Connection| {
        let (found, total) = match wanted.resolve(session, &principal)? {
            Some(search) => modules::search(session, &search, window)?,
            None => (Vec::new(), 0),
        };
        let set = ModuleSet::load(session, &principal, found, wishes)?;
        if let Err(refusal) = set.check_size() {
            return Ok(Err(refusal));
        }
        let (resources, included) =
            (set.resources(&state.config, &principal)?, set.included(&state.config, &principal)?);
        Ok(Ok(document::page((page, &query), resources, total, included, &state.config.public_url)))
    };
    Ok(answer::ok(&store.read_at_once(load).await??))
}
