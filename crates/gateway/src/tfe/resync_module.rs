//! `POST /api/v2/registry-modules/{id}/actions/resync`: not part of the API of TFE, whose pages have a button for it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, JobKind, kinds};
use service_kit::JsonApiError;
use store::{
    jobs::{self, NewJob, args},
    modules,
};

use super::{attempt::record_success, query::Query};
use crate::{caller::Caller, state::State};

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
            let module = modules::load(session, id.as_str())?;
            if !principal.may(Action::Publish, &module.scope_id) {
                return Err(Error::not_found("Module"));
            }
            let Some(repository) = &module.repository_id else {
                return Err(Error::invalid("The module", "has no repository: its versions are uploaded"));
            };
            // In the order in which workers lock them: the job, then the module.
            jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, repository, &module.scope_id))?;
            modules::add_wish(session, &module, flags)?;
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
