//! Modules with all that their resources name, and with what was asked for along: a constant number of queries for any
//! number of modules.

use std::collections::{BTreeMap, HashMap};

use domain::{Action, Error, Principal};
use serde_json::Value;
use service_kit::JsonApiError;
use store::{
    Connection,
    connections::Connection as HostConnection,
    documents::{self, StoredPart},
    modules::Module,
    scopes::{self, Scope},
    users::{self, User},
    versions::{self, ModuleVersion},
};

use super::{
    access::sees,
    account_view,
    document::{Included, one},
    environment_view,
    module_view::ModuleView,
    user_view,
    vcs_provider_view::Details,
    version_view::VersionView,
};
use crate::{full_module::FullModule, json_api::query::Query, state::Config};

/// What can be asked for along.
const INCLUDES: [&str; 9] = [
    "latest-module-version",
    "last-version",
    "module-version",
    "last-active-version",
    "module-versions",
    "vcs-provider",
    "created-by",
    "account",
    "environment",
];

/// Versions that are shown along with several modules.
const MOST_VERSIONS: usize = 20_000;

/// What a query asks for along with modules.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    /// All versions, and not only those at the end of the list.
    versions: bool,
    latest: bool,
    active: bool,
    providers: bool,
    users: bool,
    accounts: bool,
    environments: bool,
}

impl Wishes {
    /// 400 for anything that cannot be asked for, such as a path that comes back to where it began.
    pub(super) fn parse(query: &Query) -> Result<Self, JsonApiError> {
        query.check_includes(&INCLUDES)?;
        Ok(Self {
            versions: query.wants("module-versions"),
            latest: query.wants("latest-module-version") || query.wants("last-version"),
            active: query.wants("module-version") || query.wants("last-active-version"),
            providers: query.wants("vcs-provider"),
            users: query.wants("created-by"),
            accounts: query.wants("account"),
            environments: query.wants("environment"),
        })
    }

    fn any(self) -> bool {
        let Self { versions, latest, active, providers, users, accounts, environments } = self;
        versions || latest || active || providers || users || accounts || environments
    }
}

/// Modules, and what is shown with them.
pub(super) struct ModuleSet {
    pub(super) modules: Vec<FullModule>,
    wishes: Wishes,
    scopes: HashMap<String, Scope>,
    versions: Vec<ModuleVersion>,
    roots: BTreeMap<String, StoredPart>,
    users: Vec<User>,
    details: Details,
    now: i64,
}

impl ModuleSet {
    /// As `caller` may see them.
    pub(super) fn load(
        session: &mut Connection,
        caller: &Principal,
        modules: Vec<Module>,
        wishes: Wishes,
    ) -> Result<Self, Error> {
        let modules = FullModule::load_all(session, modules)?;
        let scopes = load_scopes(session, &modules, wishes)?;
        let ends = ends(&modules, wishes);
        let versions = match wishes.versions {
            true => versions::list_of_modules(session, &ids(&modules))?,
            false if ends.is_empty() => Vec::new(),
            false => versions::list_by_ids(session, &ends)?,
        };
        // All of all versions together would be more than anybody reads.
        let roots = if ends.is_empty() { BTreeMap::new() } else { documents::list_roots(session, &ends)? };
        // Who works for an account is the business of its owners.
        let owned = modules.iter().filter(|full| caller.may(Action::Own, &full.module.scope_id));
        let makers: Vec<String> = owned.filter_map(|full| full.module.created_by.clone()).collect();
        let users = if wishes.users { users::list_by_ids(session, &makers)? } else { Vec::new() };
        let connections: Vec<String> =
            modules.iter().filter_map(|full| Some(full.source.as_ref()?.1.id.to_string())).collect();
        let details = if wishes.providers { Details::load(session, &connections)? } else { Details::default() };
        let now = store::now(session)?;
        Ok(Self { modules, wishes, scopes, versions, roots, users, details, now })
    }

    /// Refuses what would be too much for one answer; of one module all versions are shown.
    pub(super) fn check_size(&self) -> Result<(), JsonApiError> {
        let versions: usize = self.modules.iter().map(|full| full.versions.len()).sum();
        if !self.wishes.versions || self.modules.len() <= 1 || versions <= MOST_VERSIONS {
            return Ok(());
        }
        let reason = format!("would show {versions} versions, and {MOST_VERSIONS} at most: ask for smaller pages");
        Err(JsonApiError::bad_request(format!("include=module-versions {reason}")))
    }

