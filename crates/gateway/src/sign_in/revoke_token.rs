//! `POST /app/settings/tokens/{id}/revoke`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Path};
use domain::{Error, Id, kinds};
use store::{Connection, audit, tokens};

use super::{
    next::HOME,
    page::{Refusal, see_other},
    signed_in::{SignedIn, SignedInForm},
};

const ACTION: &str = "revoke-token";

/// Ends one of one's own tokens. Those of others are not there.
pub(super) async fn revoke(
    request: HttpRequest,
    id: Path<String>,
    sent: SignedInForm,
) -> Result<HttpResponse, Refusal> {
    let revoked = end(&request, &id, &sent.who).await;
    if let Err(Error::NotFound { .. }) = &revoked {
        sent.who.record_refusal(&request, ACTION, StatusCode::NOT_FOUND).await;
    }
    revoked?;
    Ok(see_other(HOME))
}

async fn end(request: &HttpRequest, id: &str, who: &SignedIn) -> Result<(), Error> {
    let id: Id<kinds::Token> = id.parse()?;
    let principal = who.principal(request)?;
    let end = move |session: &mut Connection| {
        let token = tokens::load(session, &id)?;
        if token.user_id != principal.user {
            return Err(Error::not_found("Token"));
        }
        tokens::revoke(session, &id)?;
        audit::insert(session, &principal, ACTION, id.as_str(), "ok")
    };
    who.state.store.write(end).await
}
