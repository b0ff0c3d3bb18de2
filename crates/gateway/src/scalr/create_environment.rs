//! `POST /api/iacp/v3/environments`

use actix_web::{HttpResponse, web::Data};
use domain::Namespace;
use service_kit::JsonApiError;
use store::scopes::{self, ENVIRONMENT, NewScope};

use super::{account_view, accounts, document, environment_view, relations, update_account::point_at_name};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, body::Body},
    state::State,
};

pub(super) const ACTION: &str = "create-environment";

/// Makes an environment of an account, whose rights go down to it.
pub(super) async fn create(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let name: Namespace = attributes.required("name")?;
    let account = relations::to_one(&relationships, "account", account_view::KIND)?;
    let made = state
        .store
        .write(move |session| {
            let account = match accounts::find_own(session, &principal, &account)? {
                Ok(account) => scopes::load_for_update(session, &account.id)?,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let new = NewScope {
                kind: ENVIRONMENT,
                parent: Some(&account.id),
                created_by: Some(&principal.user),
                ..NewScope::account(&name)
            };
            let scope = scopes::insert(session, &new)?;
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&account.id), ACTION, &object)?;
            Ok(Ok(scope))
        })
        .await;
    let scope = made.map_err(|error| point_at_name(&attributes, error))??;
    Ok(answer::created(&document::one(environment_view::resource(&scope, &state.config.public_url), None)))
}
