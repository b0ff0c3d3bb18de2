//! `GET /api/v2/organizations/{org}/authentication-token`

use actix_web::{HttpResponse, web::Data};
use domain::Error;
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, token_view::TokenView};
use crate::{caller::Owner, state::State};

/// The one token of an organization, if it has been made.
pub(super) async fn read(owner: Owner, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let view = state
        .store
        .read(move |session| {
            let token = tokens::find_of_organization(session, &owner.scope.id)?;
            let token = token.ok_or_else(|| Error::not_found("Token"))?;
            TokenView::load(session, &token.id)
        })
        .await?;
    Ok(answer::ok(&view.document()))
}
