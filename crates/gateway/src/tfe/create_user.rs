//! `POST /api/v2/admin/users`: ours.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use domain::{Error, Rights};
use seal::Secret;
use service_kit::JsonApiError;
use store::{
    memberships,
    users::{self, NewUser, SERVICE_PREFIX},
};

use super::{answer, attempt::record_success, attributes::Attributes, body::Body, user_view::UserView};
use crate::{caller::Administrator, state::State};

pub(super) const ACTION: &str = "create-user";

const LONGEST_NAME: usize = 64;

/// Makes a user, who may do nothing yet unless it is an administrator, and who can sign in if it has a password.
pub(super) async fn create(
    Administrator { principal }: Administrator,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let username = username_from(&attributes)?.to_owned();
    let email = email_from(&attributes)?.to_owned();
    let is_administrator = attributes.optional_bool("is-admin")?.unwrap_or_default();
    let password_hash = hash_password(&attributes).await?;
    let view = state
        .store
        .write(move |session| {
            let password_hash = password_hash.as_deref();
            let new = NewUser { username: &username, email: &email, password_hash, ..NewUser::default() };
            let user = users::insert(session, &new)?;
            if is_administrator {
                memberships::set(session, &user.id, None, Rights::Admin)?;
            }
            record_success(session, &principal, ACTION, &format!("{} {}", user.id, user.username))?;
            UserView::load(session, user)
        })
        .await
        .map_err(|error| match error {
            Error::AlreadyExists { .. } => attributes.at("username", error),
            other => other.into(),
        })?;
    Ok(answer::created(&view.document()))
}

fn username_from(attributes: &Attributes) -> Result<&str, JsonApiError> {
    let name = "username";
    let username = attributes.required_string(name)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
    if username.len() > LONGEST_NAME || !username.bytes().all(is_plain) {
        return Err(attributes.refuse(name, "must be at most 64 letters, digits, or - _ . @ +"));
    }
    if username.to_ascii_lowercase().starts_with(SERVICE_PREFIX) {
        return Err(attributes.refuse(name, "must not begin like the users of organizations"));
    }
    Ok(username)
}

/// Nothing is ever sent there, so only what cannot be an address is refused.
fn email_from(attributes: &Attributes) -> Result<&str, JsonApiError> {
    match attributes.non_empty_string("email")? {
        Some(email) if !email.contains('@') || email.contains(char::is_whitespace) || email.len() > 254 => {
            Err(attributes.refuse("email", "must be an e-mail address"))
        }
        email => Ok(email.unwrap_or_default()),
    }
}

/// Where blocking is allowed, since it takes a while on purpose.
async fn hash_password(attributes: &Attributes) -> Result<Option<String>, JsonApiError> {
    let name = "password";
    let Some(password) = attributes.optional_string(name)?.map(Secret::new) else { return Ok(None) };
    let hashed = web::block(move || seal::password::hash(&password)).await;
    match hashed.map_err(|source| Error::internal("hashing a password", source))? {
        Err(error @ Error::Invalid { .. }) => Err(attributes.at(name, error)),
        hash => Ok(Some(hash?)),
    }
}
