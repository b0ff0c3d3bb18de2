//! `GET /app/sign-in/openid/callback`

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::StatusCode};
use domain::{Error, Principal};
use store::{
    Connection, audit, memberships,
    users::{self, NewUser, User},
};
use url::form_urlencoded;

use super::{
    authorization::only,
    begin_openid::provider_is_down,
    cookies::CookieKind,
    openid::{Identity, Pending, Provider},
    page::{Refusal, see_other},
    signed_in::{begin_session, principal_at_pages, state_of},
};
use crate::{call, state::State};

const LONGEST_NAME: usize = 64;

/// Back from the provider. Whatever comes of it, the sign-in that was begun is over.
pub(super) async fn finish(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    let state = state_of(&request)?;
    let Some(provider) = &state.pages.provider else { return super::not_found().await };
    let mut answer = match sign_in(&request, &state, provider).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.error_response(),
    };
    answer
        .add_cookie(&state.pages.cookies.clear(CookieKind::OpenId))
        .map_err(|source| Error::internal("setting a cookie", source))?;
    Ok(answer)
}

async fn sign_in(request: &HttpRequest, state: &State, provider: &Provider) -> Result<HttpResponse, Refusal> {
    let query: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let pending = state.pages.cookies.find(request, CookieKind::OpenId);
    let pending = pending.and_then(|sealed| Pending::open(&sealed, &state.config.seal_keys));
    let is_ours = |pending: &Pending| {
        only(&query, "state").is_some_and(|given| seal::same(given.as_bytes(), pending.state.as_bytes()))
    };
    let Some(pending) = pending.filter(is_ours) else {
        let text = "This sign-in was not begun in this browser, or too long ago. Please sign in again.";
        return Err(Refusal::page(StatusCode::BAD_REQUEST, "This sign-in cannot go on", text));
    };
    let Some(code) = only(&query, "code").filter(|code| !code.is_empty()) else {
        tracing::info!(error = only(&query, "error"), "The OpenID Connect provider did not let somebody in");
        return Err(not_let_in("The sign-in service of your organization did not let you in."));
    };
    let identity = match provider.identify(code.to_owned(), &pending).await {
        Ok(identity) => identity,
        Err(Error::Refused { reason }) => {
            tracing::warn!(reason, "What the OpenID Connect provider said of somebody is not believed");
            return Err(not_let_in("What the sign-in service of your organization said of you cannot be believed."));
        }
        Err(error) => return Err(provider_is_down(error)),
    };
    let user = find_or_make(request, state, provider, identity).await?;
    let cookie = begin_session(request, state, user.id, user.username).await?;
    let mut answer = see_other(&pending.next);
    answer.add_cookie(&cookie).map_err(|source| Error::internal("setting a cookie", source))?;
    Ok(answer)
}

fn not_let_in(text: impl Into<String>) -> Refusal {
    Refusal::page(StatusCode::FORBIDDEN, "You are not signed in", text)
}

/// What came of looking for somebody's user.
enum Outcome {
    Known(User),
    Disabled,
    /// Somebody else has the name, and may be somebody else.
    NameTaken,
}

/// The user with this identity, made at the first sign-in. A name is never a reason to be somebody: it may belong to
/// another person here.
async fn find_or_make(
    request: &HttpRequest,
    state: &State,
    provider: &Provider,
    identity: Identity,
) -> Result<User, Refusal> {
    let issuer = provider.settings.issuer.clone();
    let rights = provider.settings.default_rights;
    let name = identity.username.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let (call, wanted) = (call::begin(request), name.clone());
    let make = move |session: &mut Connection| {
        if let Some(user) = users::find_by_identity(session, &issuer, &identity.subject)? {
            return Ok(if user.disabled_at.is_some() { Outcome::Disabled } else { Outcome::Known(user) });
        }
        check_name(&name)?;
        if users::find_by_name(session, &name)?.is_some() {
            return Ok(Outcome::NameTaken);
        }
        let user = users::insert(
            session,
            &NewUser {
                username: &name,
                email: &identity.email,
                password_hash: None,
                issuer: Some(&issuer),
                subject: Some(&identity.subject),
            },
        )?;
        if let Some(rights) = rights {
            memberships::set(session, &user.id, None, rights)?;
        }
        let principal: Principal = principal_at_pages(call, user.id.clone(), user.username.clone())?;
        audit::insert(session, &principal, "create-user", user.id.as_str(), "ok")?;
        Ok(Outcome::Known(user))
    };
    match state.store.write(make).await {
        Ok(Outcome::Known(user)) => Ok(user),
        Ok(Outcome::Disabled) => {
            Err(not_let_in("Your user was disabled at this registry. An owner of it can change that."))
        }
        Ok(Outcome::NameTaken) | Err(Error::AlreadyExists { .. }) => Err(not_let_in(format!(
            "Your organization calls you {wanted}, and another user of this registry is called so already. An owner of the \
             registry has to decide who keeps the name."
        ))),
        Err(Error::Invalid { reason, .. }) => Err(not_let_in(format!(
            "Your organization calls you {wanted:?}, which cannot be a user name here: it {reason}."
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Names appear in logs and in lists; those of services are made by us alone.
fn check_name(name: &str) -> Result<(), Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    if !(1..=LONGEST_NAME).contains(&name.len()) || !name.chars().all(is_plain) {
        return Err(Error::invalid("User name", "must have 1 to 64 letters, digits or `.`, `_`, `-`, `@`, `+`"));
    }
    if name.to_ascii_lowercase().starts_with(users::SERVICE_PREFIX) {
        return Err(Error::invalid("User name", format!("must not begin with {}", users::SERVICE_PREFIX)));
    }
    Ok(())
}
