//! One line for each route: what it is tried on, and what is sent. Who may call it, and what it answers then, stands in
//! the document.

use serde_json::{Value, json};

use crate::world::Subject;

/// What a call needs to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// The organization alone.
    Nothing,
    /// A module for uploads with a version without content.
    Version,
    /// A module that comes from a repository.
    GitModule,
    /// A published version of it.
    GitVersion,
    /// A module for uploads, by its id.
    Module,
    /// A published version whose tag is on another commit, by that commit.
    MovedVersion,
    /// A connection to a Git server, by its client face.
    Client,
    /// The same as the Scalr API has it.
    VcsProvider,
    /// The organization, as the Scalr API has it.
    Account,
    /// An environment of the organization.
    Environment,
    /// A module namespace of the organization.
    ModuleNamespace,
    /// The same by its token face.
    OauthToken,
    /// A connection that is a GitHub App.
    Installation,
    /// A service token of the organization.
    ServiceToken,
    /// The one token of the organization.
    OrganizationToken,
    /// A user of nobody.
    User,
    /// A user with rights in the organization.
    Member,
    /// The user who calls as the stranger of the matrix.
    Stranger,
}

/// A line: the operation, what it needs, what stands in the query, and the body.
pub(crate) type Line = (&'static str, Needs, &'static str, fn(&Subject) -> Value);

const NO_BODY: fn(&Subject) -> Value = |_| Value::Null;

fn attributes(attributes: Value) -> Value {
    json!({"data": {"attributes": attributes}})
}

fn connection() -> Value {
    json!({"service-provider": "git", "http-url": "https://git.acme.test", "api-url": "https://git.acme.test"})
}

fn from_git(it: &Subject) -> Value {
    let identifier = format!("p/terraform-aws-{}", it.fresh);
    attributes(json!({"vcs-repo": {"identifier": identifier, "oauth-token-id": it.id}}))
}

const NEW_VERSION: fn(&Subject) -> Value = |_| attributes(json!({"version": "9.0.0"}));
const TAGS: fn(&Subject) -> Value = |_| {
    let tag = json!({"type": "tag-bindings", "attributes": {"key": "team", "value": "net"}});
    json!({"data": {"relationships": {"tag-bindings": {"data": [tag]}}}})
};
const PROJECTS: fn(&Subject) -> Value = |_| json!({"data": [{"type": "projects", "id": "prj-1"}]});
const TOKEN: fn(&Subject) -> Value = |_| attributes(json!({"description": "matrix"}));

