//! The registry protocol of the CLIs and the browse API (wire-spec 2.1, 3, 4). Every URL of it is in `urls.rs`.

mod count_downloads;
mod detail;
mod discovery;
mod download;
mod download_latest;
mod list_item;
mod list_modules;
mod list_namespace;
mod list_providers;
mod list_query;
mod list_versions;
mod listing;
mod location;
mod module_path;
mod search_modules;
mod shapes;
mod show_module;
mod urls;

pub(crate) use count_downloads::DownloadCounts;

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, HeaderValue},
    middleware::from_fn,
    web::{ServiceConfig, scope, to},
};
use bytes::Bytes;
use domain::Error;
use service_kit::RegistryError;

use crate::{
    openapi, rate_limit,
    route::{Section, register},
};

/// Registers the protocol, and what stands beside it.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(
        scope(urls::PREFIX)
            .configure(|protocol| register(vec![urls::modules()], protocol))
            .default_service(to(not_found))
            .wrap(from_fn(rate_limit::limit_failed_logins)),
    );
    register(vec![urls::beside()], app);
}

/// `GET /api/registry/v1/openapi.json`: the same for everybody, always.
async fn describe() -> HttpResponse {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
        let sections: [Section; 2] = [urls::beside(), urls::modules()];
        openapi::write(&urls::API, &sections)
    });
    json(DOCUMENT.clone())
}

/// What no route fits, such as empty segments, looks like a module that is not there.
async fn not_found() -> Result<HttpResponse, RegistryError> {
    Err(Error::not_found("Module").into())
}

fn json(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
}
