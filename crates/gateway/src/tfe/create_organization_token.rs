//! `POST /api/v2/organizations/{org}/authentication-token`

use actix_web::{HttpResponse, web::Data};
use domain::Rights;
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, attempt::record_success, body::Body, token_view::TokenView, wanted_token::WantedToken};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "create-organization-token";

/// Makes the one token of an organization. The one before it is good for nothing from then on.
pub(super) async fn create(owner: Owner, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let wanted = WantedToken::parse(&body.optional_attributes().await?, Rights::Admin)?;
    let made = state.config.token_key.new_token()?;
    let Owner { principal, scope } = owner;
    let hash = made.hash;
    let view = state
        .store
        .write(move |session| {
            let id = tokens::replace_of_organization(session, &scope, &principal.user, &wanted.to_row(None, &hash))?;
            record_success(session, &principal, ACTION, &format!("{id} {}", scope.name))?;
            TokenView::load(session, &id)
        })
        .await?;
    Ok(answer::created(&view.document_with(&made.clear)))
}
