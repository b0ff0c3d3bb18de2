//! `GET /api/v2/registry-modules/{id}/tag-bindings` and `GET /api/v2/registry-module-versions/{id}/tag-bindings`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection, modules,
    tag_bindings::{self, TagBinding, Tagged},
    versions,
};

use super::{answer, query::Query, tag_bindings as view};
use crate::{caller::Caller, state::State};

/// The tags of a module, by key.
pub(super) async fn list_of_module(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let read = move |session: &mut Connection| list(session, &principal, id.as_str(), (Tagged::Module(&id), "Module"));
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
        list(session, &principal, &version.module_id, (Tagged::Version(&id), "Module version"))
    };
    show(&query, state.store.read(read).await?)
}

fn list(
    session: &mut Connection,
    principal: &Principal,
    module: &str,
    (tagged, what): (Tagged<'_>, &'static str),
) -> Result<Vec<TagBinding>, Error> {
    let module = modules::load(session, module)?;
    if !principal.may(Action::Read, &module.scope_id) {
        return Err(Error::not_found(what));
    }
    tag_bindings::list(session, tagged)
}

fn show(query: &Query, tags: Vec<TagBinding>) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&[])?;
    Ok(answer::ok(&view::document(&tags)))
}
