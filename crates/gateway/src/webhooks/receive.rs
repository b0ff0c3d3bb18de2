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
use service_kit::status_of;
use store::{
    Connection,
    jobs::{self, NewJob},
    webhooks::{self, Hook, NewDelivery},
};
use tokio::{sync::SemaphorePermit, task::spawn_blocking, time::timeout};
use uuid::Uuid;
use vcs_hosts::{
    HostKind,
    webhooks::{Event, Headers, Refused, authenticate, read},
};

use crate::{rate_limit::Form, state::State};

/// The most that any host sends.
const LARGEST: usize = 25 * 1024 * 1024;
/// Hosts wait about as long for the answer.
const LONGEST: Duration = Duration::from_secs(10);
/// What is held of deliveries at a time, in [`UNIT`]s, so that strangers cannot fill the memory.
pub(crate) const ROOM: usize = 64;
const UNIT: usize = 1024 * 1024;
/// More takes long enough to hash that others would notice.
const QUICK: usize = 64 * 1024;

const READING: &str = "reading a delivery";
/// The answer for a delivery that came before.
const REPEATED: &str = "repeated";

/// Takes a delivery as a hint: whatever it says of tags, the sync looks at them itself. 202 once that is queued, and for
/// everything that needs no sync. Who is refused too often from one address is not even written down.
pub(super) async fn receive(
    request: HttpRequest,
    uuid: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    take(&request, &uuid, payload, &state).await.unwrap_or_else(|error| refuse(&error))
}

async fn take(request: &HttpRequest, uuid: &str, payload: Payload, state: &State) -> Result<HttpResponse, Error> {
    // Only as the address of a module shows it.
    let uuid = Uuid::parse_str(uuid).ok().map(|it| it.to_string()).filter(|it| it == uuid).ok_or_else(unknown)?;
    let found = state.store.read(move |session| webhooks::find(session, &uuid)).await?;
    let (hook, kind, scope) = found.ok_or_else(unknown)?;
    let kind: HostKind = kind.parse().map_err(|source: Error| Error::internal(READING, source))?;
    match event_of(request, payload, state, (&hook, kind)).await {
        Ok(event) => {
            let outcome = accept(state, hook, scope, event).await?;
            Ok(HttpResponse::Accepted().json(json!({"outcome": outcome})))
        }
        Err(Unusable::Refused(refusal)) => {
            if let Some(answer) = state.rate_limits.refuse_failed_login(request, state, Form::Registry) {
                return Ok(answer);
            }
            note_useless(state, &hook, webhooks::REFUSED, refusal.to_string()).await;
            Err(Error::Unauthenticated)
        }
        Err(Unusable::Malformed(error)) => {
            note_useless(state, &hook, webhooks::MALFORMED, error.to_string()).await;
            Err(error)
        }
        Err(Unusable::Unread(error)) => Err(error),
    }
}

/// Why a delivery is of no use.
enum Unusable {
    /// Nobody knows whom it is from.
    Refused(Refused),
    /// It is from the host, and not in a form that is known.
    Malformed(Error),
    /// It was not even looked at.
    Unread(Error),
}

/// What the host tells, once it is known to be the host.
async fn event_of(
    request: &HttpRequest,
    payload: Payload,
    state: &State,
    (hook, kind): (&Hook, HostKind),
) -> Result<Event, Unusable> {
    let secret = open(state, hook).map_err(Unusable::Unread)?.ok_or(Unusable::Refused(Refused::NoSecret))?;
    let headers = headers_of(request);
    let _room = room_for(request, state).map_err(Unusable::Unread)?;
    let body = body_of(payload).await.map_err(Unusable::Unread)?;
    let judge = move || judge(kind, &secret, &headers, &body);
    if length_of(request).is_some_and(|length| length <= QUICK) {
        return judge();
    }
    let judged = spawn_blocking(judge).await.map_err(|source| Error::internal(READING, source));
    judged.map_err(Unusable::Unread)?
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
    let identifier = hook.repository.identifier.parse().map_err(|source: Error| Error::internal(READING, source))?;
    let (outcome, message) = if !event.concerns(&identifier, hook.repository.remote_id.as_deref()) {
        (webhooks::IGNORED, "it is about another repository")
    } else if !event.is_about_tags() {
        (webhooks::IGNORED, "it is not about tags")
    } else {
        (webhooks::SYNC, "")
    };
    let accept = move |session: &mut Connection| {
        let is_sync = outcome == webhooks::SYNC;
        let id = &hook.repository.id;
        if is_sync {
            // The job before its repository, as those who delete them.
            jobs::lock_for_target(session, id.as_str())?;
        }
        let wait = if is_sync { webhooks::millis_to_wait(session, id)? } else { 0 };
        let delivery_id = event.delivery_id.as_deref().filter(|_| is_sync);
        if !webhooks::insert(session, id, &NewDelivery { delivery_id, event: &event.name, outcome, message })? {
            return Ok(REPEATED);
        }
        if is_sync {
            let sync = NewJob::new(JobKind::SyncRepository, id.as_str(), &scope);
            jobs::enqueue(session, sync.after_millis(wait))?;
        }
        Ok(outcome)
    };
    state.store.write(accept).await
}

/// Has the owners see it, as far as that can be written and there are not too many of its sort.
async fn note_useless(state: &State, hook: &Hook, outcome: &'static str, message: String) {
    let (id, asked) = (hook.repository.id.clone(), hook.repository.id.clone());
    let note = async {
        if state.store.read(move |session| webhooks::has_room(session, &asked, outcome)).await? {
            let new = move |session: &mut Connection| {
                let new = NewDelivery { delivery_id: None, event: "", outcome, message: &message };
                webhooks::insert(session, &id, &new)
            };
            state.store.write(new).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = note.await {
        tracing::warn!(error = error.chain(), "A delivery of no use could not be written down");
    }
}

fn headers_of(request: &HttpRequest) -> Vec<(String, Vec<u8>)> {
    request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

fn length_of(request: &HttpRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A place for the body, which may be as large as any if it does not say.
fn room_for<'a>(request: &HttpRequest, state: &'a State) -> Result<SemaphorePermit<'a>, Error> {
    let length = length_of(request).unwrap_or(LARGEST);
    if length > LARGEST {
        return Err(too_large());
    }
    let units = u32::try_from(length / UNIT + 1).unwrap_or(u32::MAX);
    let permit = state.delivery_room.try_acquire_many(units);
    permit.map_err(|full| Error::unavailable("holding a delivery", full))
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
    let status = match status_of(error) {
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    };
    let mut answer = HttpResponse::build(status);
    if !status.is_server_error() {
        return answer.json(json!({"error": error.to_string()}));
    }
    tracing::warn!(error = error.chain(), "A delivery could not be taken");
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.insert_header((header::RETRY_AFTER, "1"));
    }
    answer.json(json!({"error": "this did not work; try again"}))
}
