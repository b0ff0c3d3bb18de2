//! `POST /api/iacp/v3/module-namespaces`

use actix_web::{HttpResponse, web::Data};
use domain::Namespace;
use service_kit::JsonApiError;
use store::{
    namespace_shares,
    scopes::{self, MODULE_NAMESPACE, NewScope},
};

use super::{
    accounts, document, module_namespace_access::Wanted, module_namespace_view::resource, update_account::point_at_name,
};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, body::Body},
    state::State,
};

pub(super) const ACTION: &str = "create-module-namespace";

/// Makes a name that addresses of modules of an account can begin with.
pub(super) async fn create(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let name: Namespace = attributes.required("name")?;
    let wanted = Wanted::parse(&attributes, &relationships)?;
    let public_url = state.config.public_url.clone();
    let made = state
        .store
        .write(move |session| {
            let account = match accounts::find_own(session, &principal, &wanted.account)? {
                Ok(account) => scopes::load_for_update(session, &account.id)?,
                Err(refusal) => return Ok(Err(refusal)),
            };
            // Looked up before anything is made: a refusal takes nothing back.
            let environments = match wanted.find_environments(session, &principal, &account)? {
                Ok(environments) => environments,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let new = NewScope {
                kind: MODULE_NAMESPACE,
                is_shared: wanted.is_shared.unwrap_or_default(),
                parent: Some(&account.id),
                created_by: Some(&principal.user),
                ..NewScope::account(&name)
            };
            let scope = scopes::insert(session, &new)?;
            namespace_shares::set(session, &scope.id, &environments.unwrap_or_default())?;
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&account.id), ACTION, &object)?;
            resource(session, (&principal, &public_url), &scope).map(Ok)
        })
        .await;
    let made = made.map_err(|error| point_at_name(&attributes, error))??;
    Ok(answer::created(&document::one(made, None)))
}
