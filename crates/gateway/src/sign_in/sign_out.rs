//! `GET` and `POST /app/sign-out`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;
use domain::Error;
use store::{Connection, audit, sessions};

use super::{
    cookies::CookieKind,
    page::{Refusal, page, see_other},
    signed_in::{SignedIn, SignedInForm},
};

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    username: &'a str,
    form_token: &'a str,
}

/// A button: following a link changes nothing.
pub(super) async fn show(who: SignedIn) -> HttpResponse {
    page(StatusCode::OK, &SignOutPage { username: &who.username, form_token: &who.form_token })
}

/// Ends the session, at every gateway.
pub(super) async fn sign_out(request: HttpRequest, sent: SignedInForm) -> Result<HttpResponse, Refusal> {
    let SignedIn { state, hash, .. } = &sent.who;
    let (principal, hash) = (sent.who.principal(&request)?, hash.clone());
    let end = move |session: &mut Connection| {
        sessions::delete(session, &hash)?;
        audit::insert(session, &principal, "sign-out", principal.user.as_str(), "ok")
    };
    state.store.write(end).await?;
    let mut answer = see_other("/app/sign-in");
    answer
        .add_cookie(&state.pages.cookies.clear(CookieKind::Session))
        .map_err(|source| Error::internal("setting a cookie", source))?;
    Ok(answer)
}
