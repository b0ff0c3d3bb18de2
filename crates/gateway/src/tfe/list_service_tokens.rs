//! `GET /api/v2/organizations/{org}/service-tokens`

use actix_web::{HttpResponse, web::Data};
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, page::Page, query::Query, token_view::TokenView};
use crate::{caller::Owner, state::State};

/// The service tokens of an organization, newest first: all of them, unless a page is asked for.
pub(super) async fn list(owner: Owner, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse_or_all(&query)?;
    let (found, total) = state
        .store
        .read(move |session| {
            let (found, total) = tokens::list_of_organization(session, &owner.scope.id, page.window())?;
            Ok((TokenView::of(session, found)?, total))
        })
        .await?;
    let data = found.iter().map(|token| token.resource(None)).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}
