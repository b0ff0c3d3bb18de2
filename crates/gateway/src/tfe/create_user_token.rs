//! `POST /api/v2/users/{user}/authentication-tokens`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Rights};
use service_kit::JsonApiError;
use store::tokens;

use super::{answer, attempt::record_success, body::Body, token_view::TokenView, wanted_token::WantedToken};
use crate::{caller::TokenMaker, state::State};

pub(super) const ACTION: &str = "create-user-token";

/// Makes a token of a user. Whatever it says, it allows no more than the user may do when it is used.
pub(super) async fn create(maker: TokenMaker, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let wanted = WantedToken::parse(&attributes, Rights::Admin)?;
    let made = state.config.token_key.new_token()?;
    let TokenMaker { principal, user } = maker;
    let hash = made.hash;
    let view = state
        .store
        .write(move |session| {
            let scopes = wanted.scopes(session, &principal)?;
            let id = tokens::insert_for_user(session, &user.id, &wanted.to_row(scopes.as_deref(), &hash))?;
            record_success(session, &principal, ACTION, &format!("{id} {} {}", user.id, user.username))?;
            TokenView::load(session, &id)
        })
        .await
        .map_err(|error| match error {
            Error::Invalid { .. } => attributes.at("organizations", error),
            other => other.into(),
        })?;
    Ok(answer::created(&view.document_with(&made.clear)))
}
