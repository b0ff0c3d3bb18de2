//! `POST /oauth/token` (wire-spec 2.2, step 2)

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Call, Error, Id, Rights, kinds};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{
    Connection, audit,
    login_codes::{self, Code, Taken},
    tokens::{self, NewToken},
    users,
};

use super::{
    authorization::only,
    form::{Form, NoForm},
    list_tokens::day,
    signed_in::principal_at_pages,
};
use crate::{call, state::State};

/// The same for every reason: whoever holds a code that is not theirs learns nothing.
const BAD_GRANT: (&str, &str) =
    ("invalid_grant", "the code is unknown, used or expired, or was made for another request");

/// A token for a code: once, soon, and for the client that asked.
pub(super) async fn redeem(request: HttpRequest, state: Data<State>, body: Payload) -> HttpResponse {
    let proof = match read(&request, body).await {
        Ok(proof) => proof,
        Err((error, description)) => return refuse(StatusCode::BAD_REQUEST, error, description),
    };
    match exchange(&request, &state, proof).await {
        Ok(Some(token)) => HttpResponse::Ok()
            .content_type("application/json")
            .body(json!({"access_token": token, "token_type": "bearer"}).to_string()),
        Ok(None) => refuse(StatusCode::BAD_REQUEST, BAD_GRANT.0, BAD_GRANT.1),
        Err(error) if error.is_transient() => {
            tracing::warn!(error = error.chain(), "A code could not be exchanged for now");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "please try again in a moment")
        }
        Err(Error::Conflict { what }) => refuse(StatusCode::BAD_REQUEST, "access_denied", &what),
        Err(error) => {
            tracing::error!(error = error.chain(), "A code could not be exchanged");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the log of the server says more")
        }
    }
}

/// What a client brings, in a form that a right one has.
struct Proof {
    code: String,
    client: String,
    redirect_uri: String,
    verifier: String,
}

async fn read(request: &HttpRequest, body: Payload) -> Result<Proof, (&'static str, &'static str)> {
    let invalid = |description| ("invalid_request", description);
    let form = Form::read(request, body.into_inner()).await.map_err(|cause| match cause {
        NoForm::MediaType => invalid("the body must be application/x-www-form-urlencoded"),
        NoForm::TooLarge | NoForm::Unreadable => invalid("the body cannot be read"),
    })?;
    let field = |name| only(&form.pairs, name).filter(|value| !value.is_empty()).map(str::to_owned);
    let grant = field("grant_type").ok_or(invalid("grant_type is required, once"))?;
    if grant != "authorization_code" {
        return Err(("unsupported_grant_type", "grant_type must be authorization_code"));
    }
    let verifier = field("code_verifier").ok_or(invalid("code_verifier is required, once"))?;
    if !is_verifier(&verifier) {
        return Err(invalid("code_verifier must have 43 to 128 letters, digits, `-`, `.`, `_` or `~`"));
    }
    Ok(Proof {
        code: field("code").ok_or(invalid("code is required, once"))?,
        client: field("client_id").ok_or(invalid("client_id is required, once"))?,
        redirect_uri: field("redirect_uri").ok_or(invalid("redirect_uri is required, once"))?,
        verifier,
    })
}

/// RFC 7636. That of the CLIs is a UUID, a dot and a number.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Proof {
    /// Whether `code` was made for this client, and it is the one that asked.
    fn fits(&self, code: &Code) -> bool {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        seal::same(challenge.as_bytes(), code.challenge.as_bytes())
            & seal::same(self.client.as_bytes(), code.client.as_bytes())
            & seal::same(self.redirect_uri.as_bytes(), code.redirect_uri.as_bytes())
    }
}

/// The new token; `None` if the code is not good, or no longer. Whatever is wrong uses the code up, and a second use
/// revokes what came of the first: one of the two was a thief's.
async fn exchange(request: &HttpRequest, state: &State, proof: Proof) -> Result<Option<String>, Error> {
    let new = state.config.token_key.new_token()?;
    let hash = state.config.token_key.hash(&format!("code|{}", proof.code));
    let life = state.config.sign_in.login_token_life.map(|life| i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
    let (call, token_hash) = (call::begin(request), new.hash);
    let wanted = hash.clone();
    // Strangers cost no transaction.
    if !state.store.read(move |session| login_codes::is_known(session, &wanted)).await? {
        return Ok(None);
    }
    let exchange = move |session: &mut Connection| {
        let code = match login_codes::take(session, &hash)? {
            Taken::Fresh(code) => code,
            Taken::Used(Some(token)) => {
                tracing::warn!(token = token.as_str(), "The code of a sign-in was used again: its token is revoked");
                revoke_for_reuse(session, call, &token)?;
                return Ok(false);
            }
            Taken::Used(None) | Taken::Missing => return Ok(false),
        };
        let user = users::load(session, &code.user)?;
        if !proof.fits(&code) || user.disabled_at.is_some() {
            return Ok(false);
        }
        let now = store::now(session)?;
        let new = NewToken {
            description: &format!("login of {} {}", code.client, day(now)),
            // As much as the user may do, now and later.
            rights: Rights::Admin,
            scopes: None,
            expires_at: life.map(|life| now.saturating_add(life)),
            hash: &token_hash,
        };
        let token = tokens::insert_for_user(session, &user.id, &new)?;
        login_codes::set_token(session, &hash, &token)?;
        let principal = principal_at_pages(call, user.id, user.username)?;
        audit::insert(session, &principal, "create-token", token.as_str(), "ok")?;
        Ok(true)
    };
    let is_granted = state.store.write(exchange).await?;
    Ok(is_granted.then(|| new.clear.reveal().to_owned()))
}

fn revoke_for_reuse(session: &mut Connection, call: Call, token: &Id<kinds::Token>) -> Result<(), Error> {
    let known = match tokens::load(session, token) {
        Err(Error::NotFound { .. }) => return Ok(()),
        known => known?,
    };
    tokens::revoke(session, token)?;
    let user = users::load(session, &known.user_id)?;
    let principal = principal_at_pages(call, user.id, user.username)?;
    audit::insert(session, &principal, "revoke-token", &format!("{token} whose code was used again"), "ok")
}

fn refuse(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        .body(json!({"error": error, "error_description": description}).to_string())
}
