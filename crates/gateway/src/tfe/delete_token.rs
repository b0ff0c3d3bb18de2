//! `DELETE /api/v2/authentication-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection,
    tokens::{self, Token},
};

use super::{answer, attempt::record_success, read_token::governs};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "revoke-token";

/// Revokes a token: of the caller's user, with a token that allows all that the user may do; of an organization that the
/// caller owns; any for who owns the installation.
pub(super) async fn delete(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Token> = id.parse()?;
    state
        .store
        .write(move |session| {
            let token = tokens::load(session, &id)?;
            if !may_revoke(&principal, &token)? {
                return Err(Error::not_found("Token"));
            }
            if token.kind == tokens::ADMINISTRATOR {
                let what = "This token is set by QUARRY_ADMIN_TOKEN and can only be replaced there";
                return Err(Error::Conflict { what: what.to_owned() });
            }
            tokens::revoke(session, &token.id)?;
            record(session, &principal, &token)
        })
        .await?;
    Ok(answer::no_content())
}

fn may_revoke(principal: &Principal, token: &Token) -> Result<bool, Error> {
    match &token.scope_id {
        Some(scope) => Ok(principal.may(Action::Own, &scope.parse()?)),
        None => Ok(governs(principal, token)? && principal.has_full_token),
    }
}

fn record(session: &mut Connection, principal: &Principal, token: &Token) -> Result<(), Error> {
    let object = format!("{} {}", token.id, token.user_id);
    match &token.scope_id {
        Some(scope) => record_success(session, &principal.about(&scope.parse()?), ACTION, &object),
        None => record_success(session, principal, ACTION, &object),
    }
}
