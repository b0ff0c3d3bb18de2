//! Which modules a query asks for (wire-spec 12.2, S1).

use domain::{Action, Error, Id, ModuleName, ModuleStatus, Principal, Provider, VersionPhase, kinds};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::{Search, SortKey},
    namespace_shares,
    scopes::{self, ACCOUNT, ENVIRONMENT, MODULE_NAMESPACE, Scope},
};

use super::{
    access::{load_scope, texts},
    filters::{self, NULL},
};
use crate::json_api::query::Query;

const FILTERS: [&str; 10] = [
    "filter[name]",
    "filter[provider]",
    "filter[source]",
    "filter[status]",
    "filter[environment]",
    "filter[account]",
    "filter[module-namespace]",
    "filter[namespace][environments]",
    "filter[module-versions][status]",
    "filter[module-versions][is-root-module]",
];

/// What a query asks for, not looked up yet.
#[derive(Debug)]
pub(super) struct Wanted {
    search: Search,
    source: Option<Source>,
    environment: Option<String>,
    account: Option<String>,
    namespace: Option<String>,
    namespaces_of: Vec<String>,
    /// Nothing can fit.
    is_nothing: bool,
}

/// What `filter[source]` names.
#[derive(Debug)]
struct Source {
    namespace: String,
    name: ModuleName,
    provider: Provider,
}

impl Wanted {
    pub(super) fn parse(query: &Query) -> Result<Self, JsonApiError> {
        filters::check(query, &FILTERS)?;
        let source = filters::text(query, "filter[source]")?;
        let parsed = source.and_then(Source::parse);
        // The root of a version is the only part of it that is a version.
        let roots = filters::words(query, "filter[module-versions][is-root-module]", |word| word.parse::<bool>().ok())?;
        let search = Search {
            names: filters::values(query, "filter[name]")?,
            providers: filters::values(query, "filter[provider]")?,
            statuses: filters::words(query, "filter[status]", status)?,
            phases: filters::words(query, "filter[module-versions][status]", |word| word.parse::<VersionPhase>().ok())?,
            text: filters::text(query, "query")?.map(str::to_owned),
            order: filters::sorting(query, sort_key)?,
            ..Search::default()
        };
        let text = |name| filters::text(query, name).map(|text| text.map(str::to_owned));
        Ok(Self {
            is_nothing: (source.is_some() && parsed.is_none()) || (!roots.is_empty() && !roots.contains(&true)),
            source: parsed,
            environment: text("filter[environment]")?,
            account: text("filter[account]")?,
            namespace: text("filter[module-namespace]")?,
            namespaces_of: filters::values(query, "filter[namespace][environments]")?,
            search,
        })
    }

    /// What to look for in the database; `None` if nothing can fit. `NotFound` if it names what the caller may not see.
    pub(super) fn resolve(mut self, session: &mut Connection, caller: &Principal) -> Result<Option<Search>, Error> {
        let visible = caller.module_scopes().map(texts);
        self.search.scopes = match self.scopes(session, caller)? {
            Some(scopes) => Some(scopes),
            None => visible,
        };
        self.search.without_environments = self.environment.as_deref() == Some(NULL);
        self.search.namespaces = self.namespaces(session, caller)?;
        if let Some(Source { namespace, name, provider }) = self.source {
            let Some(namespace) = scopes::find(session, &namespace)? else { return Ok(None) };
            self.search.address = Some((namespace.id.to_string(), name, provider));
        }
        Ok((!self.is_nothing).then_some(self.search))
    }

    /// Those of an environment with those of its account and the global ones, those of an account with the global ones, or
    /// the global ones alone; `None`: all that the caller sees.
    fn scopes(&self, session: &mut Connection, caller: &Principal) -> Result<Option<Vec<String>>, Error> {
        let global = scopes::find_installation(session)?.map(|scope| scope.id);
        let global = global.filter(|id| caller.may(Action::Install, id)).map(|id| id.to_string());
        let environment = named(&self.environment);
        let environment = environment.map(|id| load_scope::<kinds::Environment>(session, caller, ENVIRONMENT, id));
        let account = named(&self.account);
        let account = account.map(|id| load_scope::<kinds::Account>(session, caller, ACCOUNT, id)).transpose()?;
        let account = account.map(|scope| scope.id.to_string());
        if let Some(environment) = environment.transpose()? {
            let Scope { id, parent_id, .. } = environment;
            let is_there = self.account.is_none() || account == parent_id;
            let scopes = [Some(id.to_string()), parent_id, global];
            return Ok(Some(scopes.into_iter().flatten().filter(|_| is_there).collect()));
        }
        match (&account, self.account.as_deref()) {
            (Some(_), _) => Ok(Some([account, global].into_iter().flatten().collect())),
            (None, Some(_)) => Ok(Some(global.into_iter().collect())),
            (None, None) => Ok(None),
        }
    }

    fn namespaces(&self, session: &mut Connection, caller: &Principal) -> Result<Option<Vec<String>>, Error> {
        if let Some(id) = &self.namespace {
            let namespace = load_scope::<kinds::ModuleNamespace>(session, caller, MODULE_NAMESPACE, id)?;
            return Ok(Some(vec![namespace.id.to_string()]));
        }
        if self.namespaces_of.is_empty() {
            return Ok(None);
        }
        let mut ids = Vec::new();
        for id in &self.namespaces_of {
            ids.push(id.parse::<Id<kinds::Environment>>()?.face::<kinds::Scope>());
        }
        let found = scopes::list_by_ids(session, &texts(&ids))?;
        let is_seen = |id: &Id<kinds::Scope>| {
            found.iter().any(|scope| scope.id == *id && scope.kind == ENVIRONMENT) && caller.may(Action::Install, id)
        };
        if !ids.iter().all(is_seen) {
            return Err(Error::not_found("Environment"));
        }
        namespace_shares::list_usable(session, &found).map(Some)
    }
}

fn named(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| *text != NULL)
}

impl Source {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (namespace, name, provider) = (parts.next()?, parts.next()?, parts.next()?);
        let is_all = parts.next().is_none();
        let namespace = namespace.to_owned();
        is_all.then_some(Self { namespace, name: name.parse().ok()?, provider: provider.parse().ok()? })
    }
}

/// In the words of this API, and one that only some of its clients have.
fn status(word: &str) -> Option<ModuleStatus> {
    match word {
        "errored" => Some(ModuleStatus::SetupFailed),
        "no_version_tag" => Some(ModuleStatus::NoVersionTags),
        "setup_failed" => None,
        word => word.parse().ok(),
    }
}

fn sort_key(word: &str) -> Option<SortKey> {
    match word {
        "created-at" => Some(SortKey::CreatedAt),
        "name" => Some(SortKey::Name),
        _ => None,
    }
}
