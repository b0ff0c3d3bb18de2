//! The registry protocol of the CLIs and the browse API (wire-spec 2.1, 3, 4).
pub(crate) fn routes(_app: &mut actix_web::web::ServiceConfig) {}
