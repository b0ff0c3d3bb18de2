//! `GET /api/v2/github-app/installations`, `GET /api/v2/github-app/installation/{id}`: connections that are GitHub Apps, by
//! the face by which modules name them.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Id, kinds};
use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::connections::{self, Connection};
use vcs_hosts::HostKind;

use super::{answer, connection_access::load_client, page::Page, query::Query};
use crate::{caller::Caller, state::State};

/// Those of every organization that the caller may see.
pub(super) async fn list(
    Caller(principal): Caller,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    let list = |session: &mut store::Connection| connections::list_of_kind(session, HostKind::GithubApp.as_str());
    let mut found = state.store.read(list).await?;
    found.retain(|connection| principal.may(Action::Read, &connection.scope_id));
    if let Some(name) = query.find("filter[name]") {
        found.retain(|connection| name_of(connection) == name);
    }
    // Theirs are not known here: one connection serves all installations of its App.
    if query.find("filter[installation_id]").is_some() {
        found.clear();
    }
    let all: Vec<Value> = found.iter().map(resource).collect();
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    Ok(answer::ok(&page.document(page.cut(all), total, &query, &state.config.public_url)))
}

/// One of them.
pub(super) async fn read(
    Caller(principal): Caller,
    id: Path<String>,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let missing = || Error::not_found("GitHub App installation");
    let id: Id<kinds::Connection> = id.parse::<Id<kinds::Installation>>()?.face();
    let load = move |session: &mut store::Connection| load_client(session, &principal, Action::Read, &id);
    let (connection, _) = state.store.read(load).await.map_err(|error| match error {
        Error::NotFound { .. } => missing(),
        other => other,
    })?;
    if connection.kind != HostKind::GithubApp.as_str() || connection.token_id().is_none() {
        return Err(missing().into());
    }
    Ok(answer::ok(&json!({"data": resource(&connection)})))
}

fn resource(connection: &Connection) -> Value {
    json!({
        "id": connection.id.face::<kinds::Installation>().as_str(),
        "type": "github-app-installations",
        "attributes": {
            "name": name_of(connection),
            // Not known, and a number that clients insist on.
            "installation-id": 0,
            "icon-url": null,
            "installation-type": null,
            "installation-url": connection.http_url,
        },
    })
}

/// Its own, or the id of the App.
fn name_of(connection: &Connection) -> &str {
    connection.name.as_deref().or(connection.client_key.as_deref()).unwrap_or_default()
}
