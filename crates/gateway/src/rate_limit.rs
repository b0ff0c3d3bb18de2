//! How often clients may call (wire-spec 5.2), and how often they may be wrong about who they are. Each process counts by
//! itself.

mod budgets;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use serde_json::{Value, json};
use service_kit::Rates;

use budgets::{Budgets, Client, Verdict};

use crate::{caller::authenticate, client_address::client_address, state::State};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The budgets of all clients.
pub(crate) struct RateLimits {
    calls: Option<Budgets>,
    failed_logins: Option<Budgets>,
}

impl RateLimits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            calls: rates.calls_per_second.map(Budgets::per_second),
            failed_logins: rates.failed_logins_per_minute.map(Budgets::per_minute),
        }
    }

    /// Takes note of a wrong token or password. The answer to give instead of one's own, if there were too many from
    /// where this comes.
    pub(crate) fn refuse_failed_login(&self, request: &HttpRequest, state: &State, form: Form) -> Option<HttpResponse> {
        let verdict = self.failed_logins.as_ref()?.take(from_where(request, state));
        (!verdict.allowed).then(|| form.too_many("too many wrong tokens came from this address", &verdict))
    }
}

/// What an error looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    JsonApi,
    Registry,
}

impl Form {
    fn too_many(self, why: &str, verdict: &Verdict) -> HttpResponse {
        let (media_type, body): (_, Value) = match self {
            // The status is a string: clients drop a body with any other (wire-spec 5.5).
            Self::JsonApi => (
                "application/vnd.api+json",
                json!({"errors": [{"status": "429", "title": "too many requests", "detail": why}]}),
            ),
            Self::Registry => ("application/json", json!({"errors": [format!("too many requests: {why}")]})),
        };
        let mut response = HttpResponse::build(StatusCode::TOO_MANY_REQUESTS);
        response.content_type(media_type).insert_header((header::RETRY_AFTER, verdict.whole_seconds()));
        let mut response = response.body(body.to_string());
        // go-tfe waits so long; a text that is no number would end the whole client.
        if let Form::JsonApi = self {
            add_reset(response.headers_mut(), verdict);
        }
        response
    }
}

/// On a management API: so many calls in a second with one token, or from one address without a valid one. Every answer
/// says how many there are, and of failed logins there are so many in a minute.
pub(crate) async fn limit_calls(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(calls) = &state.rate_limits.calls else { return limit_failed(request, next, &state, Form::JsonApi).await };
    // Known from now on: the handler finds the caller among those that are kept.
    let client = match authenticate(request.request()).await {
        Ok(principal) => Client::Token(principal.token.clone()),
        Err(_) => from_where(request.request(), &state),
    };
    let verdict = calls.take(client);
    let mut response = if verdict.allowed {
        limit_failed(request, next, &state, Form::JsonApi).await?
    } else {
        request.into_response(Form::JsonApi.too_many("wait a moment, then go on more slowly", &verdict))
    };
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(verdict.limit));
    headers.insert(REMAINING, HeaderValue::from(verdict.remaining));
    if !headers.contains_key(RESET) {
        add_reset(headers, &verdict);
    }
    Ok(response)
}

/// On the registry protocol: only failed logins.
pub(crate) async fn limit_failed_logins(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match request.app_data::<Data<State>>().cloned() {
        Some(state) => limit_failed(request, next, &state, Form::Registry).await,
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// Who was wrong too often is told so instead of being told that he is wrong. Whoever is right is not asked, so that
/// nobody can lock out others behind the same address; nor is whoever names no token at all.
async fn limit_failed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    state: &State,
    form: Form,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let failed = response.status() == StatusCode::UNAUTHORIZED
        && response.request().headers().contains_key(header::AUTHORIZATION);
    if !failed {
        return Ok(response);
    }
    match state.rate_limits.refuse_failed_login(response.request(), state, form) {
        Some(refusal) => Ok(response.into_response(refusal)),
        None => Ok(response),
    }
}

fn from_where(request: &HttpRequest, state: &State) -> Client {
    Client::at(client_address(request, &state.config.trusted_proxies))
}

fn add_reset(headers: &mut HeaderMap, verdict: &Verdict) {
    if let Ok(value) = HeaderValue::from_str(&verdict.seconds()) {
        headers.insert(RESET, value);
    }
}
