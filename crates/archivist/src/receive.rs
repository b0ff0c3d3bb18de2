//! `PUT /v1/object/{token}`, also with `/{file}` behind

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use domain::Error;
use service_kit::RegistryError;
use signed_link::Grant;
use store::versions::{self, Uploaded};
use uuid::Uuid;

use crate::{link, state::State, upload};

/// Keeps the bytes for a worker to check. Answers only when both they and the work on them are safe.
pub(crate) async fn receive(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> Result<HttpResponse, RegistryError> {
    let (version, max_bytes) = match link::open(&state.config.link_keys, &request)? {
        Grant::Put { version, max_bytes } => (version, max_bytes),
        Grant::Get { .. } => return Err(link::invalid().into()),
    };
    upload::check_length(&request, max_bytes)?;
    let chunks = upload::gzip_only(payload).await?;
    // A fresh key each time: two uploads at once must not mix.
    let key = Uuid::new_v4().to_string();
    let staged = state.blobs.stage(&key, chunks, max_bytes).await?;
    hand_on(&state, version, key, staged.sha256_hex).await?;
    Ok(HttpResponse::Ok().finish())
}

/// From here on the staged bytes belong to the version, or are of no use to anybody.
async fn hand_on(state: &State, version: String, key: String, sha256: String) -> Result<(), Error> {
    let staged = key.clone();
    let outcome = state.store.write(move |session| versions::set_uploaded(session, &version, &staged, &sha256)).await;
    match outcome {
        Ok(Uploaded::Accepted { replaced }) => {
            if let Some(replaced) = replaced.filter(|replaced| *replaced != key) {
                forget(state, &replaced).await;
            }
            Ok(())
        }
        Ok(Uploaded::Repeated) => {
            forget(state, &key).await;
            Ok(())
        }
        Err(error) => {
            // Otherwise the commit may have happened all the same; what nobody needs is swept up later.
            if matches!(error, Error::NotFound { .. } | Error::Conflict { .. }) {
                forget(state, &key).await;
            }
            Err(error)
        }
    }
}

/// As well as it goes: what stays is swept up later.
async fn forget(state: &State, key: &str) {
    if let Err(error) = state.blobs.delete_staged(key).await {
        tracing::warn!(error = error.chain(), "A staged upload that nobody needs could not be deleted");
    }
}
