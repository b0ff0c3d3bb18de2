//! The audit log of what was tried and refused. What succeeds is written by its handler, in its transaction.

use actix_web::{
    HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use domain::{Error, Principal};
use store::{Connection, audit};

use crate::{call, caller::authenticate, route::Attempt, state::State};

/// Longer paths name nothing; their beginning is enough to see what was tried.
const LONGEST_OBJECT: usize = 512;

/// Part of a successful change. It is kept with the organization that the path names; a handler whose path names none
/// passes `principal.about(&scope)`.
pub(crate) fn record_success(
    session: &mut Connection,
    principal: &Principal,
    action: &'static str,
    object: &str,
) -> Result<(), Error> {
    audit::insert(session, principal, action, object, "ok")
}

/// Writes an entry for every authenticated call that was to change something and did not: the same for what is
/// missing and for what is hidden.
pub(crate) async fn record_refusals(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    // go-scalr asks for a resync with GET.
    let may_change = !request.method().is_safe() || request.path().contains("/actions/");
    let request_id = may_change.then(|| call::begin(request.request()).request_id);
    let mut response = next.call(request).await?;
    if let Some(id) = request_id.and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(HeaderName::from_static(call::REQUEST_ID), id);
    }
    let status = response.status();
    let attempt = response.request().app_data::<Attempt>().copied();
    if let Some(Attempt(action)) = attempt
        && (status.is_client_error() || status.is_server_error())
        && status != StatusCode::UNAUTHORIZED
        // Nothing was decided, and a database that does not answer would only be asked once more.
        && status != StatusCode::SERVICE_UNAVAILABLE
    {
        let request = response.request().clone();
        if let Err(error) = record_refusal(&request, action, status).await {
            tracing::error!(error = error.chain(), action, "A refused call could not be written to the audit log");
        }
    }
    Ok(response)
}

async fn record_refusal(request: &HttpRequest, action: &'static str, status: StatusCode) -> Result<(), Error> {
    let principal = authenticate(request).await?;
    let state = request.app_data::<Data<State>>().ok_or_else(|| Error::internal("finding the state", "none is set"))?;
    let object: String = request.path().chars().take(LONGEST_OBJECT).collect();
    state.store.write(move |session| audit::insert(session, &principal, action, &object, status.as_str())).await
}
