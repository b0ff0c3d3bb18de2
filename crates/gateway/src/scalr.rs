//! The Scalr API under `/api/iacp/v3` (wire-spec 11 to 15). Every URL of it is in `urls.rs`.

mod access;
mod account_view;
mod accounts;
mod create_environment;
mod create_module;
mod create_module_namespace;
mod create_vcs_provider;
mod delete_environment;
mod delete_module;
mod delete_module_namespace;
mod delete_vcs_provider;
mod document;
mod envelope;
mod environment_view;
mod filters;
mod list_accounts;
mod list_environments;
mod list_module_namespaces;
mod list_modules;
mod list_vcs_providers;
mod list_versions;
mod module_filter;
mod module_namespace_access;
mod module_namespace_view;
mod module_set;
mod module_view;
mod read_account;
mod read_environment;
mod read_module;
mod read_module_namespace;
mod read_vcs_provider;
mod read_version;
mod relations;
mod resync_module;
mod resync_version;
mod revision_view;
mod scope_face;
mod update_account;
mod update_environment;
mod update_module_namespace;
mod update_vcs_provider;
mod urls;
mod user_view;
mod vcs_provider_access;
mod vcs_provider_view;
mod vcs_type;
mod version_set;
mod version_view;
mod wanted_vcs_provider;

use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    json_api::{answer, attempt, query},
    rate_limit,
    route::register,
};

/// Registers everything under `/api/iacp/v3`.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(
        web::scope(document::PREFIX)
            .configure(|api| register(urls::sections(), api))
            .default_service(web::to(answer::nothing_here))
            .wrap(from_fn(attempt::record_refusals))
            .wrap(from_fn(query::refuse_nul))
            .wrap(from_fn(rate_limit::limit_calls))
            // Outside of all, since each of the others may refuse.
            .wrap(from_fn(envelope::dress)),
    );
}
