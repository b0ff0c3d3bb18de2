//! `GET /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/versions`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Error;
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::{
    tag_bindings::{self, TagBinding},
    versions::{self, ModuleVersion},
};

use super::{
    answer, json_object::set_all, module_path::ModulePath, page::Page, query::Query, tag_bindings::short,
    version_tag_filter::VersionTagFilter, version_view::VersionView,
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
    let filter = VersionTagFilter::parse(&query);
    let (module, mut found, mut all_tags, now) = state
        .store
        .read(move |session| {
            let module = path.load_module(session, &scope)?;
            let found = versions::list(session, module.id.as_str())?;
            let tags = tag_bindings::list_of_versions(session, &[module.id.to_string()])?;
            Ok((module, found, tags, store::now(session)?))
        })
        .await?;
    let tags = all_tags.remove(module.id.as_str()).unwrap_or_default();
    let tags_of = |version: &ModuleVersion| tags.get(&version.version).map(Vec::as_slice).unwrap_or_default();
    found.retain(|version| filter.matches(tags_of(version)));
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let view = VersionView { config: &state.config, principal: &principal, module: &module, now };
    let items = page.cut(found);
    let data = items.iter().map(|version| item(&view, version, tags_of(version))).collect::<Result<Vec<_>, _>>()?;
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}

/// The resource, with the address of its module beside it.
fn item(view: &VersionView<'_>, version: &ModuleVersion, tags: &[TagBinding]) -> Result<Value, Error> {
    let mut resource = view.resource(version)?;
    let of_module = json!({
        "name": view.module.name.as_str(),
        "namespace": view.module.namespace.as_str(),
        "provider-name": view.module.provider.as_str(),
        "tags": tags.iter().map(short).collect::<Vec<_>>(),
    });
    if let Some(attributes) = resource.get_mut("attributes") {
        set_all(attributes, of_module);
    }
    Ok(resource)
}
