//! Probes. Liveness: the event loop answers; it touches no dependency, so that a database outage restarts nothing.
//! Readiness: whether requests should come here now.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};

use crate::{Readiness, Ready};

/// Registers `/healthz` and `/readyz`, each for `GET` and `HEAD`.
pub fn configure_health(readiness: &Readiness, app: &mut web::ServiceConfig) {
    app.service(web::resource("/healthz").route(web::get().to(healthz)).route(web::head().to(healthz)));
    app.service(
        web::resource("/readyz")
            .app_data(Data::new(readiness.clone()))
            .route(web::get().to(readyz))
            .route(web::head().to(readyz)),
    );
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok")
}

async fn readyz(readiness: Data<Readiness>) -> HttpResponse {
    let text = match readiness.ask().await {
        Ready::Yes => return HttpResponse::Ok().content_type("text/plain").body("ready"),
        Ready::Stopping => "stopping".to_owned(),
        Ready::Waiting(missing) => format!("waiting for {}", missing.join(", ")),
    };
    HttpResponse::ServiceUnavailable().content_type("text/plain").body(text)
}
