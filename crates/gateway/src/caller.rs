//! Who calls. A handler that takes one of these cannot be reached without the right it names.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use domain::{Action, Error, Principal};
use futures::future::{Either, Ready, ready};
use service_kit::{JsonApiError, RegistryError};
use store::scopes::Scope;

use crate::state::State;

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
    let state = state_of(request)?;
    let hash = token_hash(request, state)?;
    match state.cached.caller(&hash) {
        Some(known) => Ok(known),
        None => look_up(state, hash).await,
    }
}

async fn look_up(state: &State, hash: String) -> Result<Arc<Principal>, Error> {
    let wanted = hash.clone();
    let found = state.store.read(move |session| store::tokens::find_principal(session, &wanted)).await?;
    let principal = Arc::new(found.ok_or(Error::Unauthenticated)?);
    state.cached.remember_caller(hash, Arc::clone(&principal));
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
        Some(scope) if scope.is_organization() && principal.may(action, &scope.id) => Ok((principal, scope)),
        _ => Err(Error::not_found("Organization")),
    }
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
            Err(error) => Either::Left(ready(Err(error.into()))),
            Ok((_, Some(principal), _)) => Either::Left(ready(Ok(Self(principal)))),
            Ok((state, None, hash)) => Either::Right(Box::pin(async move { Ok(Self(look_up(&state, hash).await?)) })),
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
