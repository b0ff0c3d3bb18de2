//! `PATCH /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}[/]`

mod changes;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, BranchName, Error, Id, Principal, Publishing, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session, connection_shares,
    connections::{self, Connection},
    modules::{self, Module, NewSource},
    repositories::{self, Repository},
    scopes::{self, Scope},
    tag_bindings::{self, Tagged},
};
use uuid::Uuid;
use vcs_hosts::api::RepositoryFacts;

use super::{
    answer,
    attempt::record_success,
    body::Body,
    full_module::FullModule,
    host::{check_branch, look_up_with, set_facts},
    module_path::ModulePath,
    module_source::{NamedConnection, Origin, POLICY, SUBMODULES, TOKEN, check_policy},
    module_view::ModuleView,
    test_config,
};
use crate::{caller::Publisher, state::State};
use changes::{Changes, SourceChanges};

pub(super) const ACTION: &str = "update-module";

/// Changes what the body names; what it does not name stays. Versions that are published never change.
pub(super) async fn update(
    publisher: Publisher,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let changes = Changes::parse(&attributes, &relationships)?;
    let Publisher { principal, scope } = publisher;
    let asked = ask_host(&state, &principal, &scope, (&path, &changes)).await?;
    let (caller, owner) = (principal.clone(), scope.clone());
    let full = state
        .store
        .write(move |session| {
            let module = path.load_module(session, &owner)?;
            let full = apply(session, &caller, &module, (&changes, asked.as_ref()))?;
            record_success(session, &caller, ACTION, &format!("{} {}", module.id, module.address()))?;
            Ok(full)
        })
        .await
        .map_err(point_at)?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::ok(&view.document(&full)))
}

const ORGANIZATION: &str = "organization-name";
const TAG_PREFIX: &str = "tag-prefix";

fn point_at(error: Error) -> JsonApiError {
    let pointer = match &error {
        Error::Invalid { what, .. } if what == ORGANIZATION => "/data/attributes/vcs-repo/organization-name",
        Error::Invalid { what, .. } if what == POLICY => "/data/attributes/vcs-repo/vanished-tags",
        Error::Invalid { what, .. } if what == TOKEN => "/data/attributes/vcs-repo/oauth-token-id",
        Error::Invalid { what, .. } if what == SUBMODULES => "/data/attributes/vcs-repo/ingress-submodules",
        Error::Invalid { what, .. } if what == TAG_PREFIX => "/data/attributes/vcs-repo/tag-prefix",
        Error::Invalid { what, .. } if what == test_config::NAME => "/data/attributes/test-config",
        Error::Invalid { .. } => "/data/attributes/vcs-repo",
        _ => return error.into(),
    };
    JsonApiError::at(pointer, error)
}

/// What a host tells of a repository, and of which one.
struct Asked {
    connection: Id<kinds::Connection>,
    identifier: String,
    facts: RepositoryFacts,
}

/// What the host tells of the repository that the module shall come from, if that is another one than before. Whether it
/// has the branch, if that is another one, is checked.
async fn ask_host(
    state: &State,
    principal: &Arc<Principal>,
    scope: &Scope,
    (path, changes): (&ModulePath, &Changes),
) -> Result<Option<Asked>, JsonApiError> {
    let Some(source) = changes.source.clone().filter(SourceChanges::is_for_host) else { return Ok(None) };
    let (caller, owner, path) = (principal.clone(), scope.clone(), path.clone());
    let load = move |session: &mut Session| {
        let module = path.load_module(session, &owner)?;
        let former = load_former(session, &module)?;
        let Some(wanted) = Wanted::of(&module, former.as_ref(), &source) else { return Ok(None) };
        let is_former = |former: &Repository| {
            (&former.connection_id, &former.identifier) == (&wanted.connection, &wanted.identifier)
        };
        let is_known = former.as_ref().is_some_and(is_former);
        let is_asked = |branch: &String| is_known && (branch.is_empty() || *branch == module.branch);
        let branch = Some(wanted.branch).filter(|branch| !branch.is_empty() && !is_asked(branch));
        if module.publishing == Publishing::Upload || (is_known && branch.is_none()) {
            return Ok(None);
        }
        let connection = connections::load_with_token(session, &wanted.connection)?;
        check_right(session, (&connection, source.connection.is_some()), &caller, &module)?;
        source.connection.as_ref().map_or(Ok(()), |named| named.check(&connection))?;
        Ok(Some((connection, wanted.identifier, branch, is_known)))
    };
    let found = state.store.read(load).await.map_err(point_at)?;
    let Some((connection, identifier, branch, is_known)) = found else { return Ok(None) };
    let parsed = identifier.parse()?;
    let branch: Option<BranchName> = branch.map(|branch| branch.parse()).transpose()?;
    let facts = match (is_known, &branch) {
        (true, Some(branch)) => check_branch(state, &connection, (&parsed, branch)).await.map(|()| None)?,
        (_, branch) => look_up_with(state, &connection, (&parsed, branch.as_ref())).await?,
    };
    Ok(facts.map(|facts| Asked { connection: connection.id, identifier, facts }))
}

