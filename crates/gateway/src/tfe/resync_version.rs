//! `POST /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/{version}` +
//! `/actions/resync`: not part of the API of TFE.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;

use super::{attempt::record_success, module_path::ModulePath};
use crate::{caller::Publisher, publishing::resync_version, state::State};

pub(super) const ACTION: &str = "resync-version";

/// Has one version from Git tried again, at the commit that its tag is on by then. Of one that is ok the documentation is
/// read anew from the stored archive, whose bytes stay. 202: it is queued.
pub(super) async fn resync(
    Publisher { principal, scope }: Publisher,
    path: Path<ModulePath>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    state
        .store
        .write(move |session| {
            let (module, version) = path.load_version(session, &scope)?;
            resync_version(session, &module, &version)?;
            let object = format!("{} {} {}", version.id, module.address(), version.version);
            record_success(session, &principal, ACTION, &object)
        })
        .await?;
    Ok(HttpResponse::Accepted().finish())
}
