//! Opening the link of a request. Its token is the only credential: an `Authorization` header is not looked at.

use std::time::SystemTime;

use actix_web::HttpRequest;
use domain::Error;
use signed_link::{Grant, LinkError, LinkKeys};

/// What the link in the path allows now.
pub(crate) fn open(keys: &LinkKeys, request: &HttpRequest) -> Result<Grant, Error> {
    let token = request.match_info().get("token").unwrap_or_default();
    match keys.open(token, now()?) {
        Ok(link) => Ok(link.grant),
        Err(LinkError::Invalid) => Err(invalid()),
        Err(LinkError::Expired) => Err(forbidden("use this link: it has expired; run init or start the upload again")),
    }
}

/// Also the answer to a good link for something else: a holder needs to know no more.
pub(crate) fn invalid() -> Error {
    forbidden("use this link: it is not valid")
}

fn forbidden(action: &str) -> Error {
    Error::Forbidden { action: action.to_owned() }
}

fn now() -> Result<i64, Error> {
    const READING: &str = "reading the clock";
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_err(|source| Error::internal(READING, source))?.as_secs();
    i64::try_from(seconds).map_err(|source| Error::internal(READING, source))
}