/// Where the module comes from so far; `None` once that was deleted.
fn load_former(session: &mut Session, module: &Module) -> Result<Option<Repository>, Error> {
    let Some(former) = &module.repository_id else { return Ok(None) };
    repositories::load(session, &former.parse()?).map(Some)
}

/// All of it or nothing. The source comes first: it locks jobs, which come before modules.
fn apply(
    session: &mut Session,
    principal: &Principal,
    module: &Module,
    (changes, asked): (&Changes, Option<&Asked>),
) -> Result<FullModule, Error> {
    if let Some(source) = &changes.source {
        change_source(session, principal, module, (source, asked))?;
    }
    let former = module.publishing;
    let module = &modules::load(session, module.id.as_str())?;
    if let Some(policy) = changes.vanished_tags.filter(|policy| *policy != module.vanished_tags) {
        if module.publishing != Publishing::Tags {
            return Err(Error::invalid(POLICY, "must be absent: versions of this module do not come from tags"));
        }
        check_policy(principal, &module.scope_id, policy)?;
        modules::set_vanished_tags(session, module, policy)?;
    }
    if let Some(wanted) = changes.submodules.filter(|wanted| *wanted != module.submodules) {
        if module.publishing == Publishing::Upload {
            return Err(Error::invalid(
                SUBMODULES,
                "must be false: the module has no repository, its versions are uploaded",
            ));
        }
        modules::set_submodules(session, module, wanted)?;
    }
    if let Some(tests) = changes.tests.as_ref() {
        if module.publishing == Publishing::Branch {
            modules::set_test_config(session, module, &tests.onto(module.test_config.as_deref()))?;
        } else if !tests.is_default() && former != Publishing::Branch {
            return Err(test_config::refuse());
        }
    }
    if let Some(no_code) = changes.no_code.filter(|no_code| *no_code != module.no_code) {
        modules::set_no_code(session, module, no_code)?;
    }
    if let Some(tags) = &changes.tags {
        modules::lock(session, &module.id)?;
        if tag_bindings::set(session, Tagged::Module(&module.id), tags)? {
            modules::touch(session, module)?;
        }
    }
    let module = modules::load(session, module.id.as_str())?;
    FullModule::load(session, module)
}

/// Nothing happens if it comes from there already.
fn change_source(
    session: &mut Session,
    principal: &Principal,
    module: &Module,
    (changes, asked): (&SourceChanges, Option<&Asked>),
) -> Result<(), Error> {
    if module.publishing == Publishing::Upload {
        let reason = "has no repository: its versions are uploaded";
        return if changes.is_only_tags() { Ok(()) } else { Err(Error::invalid("The module", reason)) };
    }
    let former = load_former(session, module)?;
    let Some(wanted) = Wanted::of(module, former.as_ref(), changes) else {
        let reason = "has no repository any more: name its identifier and the oauth-token-id of a connection";
        return Err(Error::invalid("The module", reason));
    };
    let scope = match &changes.connection {
        Some(connection) => check_connection(session, principal, module, connection)?,
        None => scopes::load(session, &module.scope_id)?,
    };
    if let Some(name) = &changes.organization
        && scopes::find(session, name)?.is_none_or(|named| named.id != scope.id)
    {
        return Err(Error::invalid(ORGANIZATION, "must name the organization that has the OAuth token"));
    }
    // A provider may send again what it knows of a module that came from tags so far.
    let is_news = |prefix: &String| !prefix.is_empty() && *prefix != module.tag_prefix;
    if !wanted.branch.is_empty() && changes.tag_prefix.as_ref().is_some_and(is_news) {
        return Err(Error::invalid(TAG_PREFIX, "must be empty: versions of this module come from a branch"));
    }
    if former.is_some_and(|former| wanted.is_present(module, &former)) {
        return Ok(());
    }
    if changes.connection.is_none() {
        let connection = connections::load(session, &wanted.connection)?;
        check_right(session, (&connection, false), principal, module)?;
    }
    let webhook = Uuid::new_v4().to_string();
    let repository = repositories::find_or_insert(session, &wanted.connection, &wanted.identifier, &webhook)?;
    repositories::sync(session, repository.id.as_str())?;
    repositories::visit_host(session, repository.id.as_str())?;
    let source = NewSource {
        repository: &repository.id,
        display_identifier: &wanted.display_identifier,
        source_directory: &wanted.source_directory,
        tag_prefix: &wanted.tag_prefix,
        branch: &wanted.branch,
    };
    modules::set_source(session, module, &source)?;
    // Somebody else may have changed the module since the host was asked.
    let is_it = |asked: &&Asked| (&asked.connection, &asked.identifier) == (&wanted.connection, &wanted.identifier);
    match asked.filter(is_it) {
        Some(asked) => set_facts(session, &repository.id, &asked.facts),
        None => Ok(()),
    }
}

