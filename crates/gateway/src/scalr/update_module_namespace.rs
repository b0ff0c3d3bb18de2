//! `PATCH /api/iacp/v3/module-namespaces/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::Action;
use service_kit::JsonApiError;
use store::{
    namespace_shares,
    scopes::{self, Changes},
};

use super::{
    accounts, document,
    module_namespace_access::{Wanted, load},
    module_namespace_view::resource,
};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, body::Body},
    state::State,
};

pub(super) const ACTION: &str = "update-module-namespace";

/// Changes who may use a module namespace. What is in it stays.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let wanted = Wanted::parse(&attributes, &relationships)?;
    let public_url = state.config.public_url.clone();
    let changed = state
        .store
        .write(move |session| {
            let (scope, account) = load(session, &principal, Action::Own, &id)?;
            let mut scope = scopes::load_for_update(session, &scope.id)?;
            if let Err(refusal) = accounts::check_stays(&scope, &wanted.account) {
                return Ok(Err(refusal));
            }
            match wanted.find_environments(session, &principal, &account)? {
                Ok(Some(environments)) => namespace_shares::set(session, &scope.id, &environments)?,
                Ok(None) => {}
                Err(refusal) => return Ok(Err(refusal)),
            }
            let changes = Changes { is_shared: wanted.is_shared, ..Changes::default() };
            scope = scopes::update(session, &scope, &changes)?;
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&account.id), ACTION, &object)?;
            resource(session, (&principal, &public_url), &scope).map(Ok)
        })
        .await??;
    Ok(answer::ok(&document::one(changed, None)))
}
