//! `POST /api/iacp/v3/modules`

mod place;
mod wanted;

use std::sync::Arc;

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Principal, Publishing, VanishedTags};
use service_kit::JsonApiError;
use store::{
    Connection,
    modules::{self, Description, Module, NewModule},
};
use vcs_hosts::api::RepositoryFacts;

use super::{
    access::check,
    module_set::{ModuleSet, Wishes},
};
use crate::{
    caller::Caller,
    host::look_up_with,
    json_api::{answer, attempt::record_success, body::Body},
    publishing::publish,
    state::State,
};
use place::Place;
use wanted::Wanted;

pub(super) const ACTION: &str = "create-module";

/// Publishes the tags of a repository. Versions go with their tags.
pub(super) async fn create(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let wanted = Arc::new(Wanted::parse(&body.members().await?)?);
    let (caller, asked) = (principal.clone(), Arc::clone(&wanted));
    let place = state.store.read(move |session| find(session, &caller, &asked)).await??;
    let facts = look_up_with(&state, &place.connection, (&wanted.identifier, None)).await?;
    let caller = principal.clone();
    let made = state
        .store
        .write(move |session| {
            // The host took its time: what was allowed before may not be any more.
            let place = match find(session, &caller, &wanted)? {
                Ok(place) => place,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let module = insert(session, &caller, (&wanted, &place), facts.as_ref())?;
            ModuleSet::load(session, &caller, vec![module], Wishes::default()).map(Ok)
        })
        .await
        .map_err(point_at)??;
    Ok(answer::created(&made.document(&state.config, &principal)?))
}

fn point_at(error: Error) -> JsonApiError {
    match error {
        Error::AlreadyExists { .. } => JsonApiError::at("/data/attributes/name", error),
        other => other.into(),
    }
}

/// Where it is to be made, for a caller who may publish there.
fn find(session: &mut Connection, caller: &Principal, wanted: &Wanted) -> Result<Result<Place, JsonApiError>, Error> {
    let found = Place::find(session, caller, wanted)?;
    if let Ok(place) = &found {
        check(caller, Action::Publish, &place.scope.id)?;
    }
    Ok(found)
}

fn insert(
    session: &mut Connection,
    caller: &Principal,
    (wanted, place): (&Wanted, &Place),
    facts: Option<&RepositoryFacts>,
) -> Result<Module, Error> {
    let new = NewModule {
        namespace: place.namespace.as_ref().unwrap_or(&place.scope),
        display_identifier: &wanted.written_identifier,
        source_directory: wanted.source_directory.as_str(),
        written_directory: wanted.written_directory.as_deref(),
        tag_prefix: &wanted.tag_prefix,
        vanished_tags: VanishedTags::Remove,
        description: wanted.description.as_deref().map_or(Description::OfRepository(""), Description::Own),
        ..NewModule::new(&place.scope, &wanted.name, &wanted.provider, Publishing::Tags)
    };
    let module = publish(session, caller, (&place.connection.id, &wanted.identifier), facts, new)?;
    let caller = caller.about(&place.scope.id);
    record_success(session, &caller, ACTION, &format!("{} {}", module.id, module.address()))?;
    modules::load(session, module.id.as_str())
}