    /// The resources of the modules, in their order.
    pub(super) fn resources(&self, config: &Config, principal: &Principal) -> Result<Vec<Value>, Error> {
        let resource = |full: &FullModule| {
            let module = &full.module;
            let view = ModuleView {
                public_url: &config.public_url,
                principal,
                full,
                scope: self.scope(module.scope_id.as_str())?,
                namespace: self.scope(&module.namespace_id)?,
            };
            Ok(view.resource())
        };
        self.modules.iter().map(resource).collect()
    }

    /// The document of the one module that was loaded.
    pub(super) fn document(&self, config: &Config, principal: &Principal) -> Result<Value, Error> {
        let mut resources = self.resources(config, principal)?;
        let resource = resources.pop().ok_or_else(|| Error::internal("showing a module", "there is none"))?;
        Ok(one(resource, self.included(config, principal)?))
    }

    fn scope(&self, id: &str) -> Result<&Scope, Error> {
        self.scopes.get(id).ok_or_else(|| Error::internal("showing a module", "its scope was not read"))
    }

    /// What was asked for along.
    pub(super) fn included(&self, config: &Config, principal: &Principal) -> Result<Option<Vec<Value>>, Error> {
        let mut included = Included::default();
        let mut versions: HashMap<&str, Vec<&ModuleVersion>> = HashMap::new();
        for version in &self.versions {
            versions.entry(version.module_id.as_str()).or_default().push(version);
        }
        for full in &self.modules {
            let view = VersionView { config, module: &full.module, roots: &self.roots, now: self.now };
            for version in versions.get(full.module.id.as_str()).into_iter().flatten() {
                included.add(view.resource(version)?);
            }
            self.add_scopes(&mut included, config, full)?;
            let connection = full.source.as_ref().map(|(_, connection)| connection);
            if let Some(connection) = connection.filter(|it| self.wishes.providers && self.sees(principal, it)) {
                let scope = self.scope(connection.scope_id.as_str())?;
                included.add(self.details.resource((principal, &config.public_url), connection, scope));
            }
        }
        self.users.iter().for_each(|user| included.add(user_view::resource(user)));
        Ok(included.finish(self.wishes.any()))
    }

    /// Not each connection that a module comes through which the caller may install.
    fn sees(&self, caller: &Principal, connection: &HostConnection) -> bool {
        sees(caller, connection, self.details.shares_of(connection).iter().map(|scope| &scope.id))
    }

    fn add_scopes(&self, included: &mut Included, config: &Config, full: &FullModule) -> Result<(), Error> {
        let scope = self.scope(full.module.scope_id.as_str())?;
        let environment = (scope.kind == scopes::ENVIRONMENT).then_some(scope);
        if let Some(environment) = environment.filter(|_| self.wishes.environments) {
            included.add(environment_view::resource(environment, &config.public_url));
        }
        let account = scope.parent_id.as_deref().map_or(Some(scope), |parent| self.scopes.get(parent));
        if let Some(account) = account.filter(|it| self.wishes.accounts && it.kind == scopes::ACCOUNT) {
            included.add(account_view::resource(account, &config.public_url));
        }
        Ok(())
    }
}

fn ids(modules: &[FullModule]) -> Vec<String> {
    modules.iter().map(|full| full.module.id.to_string()).collect()
}

/// The versions at the end of each list that are asked for.
fn ends(modules: &[FullModule], wishes: Wishes) -> Vec<String> {
    let latest = modules.iter().filter_map(|full| full.versions.first().map(|version| version.id.to_string()));
    let active = modules.iter().filter_map(|full| full.module.latest_version_id.clone());
    let mut ends: Vec<String> = latest.filter(|_| wishes.latest).chain(active.filter(|_| wishes.active)).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Of the modules and their connections; with the accounts of environments if they are asked for.
fn load_scopes(
    session: &mut Connection,
    modules: &[FullModule],
    wishes: Wishes,
) -> Result<HashMap<String, Scope>, Error> {
    let of_module = |full: &FullModule| {
        let of_connection = full.source.as_ref().map(|(_, connection)| connection.scope_id.to_string());
        [Some(full.module.scope_id.to_string()), Some(full.module.namespace_id.clone()), of_connection]
    };
    let mut wanted: Vec<String> = modules.iter().flat_map(of_module).flatten().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = scopes::list_by_ids(session, &wanted)?;
    if wishes.accounts {
        let parents: Vec<String> = found.iter().filter_map(|scope| scope.parent_id.clone()).collect();
        found.extend(scopes::list_by_ids(session, &parents)?);
    }
    Ok(found.into_iter().map(|scope| (scope.id.to_string(), scope)).collect())
}