#[rustfmt::skip]
pub(crate) const TFE: &[Line] = &[
    ("ping", Needs::Nothing, "", NO_BODY),
    ("describe", Needs::Nothing, "", NO_BODY),
    ("read_account", Needs::Nothing, "", NO_BODY),

    ("list_organizations", Needs::Nothing, "", NO_BODY),
    ("create_organization", Needs::Nothing, "", |it| attributes(json!({"name": it.fresh}))),
    ("read_organization", Needs::Nothing, "", NO_BODY),
    ("update_organization", Needs::Nothing, "", |_| attributes(json!({"email": "new@acme.test"}))),
    ("delete_organization", Needs::Nothing, "", NO_BODY),
    ("read_entitlement_set", Needs::Nothing, "", NO_BODY),

    ("read_organization_token", Needs::OrganizationToken, "", NO_BODY),
    ("create_organization_token", Needs::Nothing, "", NO_BODY),
    ("delete_organization_token", Needs::OrganizationToken, "", NO_BODY),
    ("list_service_tokens", Needs::Nothing, "", NO_BODY),
    ("create_service_token", Needs::Nothing, "", TOKEN),
    ("list_user_tokens", Needs::Stranger, "", NO_BODY),
    ("create_user_token", Needs::Stranger, "", TOKEN),
    ("read_token", Needs::ServiceToken, "", NO_BODY),
    ("delete_token", Needs::ServiceToken, "", NO_BODY),

    ("list_users", Needs::Nothing, "", NO_BODY),
    ("create_user", Needs::Nothing, "", |it| attributes(json!({"username": it.fresh}))),
    ("delete_user", Needs::User, "", NO_BODY),
    ("act_on_user", Needs::User, "", NO_BODY),
    ("set_user_membership", Needs::User, "", |_| attributes(json!({"rights": "read"}))),
    ("remove_user_membership", Needs::Member, "", NO_BODY),
    ("list_audit_entries", Needs::Nothing, "", NO_BODY),
    ("list_organization_audit_entries", Needs::Nothing, "", NO_BODY),

    ("list_connections", Needs::Nothing, "", NO_BODY),
    ("create_connection", Needs::Nothing, "", |_| attributes(connection())),
    ("create_connection_without_organization", Needs::Nothing, "", |it| {
        let organization = json!({"data": {"type": "organizations", "id": it.org}});
        json!({"data": {"attributes": connection(), "relationships": {"organization": organization}}})
    }),
    ("read_connection", Needs::Client, "", NO_BODY),
    ("update_connection", Needs::Client, "", |_| attributes(json!({"name": "new"}))),
    ("delete_connection", Needs::Client, "", NO_BODY),
    ("add_connection_projects", Needs::Client, "", PROJECTS),
    ("remove_connection_projects", Needs::Client, "", PROJECTS),
    ("list_connection_tokens", Needs::Client, "", NO_BODY),
    ("list_oauth_tokens", Needs::Nothing, "", NO_BODY),
    ("read_oauth_token", Needs::OauthToken, "", NO_BODY),
    ("update_oauth_token", Needs::OauthToken, "", |_| attributes(json!({}))),
    ("delete_oauth_token", Needs::OauthToken, "", NO_BODY),
    ("list_github_app_installations", Needs::Nothing, "", NO_BODY),
    ("read_github_app_installation", Needs::Installation, "", NO_BODY),

    ("list_modules", Needs::Nothing, "", NO_BODY),
    ("create_module", Needs::Nothing, "", |it| attributes(json!({"name": it.fresh, "provider": "aws"}))),
    ("create_module_from_git", Needs::OauthToken, "", from_git),
    ("create_module_from_git_old", Needs::OauthToken, "", from_git),
    ("validate_module", Needs::Nothing, "?name=free&provider=aws", NO_BODY),
    ("read_module", Needs::Version, "", NO_BODY),
    ("read_module_with_slash", Needs::Version, "", NO_BODY),
    ("read_module_old", Needs::Version, "", NO_BODY),
    ("read_module_old_with_slash", Needs::Version, "", NO_BODY),
    ("update_module", Needs::Version, "", |_| attributes(json!({"no-code": true}))),
    ("update_module_with_slash", Needs::Version, "", TAGS),
    ("list_commits", Needs::GitModule, "", NO_BODY),
    ("read_module_by_id", Needs::GitModule, "", NO_BODY),
    ("list_module_tag_bindings", Needs::GitModule, "", NO_BODY),
    ("resync_module", Needs::GitModule, "", NO_BODY),
    ("make_webhook_secret", Needs::GitModule, "", NO_BODY),
    ("list_webhook_deliveries", Needs::GitModule, "", NO_BODY),
    ("delete_modules", Needs::Version, "", NO_BODY),
    ("delete_module", Needs::Version, "", NO_BODY),
    ("delete_modules_old", Needs::Version, "", NO_BODY),
    ("delete_module_old", Needs::Version, "", NO_BODY),

    ("list_versions", Needs::Version, "", NO_BODY),
    ("read_version", Needs::Version, "?module_version=1.0.0", NO_BODY),
    ("list_version_tag_bindings", Needs::Version, "", NO_BODY),
    ("update_version", Needs::Version, "", TAGS),
    ("resync_version", Needs::GitModule, "", NO_BODY),
    ("accept_moved_tag", Needs::MovedVersion, "", |it| attributes(json!({"commit-sha": it.id}))),
    ("delete_version", Needs::Version, "", NO_BODY),
    ("delete_version_old", Needs::Version, "", NO_BODY),
    ("create_version", Needs::Version, "", NEW_VERSION),
    ("create_version_old", Needs::Version, "", NEW_VERSION),
];

