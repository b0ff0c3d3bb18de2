//! `POST /api/v2/organizations/{org}/registry-modules`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, ModuleName, Provider, Publishing};
use service_kit::JsonApiError;
use store::{
    modules::{self, NewModule},
    scopes::Scope,
};

use super::{
    answer, attempt::record_success, attributes::Attributes, body::Body, full_module::FullModule,
    module_view::ModuleView,
};
use crate::{caller::Publisher, state::State};

pub(super) const ACTION: &str = "create-module";

/// Makes a module whose versions will be uploaded.
pub(super) async fn create(publisher: Publisher, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let name: ModuleName = attributes.required("name")?;
    let provider: Provider = attributes.required("provider")?;
    let no_code = attributes.optional_bool("no-code")?.unwrap_or_default();
    check_registry(&attributes, &publisher.scope)?;
    let (owner, scope) = (publisher.principal.clone(), publisher.scope.clone());
    let full = state
        .store
        .write(move |session| {
            let new = NewModule {
                created_by: Some(&owner.user),
                no_code,
                ..NewModule::new(&scope, &name, &provider, Publishing::Upload)
            };
            let module = modules::insert(session, &new)?;
            record_success(session, &owner, ACTION, &format!("{} {}", module.id, module.address()))?;
            FullModule::load(session, module)
        })
        .await
        .map_err(|error| match error {
            Error::AlreadyExists { .. } => attributes.at("name", error),
            other => other.into(),
        })?;
    let Publisher { principal, scope } = &publisher;
    let view = ModuleView { public_url: &state.config.public_url, principal, scope };
    Ok(answer::created(&view.document(&full)))
}

fn check_registry(attributes: &Attributes, scope: &Scope) -> Result<(), JsonApiError> {
    if attributes.non_empty_string("registry-name")?.is_some_and(|registry| registry != "private") {
        return Err(attributes.refuse("registry-name", "must be private; public modules are not offered"));
    }
    let is_other = |namespace: &str| !scope.name.as_str().eq_ignore_ascii_case(namespace);
    if attributes.non_empty_string("namespace")?.is_some_and(is_other) {
        return Err(attributes.refuse("namespace", "must be absent or the name of the organization"));
    }
    Ok(())
}
