//! `POST /app/sign-in`

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use domain::Error;
use seal::Secret;
use store::users;

use super::{
    cookies::CookieKind,
    next::own_page,
    page::{Refusal, see_other},
    show_sign_in::{Again, form as sign_in_form},
    signed_in::begin_session,
    visitor::VisitorForm,
};
use crate::{client_address::client_address, state::State};

/// The same for a wrong name, a wrong password, and a user who was shut out.
const WRONG: &str = "The user name or the password is wrong.";

/// A session for who knows the password of a local user.
pub(super) async fn sign_in(request: HttpRequest, sent: VisitorForm) -> Result<HttpResponse, Refusal> {
    let VisitorForm { state, visitor, form } = sent;
    let (name, next) = (form.get("username").trim(), own_page(form.get("next")));
    let address = client_address(&request, &state.config.trusted_proxies);
    if let Err(wait) = state.pages.attempts.begin(name, address) {
        return wait_first(|again| sign_in_form(&state, visitor, next, again), name, wait);
    }
    let password = Secret::new(form.get("password"));
    let checked = check(&state, name, password).await;
    let Some(user) = checked.inspect_err(|_| state.pages.attempts.take_back(name, address))? else {
        let again = Again { status: StatusCode::FORBIDDEN, username: name, failure: WRONG };
        return Ok(sign_in_form(&state, visitor, next, again)?);
    };
    state.pages.attempts.succeeded(name, address);
    let cookie = begin_session(&request, &state, user.id, user.username).await?;
    let mut answer = see_other(next);
    for cookie in [cookie, state.pages.cookies.clear(CookieKind::Visit)] {
        answer.add_cookie(&cookie).map_err(|source| Error::internal("setting a cookie", source))?;
    }
    Ok(answer)
}

/// The user of this name and password, in a time that does not tell whether there is one.
async fn check(state: &State, name: &str, password: Secret) -> Result<Option<users::User>, Error> {
    let wanted = name.to_owned();
    let user = state.store.read(move |session| users::find_by_name(session, &wanted)).await?;
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = state.pages.passwords.verify(password, stored).await?;
    Ok(user.filter(|_| is_right))
}

fn wait_first(
    form: impl FnOnce(Again<'_>) -> Result<HttpResponse, Error>,
    username: &str,
    wait: Duration,
) -> Result<HttpResponse, Refusal> {
    let seconds = wait.as_secs() + 1;
    let failure = format!("There were too many attempts. Please try again in {seconds} seconds.");
    let mut answer = form(Again { status: StatusCode::TOO_MANY_REQUESTS, username, failure: &failure })?;
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Ok(answer)
}
