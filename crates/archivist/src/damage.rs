//! A blob that could not be sent as it was stored: said in the log, and reported to whoever can make it again.

use std::sync::Arc;

use actix_web::web::Data;
use domain::Error;
use store::versions;

use crate::state::State;

/// `error` came about while `blob` was read. One that will not pass by itself is reported, without waiting for that.
pub(crate) fn note(state: &Data<State>, blob: &str, error: &Error) {
    if error.is_transient() {
        tracing::warn!(blob, error = error.chain(), "A blob could not be sent to its end");
        return;
    }
    tracing::error!(blob, error = error.chain(), "A stored blob is damaged or gone, and was not sent");
    let (state, blob) = (Arc::clone(state), blob.to_owned());
    actix_web::rt::spawn(async move { report(&state, blob).await });
}

async fn report(state: &State, blob: String) {
    let wanted = blob.clone();
    match state.store.write(move |session| versions::report_damaged(session, &wanted)).await {
        Ok(damaged) => {
            for of_blob in damaged {
                let (module, version) = (of_blob.module.address().to_string(), of_blob.version.version.to_string());
                let from_git = of_blob.is_from_git();
                tracing::warn!(blob, module, version, from_git, "The archive of this version must be made again");
            }
        }
        Err(error) => tracing::error!(blob, error = error.chain(), "A damaged blob could not be reported"),
    }
}
