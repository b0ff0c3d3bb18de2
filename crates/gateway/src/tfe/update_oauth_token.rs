//! `PATCH /api/v2/oauth-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Id, kinds};
use serde_json::{Value, json};
use service_kit::JsonApiError;

use super::{
    answer, attempt::record_success, body::Body, connection_access::load_token, connection_view::token_resource,
};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "update-connection-token";

/// Changes nothing: the one thing that clients change here is an SSH key, and that is refused rather than dropped.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ConnectionToken> = id.parse()?;
    let (caller, wanted) = (principal.clone(), id.clone());
    let (connection, scope) =
        state.store.read(move |session| load_token(session, &caller, Action::Own, &wanted)).await?;
    let attributes = body.attributes().await?;
    match attributes.given().find(|(name, _)| *name == "ssh-key").map(|(_, value)| value) {
        None => {}
        Some(Value::String(key)) if key.is_empty() => {}
        Some(Value::String(_)) => {
            let reason = "is invalid: repositories are fetched over HTTP, not SSH; give the OAuth client an \
                          oauth-token-string instead";
            return Err(attributes.refuse("ssh-key", reason));
        }
        Some(_) => return Err(attributes.refuse("ssh-key", "must be a string")),
    }
    state
        .store
        .write(move |session| {
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))
        })
        .await?;
    Ok(answer::ok(&json!({"data": token_resource(&connection)})))
}
