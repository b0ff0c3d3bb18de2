//! `GET /api/iacp/v3/module-namespaces`

use actix_web::{HttpResponse, web::Data};
use domain::kinds;
use service_kit::JsonApiError;
use store::{
    Connection as Session, namespace_shares,
    scopes::{self, ENVIRONMENT, MODULE_NAMESPACE, ScopeSearch},
};

use super::{
    access::{load_scope, texts},
    document, filters,
    module_namespace_view::resources,
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

/// The module namespaces of the accounts that the caller may see, by name; with an environment, those it may use.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    filters::check(&query, &["filter[name]", "filter[environment]"])?;
    let parents = principal.module_scopes().map(texts);
    let search = ScopeSearch {
        kind: MODULE_NAMESPACE,
        visible_parents: parents,
        names: filters::values(&query, "filter[name]")?,
        ..ScopeSearch::default()
    };
    let environment = filters::text(&query, "filter[environment]")?.map(str::to_owned);
    let public_url = state.config.public_url.clone();
    let load = move |session: &mut Session| {
        let ids = match environment {
            Some(id) => {
                let environment = load_scope::<kinds::Environment>(session, &principal, ENVIRONMENT, &id)?;
                Some(namespace_shares::list_usable(session, &[environment])?)
            }
            None => None,
        };
        let (found, total) = scopes::search(session, &ScopeSearch { ids, ..search }, page.window())?;
        Ok((resources(session, (&principal, &public_url), &found)?, total))
    };
    let (found, total) = state.store.read_at_once(load).await?;
    Ok(answer::ok(&document::page((page, &query), found, total, None, &state.config.public_url)))
}
