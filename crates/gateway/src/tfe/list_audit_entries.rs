//! `GET /api/v2/organizations/{org}/audit-entries` and `GET /api/v2/audit-entries`: ours.

use actix_web::{HttpResponse, web::Data};
use domain::{Id, kinds};
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::audit::{self, Entry, Filter};

use super::{answer, page::Page, query::Query};
use crate::{
    caller::{Administrator, Owner},
    state::State,
    timestamp::{format_millis, parse_millis},
};

/// What was changed in an organization, or tried to be, newest first.
pub(super) async fn list_of_organization(
    owner: Owner,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    list(Some(owner.scope.id), query, state).await
}

/// The same of the whole installation.
pub(super) async fn list_all(_: Administrator, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    list(None, query, state).await
}

async fn list(scope: Option<Id<kinds::Scope>>, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    let text = |name| query.find(name).map(str::to_owned);
    let filter = Filter {
        scope,
        action: text("filter[action]"),
        user: text("filter[user]"),
        since: time_of(&query, "filter[since]")?,
        until: time_of(&query, "filter[until]")?,
    };
    let (found, total) = state.store.read(move |session| audit::list(session, &filter, page.window())).await?;
    let data = found.iter().map(|(entry, organization)| resource(entry, organization.as_deref())).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}

fn time_of(query: &Query, name: &str) -> Result<Option<i64>, JsonApiError> {
    let Some(text) = query.find(name) else { return Ok(None) };
    let millis = parse_millis(text);
    millis
        .map(Some)
        .ok_or_else(|| JsonApiError::bad_request(format!("{name} must be a time such as 2026-03-02T09:14:55Z")))
}

fn resource(entry: &Entry, organization: Option<&str>) -> Value {
    let organization = organization.map(|name| json!({"id": name, "type": "organizations"}));
    // Nobody called for what the registry did by itself.
    let unless_empty = |id: &str, kind: &str| (!id.is_empty()).then(|| json!({"id": id, "type": kind}));
    json!({
        "id": entry.id,
        "type": "audit-entries",
        "attributes": {
            "created-at": format_millis(entry.at),
            "user": entry.username,
            "action": entry.action,
            "object": entry.object,
            "outcome": entry.outcome,
            "request-id": entry.request_id,
            "address": entry.address,
        },
        "relationships": {
            "user": {"data": unless_empty(&entry.user_id, "users")},
            "authentication-token": {"data": unless_empty(&entry.token_id, "authentication-tokens")},
            "organization": {"data": organization},
        },
    })
}
