//! `POST` and `DELETE /api/v2/oauth-clients/{id}/relationships/projects`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use serde_json::Value;
use service_kit::JsonApiError;

use super::{answer, attempt::record_success, body::Body, connection_access::load_client};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "update-connection-projects";

/// Accepted and without effect: there are no projects, so that a connection is always for the whole organization.
pub(super) async fn change(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::Connection> = id.parse()?;
    let (caller, wanted) = (principal.clone(), id.clone());
    let (_, scope) = state.store.read(move |session| load_client(session, &caller, Action::Own, &wanted)).await?;
    check(&body.data().await?)?;
    state
        .store
        .write(move |session| {
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))
        })
        .await?;
    Ok(answer::no_content())
}

/// A list of references to projects.
fn check(data: &Value) -> Result<(), JsonApiError> {
    let refuse =
        |pointer: String, name: &str, reason: &str| Err(JsonApiError::at(pointer, Error::invalid(name, reason)));
    let Value::Array(references) = data else {
        return refuse("/data".to_owned(), "data", "must be a list of projects");
    };
    for (at, reference) in references.iter().enumerate() {
        if reference.get("type").and_then(Value::as_str) != Some("projects") {
            return refuse(format!("/data/{at}/type"), "type", "must be projects");
        }
        if reference.get("id").and_then(Value::as_str).is_none_or(|id| id.is_empty() || id.len() > 256) {
            return refuse(format!("/data/{at}/id"), "id", "must be the id of a project");
        }
    }
    Ok(())
}
