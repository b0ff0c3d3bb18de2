//! `GET /api/v2/authentication-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::tokens::{self, Token};

use super::{answer, token_view::TokenView};
use crate::{caller::Caller, state::State};

/// One token: the caller's own, one of the same user, one of an organization that the caller owns, or any for who owns the
/// installation.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Token> = id.parse()?;
    let view = state
        .store
        .read(move |session| {
            let token = tokens::load(session, &id)?;
            if token.id == principal.token || governs(&principal, &token)? {
                return TokenView::load(session, &token.id);
            }
            Err(Error::not_found("Token"))
        })
        .await?;
    Ok(answer::ok(&view.document()))
}

/// Whether a token is in the caller's hands beside the one that calls.
pub(super) fn governs(principal: &Principal, token: &Token) -> Result<bool, Error> {
    let owns_organization = match &token.scope_id {
        Some(scope) => principal.may(Action::Own, &scope.parse()?),
        None => false,
    };
    let is_own = token.user_id == principal.user && !principal.is_service;
    Ok(is_own || owns_organization || principal.owns_installation())
}
