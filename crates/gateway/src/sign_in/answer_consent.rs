//! `POST /oauth/authorization`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use domain::key_text;
use store::{
    Connection, audit,
    login_codes::{self, NewCode},
};

use super::{
    authorization::{Asked, AuthorizationRequest, CLIENT, redirect},
    page::Refusal,
    signed_in::SignedInForm,
};

const ACTION: &str = "allow-login";

/// A code for a client that somebody agreed to; or its refusal.
pub(super) async fn answer(request: HttpRequest, sent: SignedInForm) -> Result<HttpResponse, Refusal> {
    let SignedInForm { who, form } = sent;
    let asked = match AuthorizationRequest::read(&form.pairs) {
        Ok(asked) => asked,
        Err(Asked::Nobody(refusal)) => return Err(refusal),
        Err(Asked::Client(address)) => return Ok(redirect(&address)),
    };
    if form.get("decision") != "allow" {
        who.record_refusal(&request, ACTION, StatusCode::FORBIDDEN).await;
        return Ok(asked.answer(&[("error", "access_denied"), ("error_description", "the user said no")]));
    }
    let code = key_text::generate_key()?;
    let (principal, hash) = (who.principal(&request)?, who.state.config.token_key.hash(&format!("code|{code}")));
    let (redirect_uri, challenge) = (asked.redirect_uri.clone(), asked.challenge.clone());
    let save = move |session: &mut Connection| {
        let new = NewCode {
            hash: &hash,
            user: &principal.user,
            client: CLIENT,
            redirect_uri: &redirect_uri,
            challenge: &challenge,
        };
        login_codes::insert(session, &new)?;
        audit::insert(session, &principal, ACTION, CLIENT, "ok")
    };
    who.state.store.write(save).await?;
    Ok(asked.answer(&[("code", &code)]))
}
