//! `GET /api/v2/organizations/{org}`

use actix_web::HttpResponse;
use serde_json::json;
use service_kit::JsonApiError;

use super::{answer, json_object::set, organization_view, query::Query};
use crate::caller::{Caller, Reader};

/// Values of `include` for organizations.
pub(super) const INCLUDES: [&str; 1] = ["entitlement_set"];

/// One organization.
pub(super) async fn read(
    Caller(principal): Caller,
    reader: Reader,
    query: Query,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&INCLUDES)?;
    let mut document = organization_view::document(&reader.scope, &principal);
    if query.wants("entitlement_set") {
        set(&mut document, "included", json!([organization_view::entitlement_set(&reader.scope)]));
    }
    Ok(answer::ok(&document))
}
