//! `POST /api/v2/organizations/{org}/service-tokens`: ours, for pipelines.

use actix_web::{HttpResponse, web::Data};
use domain::Rights;
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, attempt::record_success, body::Body, token_view::TokenView, wanted_token::WantedToken};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "create-service-token";

/// Makes one more token of an organization; unless it says otherwise, for reading.
pub(super) async fn create(owner: Owner, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let wanted = WantedToken::parse(&body.attributes().await?, Rights::Read)?;
    let made = state.config.token_key.new_token()?;
    let Owner { principal, scope } = owner;
    let hash = made.hash;
    let view = state
        .store
        .write(move |session| {
            let id = tokens::insert_for_organization(session, &scope, &principal.user, &wanted.to_row(None, &hash))?;
            record_success(session, &principal, ACTION, &format!("{id} {}", scope.name))?;
            TokenView::load(session, &id)
        })
        .await?;
    Ok(answer::created(&view.document_with(&made.clear)))
}
