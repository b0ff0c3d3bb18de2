//! `GET /api/iacp/v3/accounts`

use actix_web::{HttpResponse, web::Data};
use domain::{Id, kinds};
use service_kit::JsonApiError;
use store::scopes::{self, ACCOUNT, ScopeSearch};

use super::{access::texts, account_view, document, filters};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

/// The accounts that the caller may see, and those of the environments that it may see.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    filters::check(&query, &["filter[account]", "filter[name]"])?;
    let ids = filters::values(&query, "filter[account]")?;
    let search = ScopeSearch {
        kind: ACCOUNT,
        visible: principal.module_scopes().map(texts),
        ids: (!ids.is_empty()).then(|| ids.iter().filter_map(|id| scope_of::<kinds::Account>(id)).collect()),
        names: filters::values(&query, "filter[name]")?,
        ..ScopeSearch::default()
    };
    let (found, total) = state.store.read(move |session| scopes::search(session, &search, page.window())).await?;
    let public_url = &state.config.public_url;
    let resources = found.iter().map(|scope| account_view::resource(scope, public_url)).collect();
    Ok(answer::ok(&document::page((page, &query), resources, total, None, public_url)))
}

/// The stored id behind one of this API; `None` for what is no id.
pub(super) fn scope_of<K: domain::IdKind>(id: &str) -> Option<String> {
    id.parse::<Id<K>>().ok().map(|id| id.face::<kinds::Scope>().to_string())
}
