//! Who calls. A handler that takes one of these cannot be reached without the right it names.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web::Data};
use domain::{Action, Error, Id, Principal};
use futures::future::{Either, Ready, ready};
use service_kit::{JsonApiError, RegistryError};
use store::{scopes::Scope, users::User};

use crate::{cached_answers::Known, call, state::State};

/// Somebody with a valid token, on the registry protocol (plain errors).
pub(crate) struct RegistryCaller(pub(crate) Arc<Principal>);

/// Somebody with a valid token, on a management API (JSON:API errors).
pub(crate) struct Caller(pub(crate) Arc<Principal>);

/// May see the organization that the path names as `{org}`.
pub(crate) struct Reader {
    pub(crate) scope: Scope,
}

/// May publish in the organization that the path names as `{org}`.
pub(crate) struct Publisher {
    pub(crate) principal: Arc<Principal>,
    pub(crate) scope: Scope,
}

/// Owns the organization that the path names as `{org}`.
pub(crate) struct Owner {
    pub(crate) principal: Arc<Principal>,
    pub(crate) scope: Scope,
}

/// Owns the whole installation.
pub(crate) struct Administrator {
    pub(crate) principal: Arc<Principal>,
}

/// May see the tokens of the user that the path names as `{user}`: that user, or who owns the installation.
pub(crate) struct TokenReader {
    pub(crate) user: User,
}

/// May make tokens of the user that the path names as `{user}`: likewise, but with a token that allows all that the user
/// may do, so that none makes a stronger one.
pub(crate) struct TokenMaker {
    pub(crate) principal: Arc<Principal>,
    pub(crate) user: User,
}

/// What the request's token is kept under: `Unauthenticated` for none, several, or one that has not our form.
fn token_hash(request: &HttpRequest, state: &State) -> Result<String, Error> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (headers.next(), headers.next()) else { return Err(Error::Unauthenticated) };
    let token = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| seal::is_well_formed(token))
        .ok_or(Error::Unauthenticated)?;
    Ok(state.config.token_key.hash(token))
}

fn state_of(request: &HttpRequest) -> Result<&Data<State>, Error> {
    request.app_data::<Data<State>>().ok_or_else(|| Error::internal("finding the state", "none is set"))
}

/// The principal of the request's token: `Unauthenticated` for none, several, or one that is not ours.
pub(crate) async fn authenticate(request: &HttpRequest) -> Result<Arc<Principal>, Error> {
    let checked = request.extensions().get::<Checked>().cloned();
    let known = match checked {
        Some(Checked::Known(principal)) => principal,
        Some(Checked::Stranger) => return Err(Error::Unauthenticated),
        Some(Checked::NoAnswer(why)) => {
            return Err(Error::unavailable("looking up a token", why.to_string()));
        }
        None => check(request).await?,
    };
    Ok(call::within(request, known))
}

/// What came of looking at the token of a request.
#[derive(Clone)]
enum Checked {
    Known(Arc<Principal>),
    /// There is none, or it is not ours.
    Stranger,
    /// Nobody knows, for this reason. Who asked again would only wait again.
    NoAnswer(Arc<str>),
}

/// Looks at the token of a request and remembers with it what came of that, so that nobody has to look twice.
async fn check(request: &HttpRequest) -> Result<Arc<Principal>, Error> {
    let checked = find(request).await;
    if let Err(Error::Unauthenticated) = &checked {
        state_of(request)?.token_uses.count_stranger();
    }
    request.extensions_mut().insert(match &checked {
        Ok(principal) => Checked::Known(Arc::clone(principal)),
        Err(Error::Unauthenticated) => Checked::Stranger,
        Err(error) => Checked::NoAnswer(error.chain().into()),
    });
    checked
}

async fn find(request: &HttpRequest) -> Result<Arc<Principal>, Error> {
    let state = state_of(request)?;
    let hash = token_hash(request, state)?;
    match state.cached.caller(&hash) {
        Some(known) => Ok(known),
        None => look_up(state, hash).await,
    }
}

