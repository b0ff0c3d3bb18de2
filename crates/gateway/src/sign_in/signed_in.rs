//! Who is signed in. A handler that takes one of these cannot be reached by anybody else.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, cookie::Cookie, dev::Payload, http::StatusCode, web::Data};
use domain::{Call, Error, Grants, Id, Principal, key_text, kinds};
use store::{Connection, sessions};

use super::{
    cookies::CookieKind,
    form::{FORM_TOKEN, Form, foreign, refuse_foreign},
    next::HOME,
    page::Refusal,
};
use crate::{call, state::State};

/// What stands for the token in the audit log of what people do at the pages.
const NO_TOKEN: &str = "at-session";
/// Longer paths name nothing.
const LONGEST_OBJECT: usize = 512;

/// Somebody with a session.
pub(super) struct SignedIn {
    pub(super) state: Data<State>,
    pub(super) user: Id<kinds::User>,
    pub(super) username: String,
    /// Of this session alone: what its forms must carry.
    pub(super) form_token: String,
    /// What the session is kept under.
    pub(super) hash: String,
}

/// A form of somebody with a session, from a page of ours in the same browser.
pub(super) struct SignedInForm {
    pub(super) who: SignedIn,
    pub(super) form: Form,
}

pub(super) fn state_of(request: &HttpRequest) -> Result<Data<State>, Error> {
    request.app_data().cloned().ok_or_else(|| Error::internal("finding the state", "none is set"))
}

/// Whether a cookie may be one of our secrets: 32 bytes in base64url.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// What the session of this request is kept under, whether or not there is one.
fn session_hash(request: &HttpRequest, state: &State) -> Option<(String, String)> {
    let secret = state.pages.cookies.find(request, CookieKind::Session).filter(|text| is_secret(text))?;
    Some((state.config.token_key.hash(&format!("session|{secret}")), secret))
}

/// The session of a request, if it has one that is not over.
pub(super) async fn find_session(request: &HttpRequest) -> Result<Option<SignedIn>, Error> {
    let state = state_of(request)?;
    let Some((hash, secret)) = session_hash(request, &state) else { return Ok(None) };
    let wanted = hash.clone();
    let Some(session) = state.store.read(move |session| sessions::find(session, &wanted)).await? else {
        return Ok(None);
    };
    if session.is_stale {
        let wanted = hash.clone();
        state.store.write(move |session| sessions::touch(session, &wanted)).await?;
    }
    let form_token = state.config.token_key.hash(&format!("session-form|{secret}"));
    Ok(Some(SignedIn { state, user: session.user, username: session.username, form_token, hash }))
}

/// A new session for `user`, in place of the one that the browser may have; its cookie.
pub(super) async fn begin_session(
    request: &HttpRequest,
    state: &State,
    user: Id<kinds::User>,
    username: String,
) -> Result<Cookie<'static>, Error> {
    let former = session_hash(request, state).map(|(hash, _)| hash);
    let secret = key_text::generate_key()?;
    let hash = state.config.token_key.hash(&format!("session|{secret}"));
    let principal = principal_at_pages(call::begin(request), user, username)?;
    let begin = move |session: &mut Connection| {
        if let Some(former) = &former {
            sessions::delete(session, former)?;
        }
        sessions::insert(session, &principal.user, &hash)?;
        store::audit::insert(session, &principal, "sign-in", principal.user.as_str(), "ok")
    };
    state.store.write(begin).await?;
    Ok(state.pages.cookies.make(CookieKind::Session, secret))
}

/// Somebody at the pages, as the audit log knows callers. May do nothing: rights are those of tokens.
pub(super) fn principal_at_pages(call: Call, user: Id<kinds::User>, username: String) -> Result<Principal, Error> {
    Ok(Principal {
        user,
        username,
        email: String::new(),
        is_service: false,
        token: NO_TOKEN.parse()?,
        has_full_token: false,
        grants: Arc::new(Grants::default()),
        call,
    })
}

impl SignedIn {
    /// Writes to the audit log what this somebody tried and was not given, as far as that can be written.
    pub(super) async fn record_refusal(&self, request: &HttpRequest, action: &'static str, status: StatusCode) {
        let object: String = request.path().chars().take(LONGEST_OBJECT).collect();
        let written = match self.principal(request) {
            Ok(principal) => {
                let write = move |session: &mut Connection| {
                    store::audit::insert(session, &principal, action, &object, status.as_str())
                };
                self.state.store.write(write).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::error!(error = error.chain(), action, "A refused call could not be written to the audit log");
        }
    }

    pub(super) fn principal(&self, request: &HttpRequest) -> Result<Principal, Error> {
        principal_at_pages(call::begin(request), self.user.clone(), self.username.clone())
    }
}

impl FromRequest for SignedIn {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let next = || request.uri().path_and_query().map_or(HOME, |it| it.as_str()).to_owned();
            find_session(&request).await?.ok_or_else(|| Refusal::SignInFirst { next: next() })
        })
    }
}

impl FromRequest for SignedInForm {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            refuse_foreign(&request, &state_of(&request)?.config.public_url)?;
            let form = Form::read(&request, payload).await?;
            let who = find_session(&request).await?;
            let who = who.ok_or_else(|| Refusal::SignInFirst { next: HOME.to_owned() })?;
            if !seal::same(form.get(FORM_TOKEN).as_bytes(), who.form_token.as_bytes()) {
                return Err(foreign());
            }
            Ok(Self { who, form })
        })
    }
}
