//! Gitea and Forgejo (wire-spec 16.2): payloads in the form of GitHub, headers of their own.

use domain::Error;

use super::signature::{self, Signature};
use super::{Event, Headers, Refused, github};

const GITEA_SIGNATURES: &[Signature] =
    &[Signature::bare("X-Gitea-Signature"), Signature::prefixed("X-Hub-Signature-256")];

const FORGEJO_SIGNATURES: &[Signature] = &[
    Signature::bare("X-Forgejo-Signature"),
    Signature::bare("X-Gitea-Signature"),
    Signature::prefixed("X-Hub-Signature-256"),
];

pub(super) fn authenticate_gitea(secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    signature::verify(GITEA_SIGNATURES, secret, headers, body)
}

pub(super) fn authenticate_forgejo(secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    signature::verify(FORGEJO_SIGNATURES, secret, headers, body)
}

pub(super) fn read_gitea(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    let name = headers.event_name(&["X-Gitea-Event"])?;
    github::read_payload(name, headers.delivery_id(&["X-Gitea-Delivery"]), body)
}

pub(super) fn read_forgejo(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    let name = headers.event_name(&["X-Forgejo-Event", "X-Gitea-Event"])?;
    github::read_payload(name, headers.delivery_id(&["X-Forgejo-Delivery", "X-Gitea-Delivery"]), body)
}
