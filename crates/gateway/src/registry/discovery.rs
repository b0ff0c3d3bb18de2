//! `GET /.well-known/terraform.json`

use actix_web::HttpResponse;

/// Only what is served. Paths, so that it is right under any name and port.
const SERVICES: &str = r#"{"modules.v1":"/api/registry/v1/modules/","tfe.v2":"/api/v2/","tfe.v2.1":"/api/v2/","tfe.v2.2":"/api/v2/","iacp.v3":"/api/iacp/v3/","login.v1":{"client":"terraform-cli","grant_types":["authz_code"],"authz":"/oauth/authorization","token":"/oauth/token","ports":[10000,10010]}}"#;

/// Needs no token, and does not look at one.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(SERVICES)
}
