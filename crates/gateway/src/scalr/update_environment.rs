//! `PATCH /api/iacp/v3/environments/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, kinds};
use service_kit::JsonApiError;
use store::scopes::{self, ENVIRONMENT};

use super::{
    access::{check, load_scope},
    document, environment_view,
    update_account::{name_from, point_at_name},
};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, body::Body},
    state::State,
};

pub(super) const ACTION: &str = "update-environment";

/// Gives an environment another name. Addresses with its id stay as they are.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let name = name_from(&attributes)?;
    let scope = state
        .store
        .write(move |session| {
            let scope = load_scope::<kinds::Environment>(session, &principal, ENVIRONMENT, &id)?;
            check(&principal, Action::Own, &scope.id)?;
            let mut scope = scopes::load_for_update(session, &scope.id)?;
            if let Some(name) = name.filter(|name| *name != scope.name) {
                scope = scopes::rename(session, &scope, &name)?;
            }
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&scope.id), ACTION, &object)?;
            Ok(scope)
        })
        .await
        .map_err(|error| point_at_name(&attributes, error))?;
    Ok(answer::ok(&document::one(environment_view::resource(&scope, &state.config.public_url), None)))
}
