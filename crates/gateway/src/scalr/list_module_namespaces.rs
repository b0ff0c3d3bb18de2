//! `GET /api/iacp/v3/module-namespaces`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session, namespace_shares,
    scopes::{self, ENVIRONMENT, MODULE_NAMESPACE, ScopeSearch},
};

use super::{
    access::load_scope,
    document, filters,
    module_namespace_view::{is_shared, resources},
};
use crate::{
    caller::Caller,
    json_api::{answer, page::Page, query::Query},
    state::State,
};

/// More than anybody has; of an account all are looked at to find the open ones.
const MOST: i64 = 10_000;

/// The module namespaces of the accounts that the caller may see, by name; with an environment, those it may use.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    filters::check(&query, &["filter[name]", "filter[environment]"])?;
    let parents = principal.module_scopes().map(|scopes| scopes.into_iter().map(ToString::to_string).collect());
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
            Some(id) => Some(usable(session, &principal, &id)?),
            None => None,
        };
        let (found, total) = scopes::search(session, &ScopeSearch { ids, ..search }, page.window())?;
        Ok((resources(session, (&principal, &public_url), &found)?, total))
    };
    let (found, total) = state.store.read_at_once(load).await?;
    Ok(answer::ok(&document::page((page, &query), found, total, None, &state.config.public_url)))
}

/// Those that an environment may use.
fn usable(session: &mut Session, caller: &Principal, id: &str) -> Result<Vec<String>, Error> {
    let environment = load_scope::<kinds::Environment>(session, caller, ENVIRONMENT, id)?;
    let mut ids = namespace_shares::list_of_environments(session, &[environment.id])?;
    let of_account = ScopeSearch { kind: MODULE_NAMESPACE, parent: environment.parent_id, ..ScopeSearch::default() };
    let (all, _) = scopes::search(session, &of_account, (0, MOST))?;
    ids.extend(all.iter().filter(|scope| is_shared(scope)).map(|scope| scope.id.to_string()));
    Ok(ids)
}
