//! `GET /api/v2/organizations/{org}/entitlement-set`

use actix_web::HttpResponse;
use serde_json::json;

use super::{answer, organization_view};
use crate::caller::Reader;

/// Which parts of TFE the organization has here.
pub(super) async fn read(reader: Reader) -> HttpResponse {
    answer::ok(&json!({"data": organization_view::entitlement_set(&reader.scope)}))
}
