//! `GET /api/v2/registry-modules/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use service_kit::JsonApiError;
use store::scopes;

use super::{
    answer, full_module::FullModule, module_access::load_module, module_view::ModuleView, query::Query, read_module,
};
use crate::{caller::Caller, state::State};

/// One module, whose organization the caller must be able to see.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let reader = principal.clone();
    let (full, scope) = state
        .store
        .read_at_once(move |session| {
            let module = load_module(session, &reader, id.as_str(), Action::Read)?;
            let scope = scopes::load(session, &module.scope_id)?;
            Ok((FullModule::load(session, module)?, scope))
        })
        .await?;
    query.check_includes(&read_module::INCLUDES)?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::ok(&view.document(&full)))
}