/// The organization of a connection that was named. What the module may not use does not exist, nor does a token that was
/// deleted.
fn check_connection(
    session: &mut Session,
    principal: &Principal,
    module: &Module,
    named: &NamedConnection,
) -> Result<Scope, Error> {
    let connection = connections::load_with_token(session, &named.id)?;
    check_right(session, (&connection, true), principal, module)?;
    named.check(&connection)?;
    scopes::load(session, &connection.scope_id)
}

/// Whether the module may turn to another repository of this connection, which `is_named` or the one it comes through. The latter
/// may have been taken from its environment since: then the module stays with what it has.
fn check_right(
    session: &mut Session,
    (connection, is_named): (&Connection, bool),
    principal: &Principal,
    module: &Module,
) -> Result<(), Error> {
    let scope = scopes::load(session, &module.scope_id)?;
    if principal.may(Action::Publish, &scope.id) && connection_shares::is_usable(session, connection, &scope)? {
        return Ok(());
    }
    if is_named {
        return Err(Error::not_found("OAuth token"));
    }
    let reason = format!("comes through a connection that {} may not use any more: name another {TOKEN}", scope.name);
    Err(Error::invalid("The module", reason))
}

/// Where the module shall come from: what is not named is as before.
struct Wanted {
    connection: Id<kinds::Connection>,
    identifier: String,
    display_identifier: String,
    source_directory: String,
    /// Empty for a module that is made from a branch.
    tag_prefix: String,
    /// Empty for a module that is made from tags.
    branch: String,
}

impl Wanted {
    /// `None`: neither said nor known.
    fn of(module: &Module, former: Option<&Repository>, changes: &SourceChanges) -> Option<Self> {
        let named = changes.identifier.as_ref().map(|new| new.as_str());
        let identifier = named.or(former.map(|former| former.identifier.as_str()))?;
        let display = match &changes.display_identifier {
            Some(display) => display.as_str(),
            None if former.is_some_and(|former| identifier == former.identifier) => module.display_identifier.as_str(),
            None => identifier,
        };
        let named_id = changes.connection.as_ref().map(|named| &named.id);
        let directory = changes.source_directory.as_ref().map_or(module.source_directory.as_str(), |new| new.as_str());
        let branch = match &changes.origin {
            Some(Origin::Branch(branch)) => branch.as_str(),
            Some(Origin::Tags) => "",
            None => module.branch.as_str(),
        };
        let prefix = changes.tag_prefix.as_ref().unwrap_or(&module.tag_prefix);
        Some(Self {
            connection: named_id.or(former.map(|former| &former.connection_id))?.clone(),
            identifier: identifier.to_owned(),
            display_identifier: display.to_owned(),
            source_directory: directory.to_owned(),
            tag_prefix: if branch.is_empty() { prefix.clone() } else { String::new() },
            branch: branch.to_owned(),
        })
    }

    fn is_present(&self, module: &Module, former: &Repository) -> bool {
        self.connection == former.connection_id
            && self.identifier == former.identifier
            && self.display_identifier == module.display_identifier
            && self.source_directory == module.source_directory
            && self.tag_prefix == module.tag_prefix
            && self.branch == module.branch
    }
}