async fn look_up(state: &State, hash: String) -> Result<Arc<Principal>, Error> {
    let (since, start) = (state.cached.moment(), Instant::now());
    let wanted = hash.clone();
    let found = state.store.read(move |session| store::tokens::find_principal(session, &wanted)).await?;
    let found = found.ok_or(Error::Unauthenticated)?;
    state.token_uses.note(&found.principal.token);
    let principal = Arc::new(found.principal);
    // What is too far away for the clock is never reached.
    let until = found.rest.and_then(|rest| start.checked_add(rest));
    state.cached.remember_caller(hash, Known { principal: Arc::clone(&principal), until, since });
    Ok(principal)
}

/// The organization that the path names, if the caller may do `action` there. What one may not do is answered as if
/// the organization did not exist (wire-spec 1.4).
pub(crate) async fn permit(request: &HttpRequest, action: Action) -> Result<(Arc<Principal>, Scope), Error> {
    let principal = authenticate(request).await?;
    let name = request.match_info().get("org").unwrap_or_default().to_owned();
    let state = state_of(request)?;
    let scope = state.store.read(move |session| store::scopes::find(session, &name)).await?;
    match scope {
        Some(scope) if scope.is_organization() && principal.may(Action::Read, &scope.id) => {
            call::set_scope(request, &scope.id);
            if principal.may(action, &scope.id) {
                return Ok((call::within(request, principal), scope));
            }
            Err(Error::not_found("Organization"))
        }
        _ => Err(Error::not_found("Organization")),
    }
}

/// The user that the path names, if the caller is that user, or owns the installation.
async fn permit_tokens(request: &HttpRequest) -> Result<(Arc<Principal>, User), Error> {
    let principal = authenticate(request).await?;
    let id: Id<domain::kinds::User> = request.match_info().get("user").unwrap_or_default().parse()?;
    if principal.user != id && !principal.owns_installation() {
        return Err(Error::not_found("User"));
    }
    let user = state_of(request)?.store.read(move |session| store::users::load_person(session, &id)).await?;
    Ok((principal, user))
}

type Extracted<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

impl FromRequest for RegistryCaller {
    type Error = RegistryError;
    /// Ready at once for a caller who is known: the CLIs ask again and again.
    type Future = Either<Ready<Result<Self, RegistryError>>, Extracted<Self, RegistryError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = state_of(request).and_then(|state| {
            let hash = token_hash(request, state)?;
            Ok((Data::clone(state), state.cached.caller(&hash), hash))
        });
        match known {
            Err(error) => {
                if let Ok(state) = state_of(request) {
                    state.token_uses.count_stranger();
                }
                Either::Left(ready(Err(error.into())))
            }
            Ok((_, Some(principal), _)) => Either::Left(ready(Ok(Self(principal)))),
            Ok((state, None, hash)) => Either::Right(Box::pin(async move {
                let found = look_up(&state, hash).await;
                if let Err(Error::Unauthenticated) = &found {
                    state.token_uses.count_stranger();
                }
                Ok(Self(found?))
            })),
        }
    }
}

impl FromRequest for Caller {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(authenticate(&request).await?)) })
    }
}

impl FromRequest for Reader {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self { scope: permit(&request, Action::Read).await?.1 }) })
    }
}

impl FromRequest for Publisher {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (principal, scope) = permit(&request, Action::Publish).await?;
            Ok(Self { principal, scope })
        })
    }
}

impl FromRequest for Owner {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (principal, scope) = permit(&request, Action::Own).await?;
            Ok(Self { principal, scope })
        })
    }
}

impl FromRequest for Administrator {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let principal = authenticate(&request).await?;
            if principal.owns_installation() {
                Ok(Self { principal })
            } else {
                Err(Error::not_found("This URL").into())
            }
        })
    }
}

impl FromRequest for TokenReader {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self { user: permit_tokens(&request).await?.1 }) })
    }
}

impl FromRequest for TokenMaker {
    type Error = JsonApiError;
    type Future = Extracted<Self, JsonApiError>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (principal, user) = permit_tokens(&request).await?;
            if principal.has_full_token { Ok(Self { principal, user }) } else { Err(Error::not_found("User").into()) }
        })
    }
}
