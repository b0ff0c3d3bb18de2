//! Where a module shall come from: another repository, connection, directory, prefix or branch.

use std::sync::Arc;

use domain::{Action, BranchName, Error, Id, Principal, Publishing, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session, connection_shares,
    connections::{self, Connection},
    modules::{self, Module, NewSource},
    repositories::{self, Repository},
    scopes::{self, Scope},
};
use uuid::Uuid;
use vcs_hosts::api::RepositoryFacts;

use super::{
    ORGANIZATION, TAG_PREFIX,
    changes::{Changes, SourceChanges},
    point_at,
};
use crate::{
    host::{check_branch, look_up_with, set_facts},
    state::State,
    tfe::{
        module_path::ModulePath,
        module_source::{NamedConnection, Origin, TOKEN},
    },
};

/// What a host tells of a repository, and of which one.
pub(super) struct Asked {
    connection: Id<kinds::Connection>,
    identifier: String,
    facts: RepositoryFacts,
}

/// What the host tells of the repository that the module shall come from, if that is another one than before. Whether it
/// has the branch, if that is another one, is checked.
pub(super) async fn ask_host(
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

/// Nothing happens if it comes from there already.
pub(super) fn change_source(
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
    let connection = match &changes.connection {
        Some(named) => check_connection(session, principal, module, named)?,
        None => connections::load(session, &wanted.connection)?,
    };
    // A module of an environment may come through a connection of its account: then either names what it means.
    if let Some(name) = &changes.organization
        && scopes::find(session, name)?
            .is_none_or(|named| named.id != connection.scope_id && named.id != module.scope_id)
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

/// A connection that was named. What the module may not use does not exist, nor does a token that was
/// deleted.
fn check_connection(
    session: &mut Session,
    principal: &Principal,
    module: &Module,
    named: &NamedConnection,
) -> Result<Connection, Error> {
    let connection = connections::load_with_token(session, &named.id)?;
    check_right(session, (&connection, true), principal, module)?;
    named.check(&connection)?;
    Ok(connection)
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
