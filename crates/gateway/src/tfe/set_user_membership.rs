//! `PUT /api/v2/admin/users/{user}/memberships/{org}`: ours.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use domain::{Id, Rights, kinds};
use serde_json::json;
use service_kit::JsonApiError;
use store::{memberships, users};

use super::{answer, attempt::record_success, body::Body};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "set-membership";

/// Gives a user rights in an organization, instead of those that it had there.
pub(super) async fn set(
    owner: Owner,
    request: HttpRequest,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id = user_of(&request)?;
    let rights: Rights = body.attributes().await?.required("rights")?;
    let Owner { principal, scope } = owner;
    let document = state
        .store
        .write(move |session| {
            let user = users::load_person(session, &id)?;
            let membership = memberships::set(session, &id, Some(&scope.id), rights)?;
            let object = format!("{id} {} {} {}", user.username, scope.name, rights.as_str());
            record_success(session, &principal, ACTION, &object)?;
            Ok(json!({"data": {
                "id": membership.as_str(),
                "type": "memberships",
                "attributes": {"rights": rights.as_str()},
                "relationships": {
                    "user": {"data": {"id": id.as_str(), "type": "users"}},
                    "organization": {"data": {"id": scope.name.as_str(), "type": "organizations"}},
                },
            }}))
        })
        .await?;
    Ok(answer::ok(&document))
}

/// The user that the path names.
pub(super) fn user_of(request: &HttpRequest) -> Result<Id<kinds::User>, JsonApiError> {
    Ok(request.match_info().get("user").unwrap_or_default().parse()?)
}
