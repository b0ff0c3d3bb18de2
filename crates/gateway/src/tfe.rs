//! The Terraform Enterprise API under `/api/v2` (wire-spec 5 to 9). Every URL of it is in `urls.rs`.

mod accept_moved_tag;
mod account_details;
mod act_on_user;
mod connection_access;
mod connection_projects;
mod connection_view;
mod create_connection;
mod create_module;
mod create_module_from_git;
mod create_organization;
mod create_organization_token;
mod create_service_token;
mod create_user;
mod create_user_token;
mod create_version;
mod delete_connection;
mod delete_module;
mod delete_oauth_token;
mod delete_organization;
mod delete_organization_token;
mod delete_token;
mod delete_user;
mod delete_version;
mod github_app_installations;
mod list_audit_entries;
mod list_commits;
mod list_connection_tokens;
mod list_connections;
mod list_modules;
mod list_oauth_tokens;
mod list_organizations;
mod list_service_tokens;
mod list_tag_bindings;
mod list_user_tokens;
mod list_users;
mod list_versions;
mod list_webhook_deliveries;
mod make_token;
mod make_webhook_secret;
mod module_access;
mod module_path;
mod module_source;
mod module_view;
mod organization_view;
mod ping;
mod public_key;
mod read_connection;
mod read_entitlement_set;
mod read_module;
mod read_module_by_id;
mod read_oauth_token;
mod read_organization;
mod read_organization_token;
mod read_token;
mod read_version;
mod remove_user_membership;
mod resync_module;
mod resync_version;
mod set_user_membership;
mod tag_bindings;
mod test_config;
mod token_view;
mod update_connection;
mod update_module;
mod update_oauth_token;
mod update_organization;
mod update_version;
mod urls;
mod user_view;
mod validate_module;
mod version_tag_filter;
mod version_view;
mod wanted_token;

use actix_web::{
    middleware::{DefaultHeaders, from_fn},
    web::{self, ServiceConfig},
};

use crate::{
    full_module, host,
    json_api::{answer, attempt, attributes, body, connection_secret, json_object, page, query},
    rate_limit,
    route::register,
};

/// Registers everything under `/api/v2`.
pub(crate) fn routes(app: &mut ServiceConfig) {
    let headers = DefaultHeaders::new().add(("TFP-API-Version", "2.6")).add(("TFP-AppName", "Quarry"));
    app.service(
        web::scope(urls::PREFIX)
            .configure(|api| register(urls::sections(), api))
            .default_service(web::to(answer::nothing_here))
            .wrap(from_fn(attempt::record_refusals))
            .wrap(from_fn(query::refuse_nul))
            // Inside of the headers, so that a refusal has them, too.
            .wrap(from_fn(rate_limit::limit_calls))
            .wrap(headers),
    );
}
