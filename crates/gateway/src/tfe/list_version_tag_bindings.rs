//! `GET /api/v2/registry-module-versions/{id}/tag-bindings`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use service_kit::JsonApiError;
use store::{
    modules,
    tag_bindings::{self, Tagged},
    versions,
};

use super::{answer, query::Query, tag_bindings as view};
use crate::{caller::Caller, state::State};

/// The tags of a version, by key.
pub(super) async fn list(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ModuleVersion> = id.parse()?;
    let tags = state
        .store
        .read(move |session| {
            let version = versions::load(session, id.as_str())?;
            let module = modules::load(session, &version.module_id)?;
            if !principal.may(Action::Read, &module.scope_id) {
                return Err(Error::not_found("Module version"));
            }
            tag_bindings::list(session, Tagged::Version(&version.id))
        })
        .await?;
    query.check_includes(&[])?;
    Ok(answer::ok(&view::document(&tags)))
}
