//! `PATCH /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}[/]`

mod changes;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, JobKind, Principal, Publishing, kinds};
use service_kit::JsonApiError;
use store::{
    Connection, connections,
    jobs::{self, NewJob},
    modules::{self, Module, NewSource},
    repositories::{self, Repository},
    scopes::{self, Scope},
    tag_bindings::{self, Tagged},
};
use uuid::Uuid;

use super::{
    answer, attempt::record_success, body::Body, full_module::FullModule, module_path::ModulePath,
    module_view::ModuleView,
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
    let (caller, owner) = (principal.clone(), scope.clone());
    let full = state
        .store
        .write(move |session| {
            let module = path.load_module(session, &owner)?;
            let full = apply(session, &caller, &module, &changes)?;
            record_success(session, &caller, ACTION, &format!("{} {}", module.id, module.address()))?;
            Ok(full)
        })
        .await
        .map_err(|error| match &error {
            Error::Invalid { what, .. } if what == ORGANIZATION => at("/vcs-repo/organization-name", error),
            Error::Invalid { .. } => at("/vcs-repo", error),
            _ => error.into(),
        })?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::ok(&view.document(&full)))
}

const ORGANIZATION: &str = "organization-name";

fn at(pointer: &str, error: Error) -> JsonApiError {
    JsonApiError::at(format!("/data/attributes{pointer}"), error)
}

/// All of it or nothing. The source comes first: it locks jobs, which come before modules.
fn apply(
    session: &mut Connection,
    principal: &Principal,
    module: &Module,
    changes: &Changes,
) -> Result<FullModule, Error> {
    if let Some(source) = &changes.source {
        change_source(session, principal, module, source)?;
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
    session: &mut Connection,
    principal: &Principal,
    module: &Module,
    changes: &SourceChanges,
) -> Result<(), Error> {
    if module.publishing != Publishing::Tags {
        return Err(Error::invalid("The module", "has no repository: its versions are uploaded"));
    }
    let former = match &module.repository_id {
        Some(former) => Some(repositories::load(session, &former.parse()?)?),
        None => None,
    };
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
    if former.is_some_and(|former| wanted.is_present(module, &former)) {
        return Ok(());
    }
    let webhook = Uuid::new_v4().to_string();
    let repository = repositories::find_or_insert(session, &wanted.connection, &wanted.identifier, &webhook)?;
    jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, &repository.id, &scope.id))?;
    let source = NewSource {
        repository: &repository.id,
        display_identifier: &wanted.display_identifier,
        source_directory: &wanted.source_directory,
        tag_prefix: &wanted.tag_prefix,
    };
    modules::set_source(session, module, &source)
}

/// The organization of a connection that was named: that of the module, since both go together. What one may not use does
/// not exist, nor does a token that was deleted.
fn check_connection(
    session: &mut Connection,
    principal: &Principal,
    module: &Module,
    id: &Id<kinds::Connection>,
) -> Result<Scope, Error> {
    let connection = connections::load_with_token(session, id)?;
    if connection.scope_id != module.scope_id || !principal.may(Action::Publish, &connection.scope_id) {
        return Err(Error::not_found("OAuth token"));
    }
    scopes::load(session, &connection.scope_id)
}

/// Where the module shall come from: what is not named is as before.
struct Wanted {
    connection: Id<kinds::Connection>,
    identifier: String,
    display_identifier: String,
    source_directory: String,
    tag_prefix: String,
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
        let directory = changes.source_directory.as_ref().map_or(module.source_directory.as_str(), |new| new.as_str());
        Some(Self {
            connection: changes.connection.as_ref().or(former.map(|former| &former.connection_id))?.clone(),
            identifier: identifier.to_owned(),
            display_identifier: display.to_owned(),
            source_directory: directory.to_owned(),
            tag_prefix: changes.tag_prefix.as_ref().unwrap_or(&module.tag_prefix).clone(),
        })
    }

    fn is_present(&self, module: &Module, former: &Repository) -> bool {
        self.connection == former.connection_id
            && self.identifier == former.identifier
            && self.display_identifier == module.display_identifier
            && self.source_directory == module.source_directory
            && self.tag_prefix == module.tag_prefix
    }
}
