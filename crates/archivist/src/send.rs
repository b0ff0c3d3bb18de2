//! `GET /v1/object/{token}` and `HEAD /v1/object/{token}`, each also with `/{file}` behind

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, REFERRER_POLICY},
    web::Data,
};
use blobs::ByteStream;
use bytes::Bytes;
use domain::Error;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use service_kit::RegistryError;
use signed_link::Grant;

use crate::{damage, link, state::State};

/// A client follows a redirect at once; what it began may take longer.
const PRESIGNED_LIFE: Duration = Duration::from_secs(60);

/// The blob, verified on the way: of one that was altered the last bytes are missing, and the connection breaks.
pub(crate) async fn send(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, RegistryError> {
    let (blob, size) = open(&request, &state)?;
    if state.config.redirects {
        return redirect(&state, &blob, size).await;
    }
    let (stored, chunks) = state.blobs.stream(&blob).await.inspect_err(|error| damage::note(&state, &blob, error))?;
    check(&state, &blob, size, stored)?;
    let mut verified = blobs::verified(chunks, &blob);
    // What shows before the first chunk can still be said; a blob of one chunk is known to be good by then.
    let first = verified.next().await.transpose().inspect_err(|error| damage::note(&state, &blob, error))?;
    let rest = verified.inspect_err(move |error| damage::note(&state, &blob, error));
    Ok(respond(size, stream::iter(first.map(Ok)).chain(rest).boxed()))
}

/// To the store itself, for as long as a client needs to begin. What has not even the right length is not passed on.
async fn redirect(state: &Data<State>, blob: &str, size: u64) -> Result<HttpResponse, RegistryError> {
    look(state, blob, size).await?;
    let address = state.blobs.presigned_get(blob, PRESIGNED_LIFE).await?;
    Ok(HttpResponse::TemporaryRedirect()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .finish())
}

/// The headers of `send`, without reading the blob.
pub(crate) async fn describe(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, RegistryError> {
    let (blob, size) = open(&request, &state)?;
    look(&state, &blob, size).await?;
    Ok(respond(size, stream::empty::<Result<Bytes, Error>>().boxed()))
}

fn open(request: &HttpRequest, state: &State) -> Result<(String, u64), Error> {
    match link::open(&state.config.link_keys, request)? {
        Grant::Get { blob, size } => Ok((blob, size)),
        Grant::Put { .. } => Err(link::invalid()),
    }
}

/// A wrong length is seen before anything was sent, so it can still be said.
fn check(state: &Data<State>, blob: &str, expected: u64, stored: u64) -> Result<(), Error> {
    if expected == stored {
        return Ok(());
    }
    let error =
        Error::internal("reading a blob", format!("there are {stored} bytes under {blob} instead of {expected}"));
    damage::note(state, blob, &error);
    Err(error)
}

/// The same, without reading the blob.
async fn look(state: &Data<State>, blob: &str, expected: u64) -> Result<(), Error> {
    let found = state.blobs.size(blob).await?.ok_or_else(|| Error::not_found("Blob"));
    let stored = found.inspect_err(|error| damage::note(state, blob, error))?;
    check(state, blob, expected, stored)
}

/// Never a `Content-Encoding`: clients would unpack what they should get packed.
fn respond(size: u64, body: ByteStream) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/gzip"))
        .insert_header((CACHE_CONTROL, "private"))
        .body(SizedStream::new(size, body))
}
