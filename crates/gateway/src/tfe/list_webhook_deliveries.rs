//! `GET /api/v2/registry-modules/{id}/webhook-deliveries`: ours, for who wonders why a tag does not appear.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Id, kinds};
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::{
    Connection,
    webhooks::{self, Delivery},
};

use super::{answer, module_access::load_with_repository, page::Page, query::Query};
use crate::{caller::Caller, state::State, timestamp::format_millis};

/// What the host told of the repository of a module in the last 30 days, newest first, and what became of it.
pub(super) async fn list(
    Caller(principal): Caller,
    id: Path<String>,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Module> = id.parse()?;
    let page = Page::parse(&query)?;
    let read = move |session: &mut Connection| match load_with_repository(session, &principal, id.as_str())?.1 {
        Some(repository) => webhooks::list(session, repository.id.as_str(), page.window()),
        None => Ok((Vec::new(), 0)),
    };
    let (found, total) = state.store.read(read).await?;
    query.check_includes(&[])?;
    let data = found.iter().map(resource).collect();
    Ok(answer::ok(&page.document(data, total, &query, &state.config.public_url)))
}

fn resource(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id.as_str(),
        "type": "webhook-deliveries",
        "attributes": {
            "delivery-id": delivery.delivery_id,
            "event": delivery.event,
            "outcome": delivery.outcome,
            "message": delivery.message,
            "received-at": format_millis(delivery.received_at),
        },
    })
}
