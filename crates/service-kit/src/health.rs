//! Liveness: the event loop answers. Touches no dependency, so that a database outage restarts nothing.

use actix_web::{HttpResponse, web};

/// Registers `GET /healthz`.
pub fn configure_health(app: &mut web::ServiceConfig) {
    app.route("/healthz", web::get().to(healthz));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok")
}
