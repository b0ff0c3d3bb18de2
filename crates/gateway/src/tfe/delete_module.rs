//! `DELETE /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}[/{provider}]` and, older form,
//! `POST /api/v2/registry-modules/actions/delete/{org}/{name}[/{provider}]`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;
use store::modules;

use super::{answer, attempt::record_success, module_path::ModulePath};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "delete-module";

/// Deletes the module of one provider, or those of all providers.
pub(super) async fn delete(
    Owner { principal, scope }: Owner,
    path: Path<ModulePath>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let mut deleted = Vec::new();
            for module in path.load_modules(session, &scope)? {
                modules::delete(session, &module)?;
                deleted.push(format!("{} {}", module.id, module.address()));
            }
            record_success(session, &principal, ACTION, &deleted.join(", "))
        })
        .await?;
    Ok(answer::no_content())
}
