//! `POST /api/v2/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}/{version}` +
//! `/actions/accept-moved-tag`: not part of the API of TFE.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use service_kit::JsonApiError;
use store::versions;

use super::{attempt::record_success, body::Body, module_path::ModulePath};
use crate::{caller::Owner, publishing::repository_of, state::State};

pub(super) const ACTION: &str = "accept-moved-tag";

/// Has a published version made anew from the commit that its tag moved to, which the body must name, so that the owner
/// accepts nothing but what was seen. 202: it is queued, and until the new archive is stored, the former one is served.
pub(super) async fn accept(
    Owner { principal, scope }: Owner,
    path: Path<ModulePath>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let commit = body.attributes().await?.required_string("commit-sha")?.to_owned();
    state
        .store
        .write(move |session| {
            let (module, version) = path.load_version(session, &scope)?;
            versions::accept(session, &module, &version, &commit)?;
            repository_of(&module)?;
            let former = version.commit_sha.as_deref().unwrap_or("nothing");
            let object = format!("{} {} {}: {former} -> {commit}", version.id, module.address(), version.version);
            record_success(session, &principal, ACTION, &object)
        })
        .await?;
    Ok(HttpResponse::Accepted().finish())
}
