//! The Terraform Enterprise API under `/api/v2` (wire-spec 5 to 9): every URL of it.

mod account_details;
mod answer;
mod attempt;
mod attributes;
mod body;
mod connection_view;
mod create_connection;
mod create_module;
mod create_module_from_git;
mod create_organization;
mod create_version;
mod delete_module;
mod delete_version;
mod full_module;
mod json_object;
mod list_connections;
mod list_modules;
mod list_organizations;
mod list_versions;
mod module_path;
mod module_view;
mod organization_view;
mod page;
mod ping;
mod query;
mod read_connection;
mod read_entitlement_set;
mod read_module;
mod read_module_by_id;
mod read_organization;
mod read_version;
mod resync_module;
mod version_view;

use actix_web::{
    Resource, guard,
    http::Method,
    middleware::{DefaultHeaders, from_fn},
    web::{self, ServiceConfig, get},
};

use attempt::Attempt;

/// Registers everything under `/api/v2`.
pub(crate) fn routes(app: &mut ServiceConfig) {
    let headers = DefaultHeaders::new().add(("TFP-API-Version", "2.6")).add(("TFP-AppName", "Quarry"));
    app.service(
        web::scope("/api/v2")
            .route("/ping", get().to(ping::ping))
            .route("/account/details", get().to(account_details::read))
            .configure(organizations)
            .configure(connections)
            .configure(modules)
            .configure(versions)
            .default_service(web::to(answer::nothing_here))
            .wrap(from_fn(attempt::record_refusals))
            .wrap(from_fn(query::refuse_nul))
            .wrap(headers),
    );
}

fn organizations(api: &mut ServiceConfig) {
    api.route("/organizations", get().to(list_organizations::list))
        .service(changes(Method::POST, "/organizations", create_organization::ACTION).to(create_organization::create))
        .route("/organizations/{org}", get().to(read_organization::read))
        .route("/organizations/{org}/entitlement-set", get().to(read_entitlement_set::read));
}

fn connections(api: &mut ServiceConfig) {
    let of_organization = "/organizations/{org}/oauth-clients";
    api.route(of_organization, get().to(list_connections::list))
        .service(changes(Method::POST, of_organization, create_connection::ACTION).to(create_connection::create))
        .route("/oauth-clients/{id}", get().to(read_connection::read));
}

fn modules(api: &mut ServiceConfig) {
    let all = "/organizations/{org}/registry-modules";
    let from_git = "/organizations/{org}/registry-modules/vcs";
    let name = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}";
    let module = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}";
    let old_name = "/registry-modules/actions/delete/{org}/{name}";
    let old_module = "/registry-modules/actions/delete/{org}/{name}/{provider}";
    let creates = |path, action| changes(Method::POST, path, action);
    api.route(all, get().to(list_modules::list))
        .service(creates(all, create_module::ACTION).to(create_module::create))
        .service(creates(from_git, create_module_from_git::ACTION).to(create_module_from_git::create))
        .service(
            creates("/registry-modules", create_module_from_git::ACTION)
                .to(create_module_from_git::create_without_organization),
        )
        .route(module, get().to(read_module::read))
        .route("/registry-modules/show/{org}/{name}/{provider}", get().to(read_module::read))
        .route("/registry-modules/{id}", get().to(read_module_by_id::read))
        .service(
            changes(Method::POST, "/registry-modules/{id}/actions/resync", resync_module::ACTION)
                .to(resync_module::resync),
        );
    for (method, path) in
        [(Method::DELETE, name), (Method::DELETE, module), (Method::POST, old_name), (Method::POST, old_module)]
    {
        api.service(changes(method, path, delete_module::ACTION).to(delete_module::delete));
    }
}

fn versions(api: &mut ServiceConfig) {
    let versions = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/versions";
    let one = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/version";
    let named = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/{version}";
    let old_named = "/registry-modules/actions/delete/{org}/{name}/{provider}/{version}";
    let old_versions = "/registry-modules/{org}/{name}/{provider}/versions";
    api.route(versions, get().to(list_versions::list)).route(one, get().to(read_version::read));
    for (method, path) in [(Method::DELETE, named), (Method::POST, old_named)] {
        api.service(changes(method, path, delete_version::ACTION).to(delete_version::delete));
    }
    for path in [versions, old_versions] {
        api.service(changes(Method::POST, path, create_version::ACTION).to(create_version::create));
    }
}

/// A URL that changes something: what is refused there is written to the audit log as `action`.
fn changes(method: Method, path: &str, action: &'static str) -> Resource {
    web::resource(path).guard(guard::Method(method)).app_data(Attempt(action))
}
