//! Liveness: the event loop answers. Touches no dependency, so that a database outage restarts nothing.

use actix_web::{HttpResponse, web};

/// Registers `GET /healthz`, and `HEAD` for probes that ask so.
pub fn configure_health(app: &mut web::ServiceConfig) {
    app.service(web::resource("/healthz").route(web::get().to(healthz)).route(web::head().to(healthz)));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok")
}
