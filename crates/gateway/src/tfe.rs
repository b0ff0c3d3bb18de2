//! The Terraform Enterprise API under `/api/v2` (wire-spec 5 to 9).
pub(crate) fn routes(_app: &mut actix_web::web::ServiceConfig) {}
