//! What a host answered, read within limits.

use domain::Error;
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::call::Session;
use super::shapes::Prose;
use super::{failure, later};
use crate::payload::{self, List, Member, Object};

/// A hundred commits or webhooks have a tenth of it.
const LARGEST: usize = 2 * 1024 * 1024;

pub(super) struct Answer<'a> {
    session: &'a Session<'a>,
    response: Response,
}

impl<'a> Answer<'a> {
    pub(super) fn new(session: &'a Session<'a>, response: Response) -> Self {
        Self { session, response }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn reason_to_wait(&self) -> Option<(String, Option<u64>)> {
        later::reason_to_wait(self.response.status(), self.response.headers())
    }

    /// Azure DevOps shows people a page to sign in at.
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self.status(), StatusCode::UNAUTHORIZED | StatusCode::NON_AUTHORITATIVE_INFORMATION)
    }

    /// Succeeds unless the token was not accepted.
    pub(super) fn check_token(&self) -> Result<(), Error> {
        if self.is_unauthorized() { Err(failure::wrong_token(self.session.host())) } else { Ok(()) }
    }

    /// Succeeds for an answer that is what was asked for: `subject`, as `the repository acme/vpc`.
    pub(super) fn expect(self, subject: &str) -> Result<Self, Error> {
        if self.is_unauthorized() {
            return Err(self.failure(StatusCode::UNAUTHORIZED, subject));
        }
        if self.status().is_success() { Ok(self) } else { Err(self.failure(self.status(), subject)) }
    }

    fn failure(&self, status: StatusCode, subject: &str) -> Error {
        failure::for_status(self.session.host(), self.session.has_token(), status, subject)
    }

    /// The body as `parse` understands it, which names what is wrong.
    pub(super) async fn read<T>(self, parse: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
        let host = self.session.host();
        let body = self.bytes().await?;
        parse(&body).map_err(|error| failure::misunderstood(host, error))
    }

    /// What the host says is wrong, if it says so in a way that is known. It may be long, and repeat what was sent.
    pub(super) async fn complaint(self) -> Option<String> {
        let complaint = payload::parse::<Complaint>(&self.bytes().await.ok()?).ok()?.text()?;
        let complaint: String = complaint.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(complaint).filter(|text| !text.is_empty())
    }

    async fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let host = self.session.host();
        let mut body = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|error| failure::for_request(host, &error))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(failure::too_large(host, LARGEST));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The forms in which the hosts complain.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Complaint {
    message: Member<Prose>,
    error: Member<Object<Inner>>,
    errors: Member<List<Inner>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inner {
    message: Member<Prose>,
}

impl Complaint {
    /// The most exact one.
    fn text(self) -> Option<String> {
        let listed = self.errors.get("errors").ok().flatten().and_then(|errors| errors.kept.into_iter().next());
        let inner = listed.or_else(|| self.error.get("error").ok().flatten());
        let exact = inner.and_then(|inner| inner.message.get("message").ok().flatten());
        exact.or_else(|| self.message.get("message").ok().flatten())
    }
}
