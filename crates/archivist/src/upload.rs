//! The body of an upload, as it comes in.

use actix_web::{HttpRequest, error::PayloadError, http::header::CONTENT_LENGTH, web::Payload};
use bytes::{Bytes, BytesMut};
use domain::Error;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

const WHAT: &str = "the upload";
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The chunks of `payload`, once it is known that they begin like gzip. What is inside is for others to judge.
pub(crate) async fn gzip_only(mut payload: Payload) -> Result<impl Stream<Item = Result<Bytes, Error>>, Error> {
    let mut head = BytesMut::new();
    while head.len() < GZIP.len() {
        match payload.next().await {
            Some(chunk) => head.extend_from_slice(&chunk.map_err(broken_off)?),
            None if head.is_empty() => return Err(Error::invalid(WHAT, "is empty; it must be a gzip tar archive")),
            None => break,
        }
    }
    if !head.starts_with(&GZIP) {
        return Err(Error::invalid(WHAT, "must be a gzip tar archive: it does not begin with the bytes 1f 8b"));
    }
    Ok(stream::iter([Ok(head.freeze())]).chain(payload.map_err(broken_off)))
}

/// Refuses what says itself that it is too long, before it is read.
pub(crate) fn check_length(request: &HttpRequest, max_bytes: u64) -> Result<(), Error> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > max_bytes) {
        return Err(Error::TooLarge { what: WHAT.to_owned(), limit: max_bytes });
    }
    Ok(())
}

fn broken_off(error: PayloadError) -> Error {
    tracing::debug!(%error, "An upload broke off");
    Error::invalid(WHAT, "broke off before its end")
}
