//! `POST /api/v2/organizations`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Namespace};
use service_kit::JsonApiError;
use store::scopes::{self, NewScope};

use super::{
    answer,
    attempt::record_success,
    attributes::Attributes,
    body::Body,
    organization_view::{self, merge, point_at, settings_from},
};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "create-organization";

/// Makes an account. Whoever may not is told what he would be told if there were no such URL.
pub(super) async fn create(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    if !principal.may_make_scopes() {
        return Err(Error::not_found("Organization").into());
    }
    let attributes = body.attributes().await?;
    let name: Namespace = attributes.required("name")?;
    let email = email_from(&attributes)?.unwrap_or_default().to_owned();
    let settings = settings_from(&attributes)?;
    let owner = principal.clone();
    let scope = state
        .store
        .write(move |session| {
            let settings = merge("{}", settings)?;
            let new = NewScope {
                email: &email,
                settings: &settings,
                created_by: Some(&owner.user),
                ..NewScope::account(&name)
            };
            let scope = scopes::insert(session, &new)?;
            record_success(session, &owner.about(&scope.id), ACTION, &format!("{} {}", scope.id, scope.name))?;
            Ok(scope)
        })
        .await
        .map_err(|error| point_at(&attributes, error))?;
    Ok(answer::created(&organization_view::document(&scope, &principal)))
}

/// Nothing is ever sent there, so only what cannot be an address is refused. `None`: none was given.
pub(super) fn email_from(attributes: &Attributes) -> Result<Option<&str>, JsonApiError> {
    match attributes.optional_string("email")? {
        Some("") => Ok(Some("")),
        Some(email) if !email.contains('@') || email.contains(char::is_whitespace) || email.len() > 254 => {
            Err(attributes.refuse("email", "must be an e-mail address"))
        }
        email => Ok(email),
    }
}
