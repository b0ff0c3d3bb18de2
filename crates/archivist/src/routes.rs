//! Every URL the archivist answers. Nothing is registered anywhere else.

use actix_web::{
    HttpResponse,
    http::header::ALLOW,
    web::{self, Data, ServiceConfig},
};

use crate::{Archivist, receive, send};

/// Registers the archivist's URLs and its state.
pub fn configure(archivist: &Archivist, app: &mut ServiceConfig) {
    // What follows the token is for people and for clients that go by the end of a name. The last one is what clients of the
    // Scalr API are given.
    let object = web::resource(["/v1/object/{token}", "/v1/object/{token}/{file:.*}", "/api/tfe/v1/blobs/{token}"])
        .app_data(Data::from(std::sync::Arc::clone(&archivist.state)))
        .route(web::get().to(send::send))
        .route(web::head().to(send::describe))
        .route(web::put().to(receive::receive))
        .default_service(web::to(refuse));
    app.service(object);
}

async fn refuse() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD, PUT"))
        .content_type("application/json")
        .body(r#"{"errors":["method not allowed"]}"#)
}
