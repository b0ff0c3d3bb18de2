//! `GET /api/v2/organizations/{org}/registry-modules`

use actix_web::{HttpResponse, web::Data};
use serde_json::json;
use service_kit::JsonApiError;
use store::modules::{self, Filter};

use super::{
    answer, full_module::FullModule, json_object::set, module_view::ModuleView, page::Page, query::Query, read_module,
};
use crate::{
    caller::{Caller, Reader},
    state::State,
};

/// The modules of an organization, by name.
pub(super) async fn list(
    Caller(principal): Caller,
    reader: Reader,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&read_module::INCLUDES)?;
    let page = Page::parse(&query)?;
    let filter = Filter {
        scopes: vec![reader.scope.id.to_string()],
        search: query.find("q").map(str::to_owned),
        providers: query.find("filter[provider]").map(str::to_owned).into_iter().collect(),
        installable: false,
        ..Filter::default()
    };
    // There are no public modules here, and no modules of others.
    let is_nobodys = query.find("filter[registry_name]").is_some_and(|name| name != "private")
        || query.find("filter[organization_name]").is_some_and(|name| !is_called(&reader, name));
    let (found, total) = match is_nobodys {
        true => (Vec::new(), 0),
        false => {
            let load = move |session: &mut store::Connection| {
                let (found, total) = modules::list(session, &filter, page.window())?;
                Ok((FullModule::load_all(session, found)?, total))
            };
            state.store.read_at_once(load).await?
        }
    };
    let public_url = &state.config.public_url;
    let view = ModuleView { public_url, principal: &principal, scope: &reader.scope };
    let data = found.iter().map(|full| view.resource(full)).collect();
    let mut document = page.document(data, total, &query, public_url);
    if query.wants("no-code-modules") {
        set(&mut document, "included", json!([]));
    }
    Ok(answer::ok(&document))
}

fn is_called(reader: &Reader, name: &str) -> bool {
    reader.scope.name.as_str().eq_ignore_ascii_case(name) || reader.scope.id.as_str() == name
}
