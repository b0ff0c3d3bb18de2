//! `POST /api/v2/registry-modules/{id}/actions/resync`: not part of the API of TFE, whose pages have a button for it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;
use store::jobs::args;

use super::{attempt::record_success, module_access::load_module, query::Query};
use crate::{caller::Caller, publishing::resync_module, state::State};

pub(super) const ACTION: &str = "resync-module";

/// Has the repository of a module looked at again. 202: it is queued. With `explicit=true` what was deleted may come
/// back, with the same content; with `force=true` moreover what failed is tried again, and documentation is read anew.
pub(super) async fn resync(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let flags = match (query.find("force"), query.find("explicit")) {
        (Some("true"), _) => args::EXPLICIT | args::FORCE,
        (_, Some("true")) => args::EXPLICIT,
        _ => 0,
    };
    state
        .store
        .write(move |session| {
            let module = load_module(session, &principal, id.as_str(), Action::Publish)?;
            resync_module(session, &module, flags)?;
            record_success(
                session,
                &principal.about(&module.scope_id),
                ACTION,
                &format!("{} {}", module.id, module.address()),
            )
        })
        .await?;
    Ok(HttpResponse::Accepted().finish())
}
