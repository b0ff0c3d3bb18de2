//! `PATCH /api/v2/oauth-tokens/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use serde_json::json;
use service_kit::JsonApiError;
use store::connections::{self, Changes, Connection};
use vcs_hosts::BaseUrl;

use super::{
    answer,
    attempt::record_success,
    attributes::Attributes,
    body::Body,
    connection_access::load_token,
    connection_secret::{check_key, seal_secret},
    connection_view::token_resource,
};
use crate::{caller::Caller, state::State};

pub(super) const ACTION: &str = "update-connection-token";

const SSH_KEY: &str = "ssh-key";

/// Changes the one thing that clients change here: the key of a connection that reads repositories over SSH, which are looked
/// at anew. Elsewhere a key is refused rather than dropped.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id: Id<kinds::ConnectionToken> = id.parse()?;
    let (caller, wanted) = (principal.clone(), id.clone());
    let (known, _) = state.store.read(move |session| load_token(session, &caller, Action::Own, &wanted)).await?;
    let attributes = body.attributes().await?;
    let sealed = seal_secret(&state.config.seal_keys, &known.id, wanted_key(&attributes, &known)?)?;
    let connection = state
        .store
        .write(move |session| {
            let (mut connection, scope) = load_token(session, &principal, Action::Own, &id)?;
            if let Some(sealed) = &sealed {
                let changes = Changes { secret_sealed: Some(sealed), ..Changes::default() };
                connection = connections::update(session, &connection, &changes)?;
            }
            record_success(session, &principal.about(&scope.id), ACTION, &format!("{id} {}", scope.name))?;
            Ok::<Connection, Error>(connection)
        })
        .await?;
    Ok(answer::ok(&json!({"data": token_resource(&connection)})))
}

fn wanted_key<'a>(attributes: &'a Attributes, known: &Connection) -> Result<Option<&'a str>, JsonApiError> {
    let Some(key) = attributes.optional_lines(SSH_KEY)?.filter(|key| !key.is_empty()) else { return Ok(None) };
    if !known.http_url.parse::<BaseUrl>()?.is_ssh() {
        let reason = "is invalid: the repositories of this OAuth client are fetched over HTTP, not SSH; give it an \
                      oauth-token-string instead";
        return Err(attributes.refuse(SSH_KEY, reason));
    }
    check_key(attributes, SSH_KEY, key)?;
    Ok(Some(key))
}
