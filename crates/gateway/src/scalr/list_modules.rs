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
    let caller = principal.clone();
    let load = move |session: &mut Connection| {
        let (found, total) = match wanted.resolve(session, &caller)? {
            Some(search) => modules::search(session, &search, page.window())?,
            None => (Vec::new(), 0),
        };
        Ok((ModuleSet::load(session, &caller, found, wishes)?, total))
    };
    let (set, total) = state.store.read_at_once(load).await?;
    let (resources, included) = (set.resources(&state.config, &principal)?, set.included(&state.config, &principal)?);
    Ok(answer::ok(&document::page((page, &query), resources, total, included, &state.config.public_url)))
}
