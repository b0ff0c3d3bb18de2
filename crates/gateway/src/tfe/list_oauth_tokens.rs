//! `GET /api/v2/organizations/{org}/oauth-tokens`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::connections;

use super::{answer, connection_view::token_resource, page::Page, query::Query};
use crate::{caller::Reader, state::State};

/// The tokens of an organization's connections: all of them, unless a page is asked for; with `filter[provider]`, only
/// those of one kind of host.
pub(super) async fn list(reader: Reader, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let page = Page::parse_or_all(&query)?;
    let kind = query.find("filter[provider]").map(str::to_owned);
    let scope = reader.scope.id;
    let (found, total) = state
        .store
        .read(move |session| connections::list_with_token(session, &scope, kind.as_deref(), page.window()))
        .await?;
    let data = found.iter().filter_map(token_resource).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}
