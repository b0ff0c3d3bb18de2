//! `POST /api/v2/organizations/{org}/registry-modules/vcs` and, older form, `POST /api/v2/registry-modules`

mod wanted;

use std::sync::Arc;

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection, connections,
    modules::{self, NewBranch, NewModule},
    scopes::{self, Scope},
};
use vcs_hosts::api::RepositoryFacts;

use super::{
    answer,
    attempt::record_success,
    body::Body,
    full_module::FullModule,
    host::look_up_with,
    module_source::{POLICY, TOKEN, check_policy},
    module_view::ModuleView,
};
use crate::{
    caller::{Caller, Publisher},
    publishing::publish,
    state::State,
};
use wanted::Wanted;

pub(super) const ACTION: &str = super::create_module::ACTION;

/// Makes a module from the tags or a branch of a repository, in the organization that the URL names.
pub(super) async fn create(publisher: Publisher, body: Body, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    create_in(Some(publisher.scope.id), publisher.principal, body, &state).await
}

/// The same in the organization whose connection the body names.
pub(super) async fn create_without_organization(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    create_in(None, principal, body, &state).await
}

async fn create_in(
    scope: Option<Id<kinds::Scope>>,
    principal: Arc<Principal>,
    body: Body,
    state: &State,
) -> Result<HttpResponse, JsonApiError> {
    let wanted = Arc::new(Wanted::parse(&body.attributes().await?)?);
    let (caller, named, asked) = (principal.clone(), scope.clone(), Arc::clone(&wanted));
    let load = move |session: &mut Connection| load_source(session, named.as_ref(), &caller, &asked);
    let (_, connection) = state.store.read(load).await.map_err(point_at)?;
    let branch = wanted.branch.as_ref().map(|branch| &branch.name);
    let facts = look_up_with(state, &connection, (&wanted.identifier, branch)).await?;
    let publisher = principal.clone();
    let (full, scope) = state
        .store
        .write(move |session| {
            // The host took its time: what was allowed before may not be any more.
            let (scope, _) = load_source(session, scope.as_ref(), &publisher, &wanted)?;
            let full = insert(session, &publisher, &scope, (&wanted, facts.as_ref()))?;
            Ok((full, scope))
        })
        .await
        .map_err(point_at)?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::created(&view.document(&full)))
}

fn point_at(error: Error) -> JsonApiError {
    match error {
        Error::AlreadyExists { .. } => JsonApiError::at("/data/attributes/name", error),
        Error::Invalid { ref what, .. } if what == POLICY => {
            JsonApiError::at("/data/attributes/vcs-repo/vanished-tags", error)
        }
        Error::Invalid { ref what, .. } if what == TOKEN => {
            JsonApiError::at("/data/attributes/vcs-repo/oauth-token-id", error)
        }
        // The only other attribute that is checked in there.
        Error::Invalid { .. } => JsonApiError::at("/data/attributes/vcs-repo/organization-name", error),
        other => other.into(),
    }
}

/// The connection with its organization: the one of the URL if that names one, and one the caller may publish in.
fn load_source(
    session: &mut Connection,
    expected: Option<&Id<kinds::Scope>>,
    principal: &Principal,
    wanted: &Wanted,
) -> Result<(Scope, connections::Connection), Error> {
    let connection = connections::load_with_token(session, &wanted.connection.id)?;
    let is_expected = expected.is_none_or(|scope| *scope == connection.scope_id);
    if !is_expected || !principal.may(Action::Publish, &connection.scope_id) {
        return Err(Error::not_found("OAuth token"));
    }
    wanted.connection.check(&connection)?;
    if let Some(name) = &wanted.organization {
        let named = scopes::find(session, name)?;
        if named.is_none_or(|named| named.id != connection.scope_id) {
            return Err(Error::invalid("organization-name", "must name the organization that has the OAuth token"));
        }
    }
    Ok((scopes::load(session, &connection.scope_id)?, connection))
}

/// Module and jobs appear together or not at all.
fn insert(
    session: &mut Connection,
    principal: &Principal,
    scope: &Scope,
    (wanted, facts): (&Wanted, Option<&RepositoryFacts>),
) -> Result<FullModule, Error> {
    check_policy(principal, &scope.id, wanted.vanished_tags)?;
    let new = NewModule {
        display_identifier: &wanted.display_identifier,
        source_directory: wanted.source_directory.as_str(),
        tag_prefix: &wanted.tag_prefix,
        branch: wanted.branch.as_ref().map(|branch| NewBranch {
            name: branch.name.as_str(),
            initial_version: &branch.initial_version,
            test_config: branch.test_config.as_deref(),
        }),
        vanished_tags: wanted.vanished_tags,
        no_code: wanted.no_code,
        ..NewModule::new(scope, &wanted.name, &wanted.provider, wanted.publishing())
    };
    let module = publish(session, principal, (&wanted.connection.id, &wanted.identifier), facts, new)?;
    if wanted.submodules {
        modules::set_submodules(session, &module, true)?;
    }
    record_success(session, &principal.about(&scope.id), ACTION, &format!("{} {}", module.id, module.address()))?;
    let module = modules::load(session, module.id.as_str())?;
    FullModule::load(session, module)
}
