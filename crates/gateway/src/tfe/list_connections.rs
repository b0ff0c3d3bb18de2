//! `GET /api/v2/organizations/{org}/oauth-clients`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::connections;

use super::{answer, connection_view, page::Page, query::Query};
use crate::{caller::Reader, state::State};

/// The connections of an organization: all of them, unless a page is asked for.
pub(super) async fn list(reader: Reader, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&connection_view::INCLUDES)?;
    let page = Page::parse_or_all(&query)?;
    let scope = reader.scope.id.clone();
    let (found, total) = state.store.read(move |session| connections::list(session, &scope, page.window())).await?;
    let public_url = &state.config.public_url;
    let data = found.iter().map(|found| connection_view::resource(found, &reader.scope, public_url)).collect();
    let mut document = page.document(data, total, &query, public_url);
    connection_view::add_included(&mut document, &found, &query);
    Ok(answer::ok(&document))
}
