//! `PATCH /api/iacp/v3/accounts/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Namespace, kinds};
use serde_json::{Map, Value, json};
use service_kit::JsonApiError;
use store::scopes::{self, ACCOUNT, Changes};

use super::{
    access::{check, load_scope},
    account_view::{self, ALLOWED_IPS},
    document,
};
use crate::{
    caller::Caller,
    json_api::{answer, attempt::record_success, attributes::Attributes, body::Body},
    state::State,
};

pub(super) const ACTION: &str = "update-organization";

/// More than any address with the length of its network.
const LONGEST_IP: usize = 64;

/// Changes what is given. With another name, modules have other addresses; the old ones go on until somebody else takes it.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let attributes = body.attributes().await?;
    let name = name_from(&attributes)?;
    let ips = attributes.optional_strings(ALLOWED_IPS)?;
    if ips.iter().flatten().any(|ip| ip.len() > LONGEST_IP) {
        return Err(attributes.refuse(ALLOWED_IPS, "must be addresses or networks of at most 64 characters"));
    }
    let ips = ips.map(|ips| json!(ips));
    let scope = state
        .store
        .write(move |session| {
            let scope = load_scope::<kinds::Account>(session, &principal, ACCOUNT, &id)?;
            check(&principal, Action::Own, &scope.id)?;
            let mut scope = scopes::load_for_update(session, &scope.id)?;
            if let Some(ips) = ips {
                let mut settings: Map<String, Value> = serde_json::from_str(&scope.settings).unwrap_or_default();
                settings.insert(ALLOWED_IPS.to_owned(), ips);
                let settings = Value::Object(settings).to_string();
                scope = scopes::update(session, &scope, &Changes { settings: Some(&settings), ..Changes::default() })?;
            }
            if let Some(name) = name.filter(|name| *name != scope.name) {
                scope = scopes::rename(session, &scope, &name)?;
            }
            let object = format!("{} {}", scope.id, scope.name);
            record_success(session, &principal.about(&scope.id), ACTION, &object)?;
            Ok(scope)
        })
        .await
        .map_err(|error| point_at_name(&attributes, error))?;
    Ok(answer::ok(&document::one(account_view::resource(&scope, &state.config.public_url), None)))
}

/// Another name, if one is given.
pub(super) fn name_from(attributes: &Attributes) -> Result<Option<Namespace>, JsonApiError> {
    let name = attributes.optional_string("name")?.map(str::parse).transpose();
    name.map_err(|error| attributes.at("name", error))
}

/// What can only be wrong with a name.
pub(super) fn point_at_name(attributes: &Attributes, error: domain::Error) -> JsonApiError {
    match error {
        domain::Error::AlreadyExists { .. } => attributes.at("name", error),
        other => other.into(),
    }
}
