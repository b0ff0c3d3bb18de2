//! Where Git hosts tell that something happened (wire-spec 16).

mod receive;

pub(crate) use receive::ROOM;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig, get, post},
};

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(
        web::resource("/webhooks/vcs/{uuid}")
            .route(post().to(receive::receive))
            .route(get().to(HttpResponse::Ok))
            .default_service(web::to(HttpResponse::MethodNotAllowed)),
    );
}
