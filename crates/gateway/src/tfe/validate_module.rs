//! `GET /api/v2/organizations/{org}/registry-modules/validation`

use actix_web::{HttpResponse, web::Data};
use domain::{ModuleName, Provider};
use serde_json::json;
use service_kit::JsonApiError;
use store::modules;

use super::{answer, query::Query};
use crate::{caller::Reader, state::State};

/// Whether a module could be called so: 422 for what can be no name, and `valid: false` for one that is taken.
pub(super) async fn validate(
    Reader { scope }: Reader,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    let given = |name: &str| {
        query.find(name).map(str::to_owned).ok_or_else(|| JsonApiError::bad_request(format!("{name} is required")))
    };
    let name: ModuleName = given("name")?.parse()?;
    let provider: Provider = given("provider")?.parse()?;
    let (wanted, of) = (name.clone(), provider.clone());
    let taken = state.store.read(move |session| modules::find(session, scope.id.as_str(), &wanted, &of)).await?;
    let attributes = json!({
        "module-name": name.as_str(),
        "provider-name": provider.as_str(),
        "valid": taken.is_none(),
    });
    Ok(answer::ok(&json!({
        "data": {"id": "validation-1", "type": "registry-module-address-validations", "attributes": attributes},
    })))
}
