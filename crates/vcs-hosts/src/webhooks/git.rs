//! Plain Git servers have no webhooks. Whoever runs one may call ours from a hook of it: the body is signed under
//! `X-Quarry-Signature-256` and may be empty, and every delivery means that the tags changed.

use domain::Error;

use super::signature::{self, Signature};
use super::{Event, Headers, News, Refused, Repository};
use crate::payload;

const SIGNATURES: &[Signature] = &[Signature::prefixed("X-Quarry-Signature-256")];

pub(super) fn authenticate(secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    signature::verify(SIGNATURES, secret, headers, body)
}

pub(super) fn read(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    if !body.trim_ascii().is_empty() {
        payload::check(body)?;
    }
    Ok(Event {
        name: "push".to_owned(),
        delivery_id: headers.delivery_id(&["X-Quarry-Delivery"]),
        repository: Repository::default(),
        news: News::Tags(Vec::new()),
    })
}
