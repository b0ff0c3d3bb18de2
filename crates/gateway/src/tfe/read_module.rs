//! `GET /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}` and, oldest form,
//! `GET /api/v2/registry-modules/show/{org}/{name}/{provider}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;

use super::{answer, full_module::FullModule, module_path::ModulePath, module_view::ModuleView, query::Query};
use crate::{
    caller::{Caller, Reader},
    state::State,
};

/// Values of `include` for modules.
pub(super) const INCLUDES: [&str; 1] = ["no-code-modules"];

/// One module, by its address.
pub(super) async fn read(
    Caller(principal): Caller,
    Reader { scope }: Reader,
    path: Path<ModulePath>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (full, scope) = state
        .store
        .read_at_once(move |session| {
            let module = path.load_module(session, &scope)?;
            Ok((FullModule::load(session, module)?, scope))
        })
        .await?;
    query.check_includes(&INCLUDES)?;
    let view = ModuleView { public_url: &state.config.public_url, principal: &principal, scope: &scope };
    Ok(answer::ok(&view.document(&full)))
}
