//! `GET /api/v2/registry-modules/{id}/tag-bindings`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use service_kit::JsonApiError;
use store::{
    modules,
    tag_bindings::{self, Tagged},
};

use super::{answer, query::Query, tag_bindings as view};
use crate::{caller::Caller, state::State};

/// The tags of a module, by key.
pub(super) async fn list(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let tags = state
        .store
        .read(move |session| {
            let module = modules::load(session, id.as_str())?;
            if !principal.may(Action::Read, &module.scope_id) {
                return Err(Error::not_found("Module"));
            }
            tag_bindings::list(session, Tagged::Module(&module.id))
        })
        .await?;
    query.check_includes(&[])?;
    Ok(answer::ok(&view::document(&tags)))
}