fn of_account(attributes: Value, it: &Subject) -> Value {
    let account = json!({"data": {"type": "accounts", "id": it.id}});
    json!({"data": {"attributes": attributes, "relationships": {"account": account}}})
}

fn publication(it: &Subject) -> Value {
    let source = json!({"identifier": format!("p/terraform-aws-{}", it.fresh)});
    let provider = json!({"data": {"type": "vcs-providers", "id": it.id}});
    json!({"data": {"attributes": {"vcs-repo": source}, "relationships": {"vcs-provider": provider}}})
}

#[rustfmt::skip]
pub(crate) const SCALR: &[Line] = &[
    ("describe", Needs::Nothing, "", NO_BODY),

    ("list_modules", Needs::Nothing, "", NO_BODY),
    ("create_module", Needs::VcsProvider, "", publication),
    ("read_module", Needs::GitModule, "", NO_BODY),
    ("delete_module", Needs::Module, "", NO_BODY),
    ("resync_module", Needs::GitModule, "", |_| json!({"force": true})),

    ("list_versions", Needs::GitModule, "?filter[module]={id}", NO_BODY),
    ("read_version", Needs::GitVersion, "", NO_BODY),
    ("resync_version", Needs::GitVersion, "", NO_BODY),
    ("resync_version_by_get", Needs::GitVersion, "", NO_BODY),

    ("list_vcs_providers", Needs::Nothing, "", NO_BODY),
    ("create_vcs_provider", Needs::Account, "", |it| {
        of_account(json!({"name": "x", "vcs-type": "git", "url": "https://git.acme.test"}), it)
    }),
    ("read_vcs_provider", Needs::VcsProvider, "", NO_BODY),
    ("update_vcs_provider", Needs::VcsProvider, "", |_| attributes(json!({"name": "new"}))),
    ("delete_vcs_provider", Needs::VcsProvider, "", NO_BODY),

    ("list_module_namespaces", Needs::Nothing, "", NO_BODY),
    ("create_module_namespace", Needs::Account, "", |it| of_account(json!({"name": it.fresh}), it)),
    ("read_module_namespace", Needs::ModuleNamespace, "", NO_BODY),
    ("update_module_namespace", Needs::ModuleNamespace, "", |_| attributes(json!({"is-shared": true}))),
    ("delete_module_namespace", Needs::ModuleNamespace, "", NO_BODY),

    ("list_accounts", Needs::Nothing, "", NO_BODY),
    ("read_account", Needs::Account, "", NO_BODY),
    ("update_account", Needs::Account, "", |_| attributes(json!({"allowed-ips": []}))),

    ("list_environments", Needs::Nothing, "", NO_BODY),
    ("create_environment", Needs::Account, "", |it| of_account(json!({"name": it.fresh}), it)),
    ("read_environment", Needs::Environment, "", NO_BODY),
    ("update_environment", Needs::Environment, "", |it| attributes(json!({"name": it.fresh}))),
    ("delete_environment", Needs::Environment, "", NO_BODY),
];

/// All on the one version that can be installed.
#[rustfmt::skip]
pub(crate) const REGISTRY: &[Line] = &[
    ("discover", Needs::Nothing, "", NO_BODY),
    ("describe", Needs::Nothing, "", NO_BODY),
    ("list_modules", Needs::Nothing, "", NO_BODY),
    ("list_modules_with_slash", Needs::Nothing, "", NO_BODY),
    ("search_modules", Needs::Nothing, "?q=vpc", NO_BODY),
    ("list_namespace", Needs::Nothing, "", NO_BODY),
    ("list_providers", Needs::Nothing, "", NO_BODY),
    ("show_latest", Needs::Nothing, "", NO_BODY),
    ("show_version", Needs::Nothing, "", NO_BODY),
    ("list_versions", Needs::Nothing, "", NO_BODY),
    ("download", Needs::Nothing, "", NO_BODY),
    ("download_latest", Needs::Nothing, "", NO_BODY),
];
