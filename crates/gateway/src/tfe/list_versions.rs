//! `GET /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/versions`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Error;
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::versions::{self, ModuleVersion};

use super::{
    answer, json_object::set_all, module_path::ModulePath, page::Page, query::Query, version_view::VersionView,
};
use crate::{
    caller::{Caller, Reader},
    state::State,
};

/// The versions of a module, newest first.
pub(super) async fn list(
    Caller(principal): Caller,
    Reader { scope }: Reader,
    path: Path<ModulePath>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse(&query)?;
    let is_by_tag = query.pairs.iter().any(|(key, value)| key.starts_with("filter[tagged]") && !value.is_empty());
    let (module, found, now) = state
        .store
        .read(move |session| {
            let module = path.load_module(session, &scope)?;
            // No version has tags, so none has the ones that are looked for.
            let found = if is_by_tag { Vec::new() } else { versions::list(session, module.id.as_str())? };
            Ok((module, found, store::now(session)?))
        })
        .await?;
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    let data = page.cut(found).iter().map(|version| item(&view, version)).collect::<Result<Vec<_>, _>>()?;
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}

/// The resource, with the address of its module beside it.
fn item(view: &VersionView<'_>, version: &ModuleVersion) -> Result<Value, Error> {
    let mut resource = view.resource(version)?;
    let of_module = json!({
        "name": view.module.name.as_str(),
        "namespace": view.module.namespace.as_str(),
        "provider-name": view.module.provider.as_str(),
        "tags": [],
    });
    if let Some(attributes) = resource.get_mut("attributes") {
        set_all(attributes, of_module);
    }
    Ok(resource)
}
