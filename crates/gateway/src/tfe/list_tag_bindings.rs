//! `GET /api/v2/registry-modules/{id}/tag-bindings` and `GET /api/v2/registry-module-versions/{id}/tag-bindings`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;
use store::{
    Connection,
    tag_bindings::{self, TagBinding, Tagged},
    versions,
};

use super::{answer, module_access::load_module, query::Query, tag_bindings as view};
use crate::{caller::Caller, state::State};

/// The tags of a module, by key.
pub(super) async fn list_of_module(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let read = move |session: &mut Connection| {
        load_module(session, &principal, id.as_str(), Action::Read)?;
        tag_bindings::list(session, Tagged::Module(&id))
    };
    show(&query, state.store.read(read).await?)
}

/// The tags of a version, by key.
pub(super) async fn list_of_version(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ModuleVersion> = id.parse()?;
    let read = move |session: &mut Connection| {
        let version = versions::load(session, id.as_str())?;
        load_module(session, &principal, &version.module_id, Action::Read)?;
        tag_bindings::list(session, Tagged::Version(&id))
    };
    show(&query, state.store.read(read).await?)
}

fn show(query: &Query, tags: Vec<TagBinding>) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    Ok(answer::ok(&view::document(&tags)))
}
