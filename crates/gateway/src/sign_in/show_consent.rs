//! `GET /oauth/authorization`

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;
use url::form_urlencoded;

use super::{
    authorization::{Asked, AuthorizationRequest, CLIENT, redirect},
    headers::policy_with_form_to,
    page::{Refusal, page},
    signed_in::SignedIn,
};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    username: &'a str,
    form_token: &'a str,
    client: &'a str,
    asked: &'a AuthorizationRequest,
    /// How long the token lives.
    lasting: String,
}

/// Asks who is signed in whether a client may have a token. What cannot be granted is not asked, and nobody signs in for it.
pub(super) async fn show(request: HttpRequest, who: Result<SignedIn, Refusal>) -> Result<HttpResponse, Refusal> {
    let query: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let asked = match AuthorizationRequest::read(&query) {
        Ok(asked) => asked,
        Err(Asked::Nobody(refusal)) => return Err(refusal),
        Err(Asked::Client(address)) => return Ok(redirect(&address)),
    };
    let who = who?;
    let lasting = match who.state.config.sign_in.login_token_life {
        None => "does not end by itself".to_owned(),
        Some(life) => format!("ends after {} days", life.as_secs() / (24 * 60 * 60)),
    };
    let shown =
        ConsentPage { username: &who.username, form_token: &who.form_token, client: CLIENT, asked: &asked, lasting };
    let mut answer = page(StatusCode::OK, &shown);
    if let Ok(policy) = policy_with_form_to(asked.client_origin()).parse() {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(answer)
}
