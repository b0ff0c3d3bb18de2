//! `POST /webhooks/vcs/{uuid}` (wire-spec 16.1)

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, to_bytes_limited},
    http::{StatusCode, header},
    web::{Bytes, Data, Path, Payload},
};
use domain::{Error, JobKind};
use seal::Secret;
use serde_json::json;
use store::{
    Connection,
    jobs::{self, NewJob},
    webhooks::{self, Hook, NewDelivery},
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use uuid::Uuid;
use vcs_hosts::{
    HostKind,
    webhooks::{Event, Headers, Refused, authenticate, read},
};

use crate::state::State;

/// The most that any host sends.
const LARGEST: usize = 25 * 1024 * 1024;
/// Hosts wait about as long for the answer.
const LONGEST: Duration = Duration::from_secs(10);
/// Larger ones are few, and only some of them are held at a time.
const SMALL: usize = 1024 * 1024;
const LARGE_AT_ONCE: usize = 4;
/// More takes long enough to hash that others would notice.
const QUICK: usize = 64 * 1024;

static LARGE: Semaphore = Semaphore::const_new(LARGE_AT_ONCE);

/// Takes a delivery as a hint: whatever it says of tags, the sync looks at them itself. 202 once that is queued, and for
/// everything that needs no sync.
pub(super) async fn receive(
    request: HttpRequest,
    uuid: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    match take(&request, &uuid, payload, &state).await {
        Ok(outcome) => HttpResponse::Accepted().json(json!({"outcome": outcome})),
        Err(error) => refuse(&error),
    }
}

async fn take(request: &HttpRequest, uuid: &str, payload: Payload, state: &State) -> Result<&'static str, Error> {
    // Only as the address of a module shows it.
    let uuid = Uuid::parse_str(uuid).ok().map(|it| it.to_string()).filter(|it| it == uuid).ok_or_else(unknown)?;
    let found = state.store.read(move |session| webhooks::find(session, &uuid)).await?;
    let (hook, kind, scope) = found.ok_or_else(unknown)?;
    let kind: HostKind = kind.parse()?;
    let secret = open(state, &hook)?;
    let Some(secret) = secret else {
        return Err(refused(state, &hook, &Refused::NoSecret).await);
    };
    let headers = headers_of(request);
    let _permit = permit_for(request)?;
    let body = body_of(payload).await?;
    let judge = move || judge(kind, &secret, &headers, &body);
    let judged = if length_of(request).is_some_and(|length| length <= QUICK) {
        judge()
    } else {
        spawn_blocking(judge).await.map_err(|source| Error::internal("reading a delivery", source))?
    };
    match judged {
        Ok(event) => accept(state, hook, scope, event).await,
        Err(Unusable::Refused(refusal)) => Err(refused(state, &hook, &refusal).await),
        Err(Unusable::Malformed(error)) => {
            let (id, message) = (hook.repository.id, error.to_string());
            let malformed = move |session: &mut Connection| {
                let outcome = webhooks::MALFORMED;
                webhooks::insert(
                    session,
                    &id,
                    &NewDelivery { delivery_id: None, event: "", outcome, message: &message },
                )
            };
            state.store.write(malformed).await?;
            Err(error)
        }
    }
}

/// Why a delivery is of no use.
enum Unusable {
    /// Nobody knows whom it is from.
    Refused(Refused),
    /// It is from the host, and not in a form that is known.
    Malformed(Error),
}

fn unknown() -> Error {
    Error::not_found("This webhook")
}

fn open(state: &State, hook: &Hook) -> Result<Option<Secret>, Error> {
    let binding = webhooks::secret_binding(&hook.repository.id);
    hook.secret_sealed.as_deref().map(|sealed| state.config.seal_keys.open_text(sealed, &binding)).transpose()
}

/// Before anything else is believed, whether it comes from the host.
fn judge(kind: HostKind, secret: &Secret, headers: &[(String, Vec<u8>)], body: &Bytes) -> Result<Event, Unusable> {
    let headers: Headers<'_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    authenticate(kind, secret.reveal(), &headers, body).map_err(Unusable::Refused)?;
    read(kind, &headers, body).map_err(Unusable::Malformed)
}

/// What was judged, and queues a look at the tags if it is about them. A repetition changes nothing.
async fn accept(state: &State, hook: Hook, scope: String, event: Event) -> Result<&'static str, Error> {
    let identifier = hook.repository.identifier.parse()?;
    let (outcome, message) = if !event.concerns(&identifier, hook.remote_id.as_deref()) {
        (webhooks::IGNORED, "it is about another repository")
    } else if !event.is_about_tags() {
        (webhooks::IGNORED, "it is not about tags")
    } else {
        (webhooks::SYNC, "")
    };
    let accept = move |session: &mut Connection| {
        let new = NewDelivery { delivery_id: event.delivery_id.as_deref(), event: &event.name, outcome, message };
        if webhooks::insert(session, &hook.repository.id, &new)? && outcome == webhooks::SYNC {
            jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, hook.repository.id.as_str(), &scope))?;
        }
        Ok::<_, Error>(())
    };
    state.store.write(accept).await?;
    Ok(outcome)
}

/// Has the owners see it, as far as that can be written. The sender learns nothing of the reason.
async fn refused(state: &State, hook: &Hook, refusal: &Refused) -> Error {
    let (id, message) = (hook.repository.id.clone(), refusal.to_string());
    if let Err(error) = state.store.write(move |session| webhooks::insert_refused(session, &id, &message)).await {
        tracing::warn!(error = error.chain(), "A refused delivery could not be written down");
    }
    Error::Unauthenticated
}

fn headers_of(request: &HttpRequest) -> Vec<(String, Vec<u8>)> {
    request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

fn length_of(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether a body that may be large can be taken now.
fn permit_for(request: &HttpRequest) -> Result<Option<tokio::sync::SemaphorePermit<'static>>, Error> {
    match length_of(request) {
        Some(length) if length <= SMALL => Ok(None),
        Some(length) if length > LARGEST => Err(too_large()),
        _ => {
            let permit = LARGE.try_acquire();
            permit.map(Some).map_err(|full| Error::unavailable("reading a large delivery", full))
        }
    }
}

async fn body_of(payload: Payload) -> Result<Bytes, Error> {
    let reading = timeout(LONGEST, to_bytes_limited(BodyStream::new(payload), LARGEST));
    match reading.await.map_err(|_| Error::invalid("The body", "did not arrive within 10 seconds"))? {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Error::invalid("The body", "could not be read")),
        Err(_) => Err(too_large()),
    }
}

fn too_large() -> Error {
    Error::TooLarge { what: "The body".to_owned(), limit: LARGEST as u64 }
}

/// A short text: hosts show it to their users.
fn refuse(error: &Error) -> HttpResponse {
    let status = match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        error if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut answer = HttpResponse::build(status);
    let text = match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            answer.insert_header((header::RETRY_AFTER, "1"));
            "temporarily unavailable; try again".to_owned()
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            tracing::error!(error = error.chain(), "A delivery could not be taken");
            "the log of the server says more".to_owned()
        }
        _ => error.to_string(),
    };
    answer.json(json!({"error": text}))
}
