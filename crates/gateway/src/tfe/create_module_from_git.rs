//! `POST /api/v2/organizations/{org}/registry-modules/vcs` and, older form, `POST /api/v2/registry-modules`

mod wanted;

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, JobKind, Principal, Publishing, VanishedTags, kinds};
use service_kit::JsonApiError;
use store::{
    Connection, connections,
    jobs::{self, NewJob},
    modules::{self, NewModule},
    repositories,
    scopes::{self, Scope},
};
use uuid::Uuid;

use super::{answer, attempt::record_success, body::Body, full_module::FullModule, module_view::ModuleView};
use crate::{
    caller::{Caller, Publisher},
    state::State,
};
use wanted::Wanted;

pub(super) const ACTION: &str = super::create_module::ACTION;

/// Makes a module from the tags of a repository, in the organization that the URL names.
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
    principal: std::sync::Arc<Principal>,
    body: Body,
    state: &State,
) -> Result<HttpResponse, JsonApiError> {
    let wanted = Wanted::parse(&body.attributes().await?)?;
    let publisher = principal.clone();
    let (full, scope) = state
        .store
        .write(move |session| {
            let scope = load_scope(session, scope.as_ref(), &publisher, &wanted)?;
            let full = insert(session, &publisher, &scope, &wanted)?;
            Ok((full, scope))
        })
        .await
        .map_err(|error| match error {
            Error::AlreadyExists { .. } => JsonApiError::at("/data/attributes/name", error),
            // The only attribute that is checked in there.
            Error::Invalid { .. } => JsonApiError::at("/data/attributes/vcs-repo/organization-name", error),
            other => other.into(),
        })?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::created(&view.document(&full)))
}

/// The organization of the connection: the one of the URL if that names one, and one the caller may publish in.
fn load_scope(
    session: &mut Connection,
    expected: Option<&Id<kinds::Scope>>,
    principal: &Principal,
    wanted: &Wanted,
) -> Result<Scope, Error> {
    let connection = connections::load_with_token(session, &wanted.connection)?;
    let is_expected = expected.is_none_or(|scope| *scope == connection.scope_id);
    if !is_expected || !principal.may(Action::Publish, &connection.scope_id) {
        return Err(Error::not_found("OAuth token"));
    }
    if let Some(name) = &wanted.organization {
        let named = scopes::find(session, name)?;
        if named.is_none_or(|named| named.id != connection.scope_id) {
            return Err(Error::invalid("organization-name", "must name the organization that has the OAuth token"));
        }
    }
    scopes::load(session, &connection.scope_id)
}

/// Module and job appear together or not at all.
fn insert(
    session: &mut Connection,
    principal: &Principal,
    scope: &Scope,
    wanted: &Wanted,
) -> Result<FullModule, Error> {
    let webhook = Uuid::new_v4().to_string();
    let repository = repositories::find_or_insert(session, &wanted.connection, wanted.identifier.as_str(), &webhook)?;
    let new = NewModule {
        scope,
        name: &wanted.name,
        provider: &wanted.provider,
        publishing: Publishing::Tags,
        repository: Some(&repository.id),
        display_identifier: &wanted.display_identifier,
        source_directory: wanted.source_directory.as_str(),
        tag_prefix: &wanted.tag_prefix,
        vanished_tags: VanishedTags::Keep,
        no_code: wanted.no_code,
    };
    let module = modules::insert(session, &new)?;
    modules::add_wish(session, &module, jobs::args::EXPLICIT)?;
    jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, &repository.id, &scope.id))?;
    record_success(session, &principal.about(&scope.id), ACTION, &format!("{} {}", module.id, module.address()))?;
    FullModule::load(session, module)
}
