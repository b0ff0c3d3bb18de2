//! `GET /api/registry/v1/modules/{namespace}/{name}`

use actix_web::{HttpRequest, HttpResponse, web::Data};
use bytes::Bytes;
use domain::{Action, Error, ModuleName, Namespace, Principal};
use service_kit::RegistryError;
use store::{
    Connection,
    modules::{self, Module},
};

use super::{
    json, list_item,
    list_query::ListQuery,
    listing,
    module_path::{missing, namespace_and_name},
};
use crate::{caller::RegistryCaller, state::State};

/// The latest version for each provider.
pub(super) async fn list(
    RegistryCaller(caller): RegistryCaller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let (namespace, name) = namespace_and_name(&request)?;
    let query = ListQuery::parse(request.path(), request.query_string())?;
    Ok(json(state.store.read(move |session| read(session, &caller, (&namespace, &name), &query)).await?))
}

fn read(
    session: &mut Connection,
    caller: &Principal,
    (namespace, name): (&Namespace, &ModuleName),
    query: &ListQuery,
) -> Result<Bytes, Error> {
    let visible = list_visible(session, caller, namespace, name)?;
    if visible.is_empty() {
        return Err(missing());
    }
    let installable: Vec<Module> = visible.into_iter().filter(|module| module.latest_version_id.is_some()).collect();
    let skipped = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let shown = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let page: Vec<Module> = installable.iter().skip(skipped).take(shown).cloned().collect();
    let total = i64::try_from(installable.len()).unwrap_or(i64::MAX);
    listing::write(query, total, list_item::list(session, &page)?)
}

/// The modules of this name that the caller may see, by provider.
pub(super) fn list_visible(
    session: &mut Connection,
    caller: &Principal,
    namespace: &Namespace,
    name: &ModuleName,
) -> Result<Vec<Module>, Error> {
    let mut found = modules::list_by_name(session, namespace.as_str(), name)?;
    found.retain(|module| caller.may(Action::Install, &module.scope_id));
    Ok(found)
}
