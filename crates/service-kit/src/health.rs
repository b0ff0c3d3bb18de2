//! Liveness: the event loop answers. Touches no dependency, so that a database outage restarts nothing.

use actix_web::HttpResponse;

/// `GET /healthz`
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok")
}
