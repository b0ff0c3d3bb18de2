//! The registry protocol of the CLIs and the browse API (wire-spec 2.1, 3, 4), and every URL of it.

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
mod show_module;

pub(crate) use count_downloads::DownloadCounts;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, HeaderValue},
    web::{ServiceConfig, get, scope, to},
};
use bytes::Bytes;
use domain::Error;
use service_kit::RegistryError;

/// The first that fits wins: literal segments stand before `{version}`, and what `init` asks for before all the rest.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.route("/.well-known/terraform.json", get().to(discovery::show)).service(
        scope("/api/registry/v1/modules")
            .route("/{namespace}/{name}/{provider}/versions", get().to(list_versions::list))
            .route("/{namespace}/{name}/{provider}/{version}/download", get().to(download::download))
            .route("", get().to(list_modules::list))
            .route("/", get().to(list_modules::list))
            .route("/search", get().to(search_modules::search))
            .route("/{namespace}", get().to(list_namespace::list))
            .route("/{namespace}/{name}", get().to(list_providers::list))
            .route("/{namespace}/{name}/{provider}", get().to(show_module::show_latest))
            .route("/{namespace}/{name}/{provider}/download", get().to(download_latest::redirect))
            .route("/{namespace}/{name}/{provider}/{version}", get().to(show_module::show_version))
            .default_service(to(not_found)),
    );
}

/// What no route fits, such as empty segments, looks like a module that is not there.
async fn not_found() -> Result<HttpResponse, RegistryError> {
    Err(Error::not_found("Module").into())
}

fn json(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
}
