//! `GET /api/v2/organizations`

use actix_web::{HttpResponse, web::Data};
use serde_json::Value;
use service_kit::JsonApiError;
use store::scopes::{self, Search};

use super::{answer, json_object::set, organization_view, page::Page, query::Query, read_organization};
use crate::{caller::Caller, state::State};

/// The organizations that the caller may see.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&read_organization::INCLUDES)?;
    let page = Page::parse(&query)?;
    let text = |name| query.find(name).unwrap_or_default().to_owned();
    let (any, name, email) = (text("q"), text("q[name]"), text("q[email]"));
    let caller = principal.clone();
    let (found, total) = state
        .store
        .read(move |session| {
            let search = Search { name: &name, email: &email, name_or_email: &any };
            scopes::list_visible(session, &caller, &search, page.window())
        })
        .await?;
    let data = found.iter().map(|scope| organization_view::resource(scope, &principal)).collect();
    let mut document = page.document(data, total, &query, &state.config.public_url);
    if query.wants("entitlement_set") {
        let sets: Value = found.iter().map(organization_view::entitlement_set).collect();
        set(&mut document, "included", sets);
    }
    Ok(answer::ok(&document))
}
