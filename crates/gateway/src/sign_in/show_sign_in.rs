//! `GET /app/sign-in`

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;
use domain::Error;
use url::form_urlencoded;

use super::{
    next::own_page,
    page::{Refusal, page, see_other, with_next},
    signed_in::{find_session, state_of},
    visitor::Visitor,
};
use crate::state::State;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    form_token: String,
    next: &'a str,
    username: &'a str,
    failure: &'a str,
    /// Where a sign-in at the provider begins.
    openid: Option<String>,
}

/// The form; or straight on, for somebody who is signed in already.
pub(super) async fn show(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let mut query = form_urlencoded::parse(request.query_string().as_bytes());
    let wanted = query.find(|(name, _)| name == "next").map(|(_, value)| value.into_owned()).unwrap_or_default();
    let next = own_page(&wanted);
    if find_session(&request).await?.is_some() {
        return Ok(see_other(next));
    }
    let state = state_of(&request)?;
    let visitor = Visitor::find(&request, &state)?;
    Ok(form(&state, visitor, next, Again::default())?)
}

/// What is shown once more after a sign-in that failed.
#[derive(Default)]
pub(super) struct Again<'a> {
    pub(super) status: StatusCode,
    pub(super) username: &'a str,
    pub(super) failure: &'a str,
}

pub(super) fn form(state: &State, visitor: Visitor, next: &str, again: Again<'_>) -> Result<HttpResponse, Error> {
    let openid = state.pages.provider.is_some().then(|| with_next("/app/sign-in/openid", next));
    let shown = SignInPage {
        form_token: visitor.form_token(state),
        next,
        username: again.username,
        failure: again.failure,
        openid,
    };
    let mut answer = page(again.status, &shown);
    if let Some(cookie) = visitor.cookie(state) {
        answer.add_cookie(&cookie).map_err(|source| Error::internal("setting a cookie", source))?;
    }
    Ok(answer)
}
