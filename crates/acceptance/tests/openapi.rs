//! The OpenAPI documents: what is served, what is committed in `proto-docs/`, and whether they hold together.
//! `QUARRY_UPDATE_DOCS=1 cargo test -p acceptance --test openapi` writes the committed ones.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use test_kit::Registry;

/// Where each is served, and where it is committed.
const DOCUMENTS: [(&str, &str); 3] = [
    ("/api/v2/openapi.json", "tfe-api.openapi.json"),
    ("/api/iacp/v3/openapi.json", "scalr-api.openapi.json"),
    ("/api/registry/v1/openapi.json", "registry-api.openapi.json"),
];

/// As a stranger gets it.
async fn served(registry: &Registry, path: &str) -> Result<String> {
    let response = reqwest::get(format!("{}{path}", registry.url())).await?;
    ensure!(response.status() == 200, "{path}: {}", response.status());
    ensure!(response.headers()["content-type"] == "application/json", "{path}: {:?}", response.headers());
    Ok(response.text().await?)
}

fn committed(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto-docs").join(name)
}

/// Path, method and description of each.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |(method, operation)| (&**path, &**method, operation))
        })
        .collect()
}

/// Every `$ref` in it.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[tokio::test]
async fn committed_documents_are_what_is_served() -> Result<()> {
    let registry = Registry::embedded().await?;
    for (path, name) in DOCUMENTS {
        let (served, file) = (served(&registry, path).await?, committed(name));
        if std::env::var_os("QUARRY_UPDATE_DOCS").is_some() {
            std::fs::write(&file, &served)?;
        }
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        ensure!(
            text == served,
            "proto-docs/{name} is not what is served at {path}: run \
             `QUARRY_UPDATE_DOCS=1 cargo test -p acceptance --test openapi` and look at what changed"
        );
    }
    Ok(())
}

#[tokio::test]
async fn documents_hold_together() -> Result<()> {
    let registry = Registry::embedded().await?;
    for (path, _) in DOCUMENTS {
        let document: Value = serde_json::from_str(&served(&registry, path).await?)?;
        ensure!(document["openapi"] == "3.1.0", "{path}: {}", document["openapi"]);
        let mut ids = BTreeSet::new();
        for (of, method, operation) in operations(&document) {
            let id = operation["operationId"].as_str().with_context(|| format!("{method} {of} has no id"))?;
            ensure!(ids.insert(id.to_owned()), "{path}: two operations are called {id}");
            ensure!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{id} has no summary");
            let is_open = operation["x-access"] == "open";
            ensure!(is_open == operation["responses"]["401"].is_null(), "{id}: only what is open is never 401");
            let good =
                operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.as_str() < "400");
            ensure!(good.count() == 1, "{id} must have one good answer");
        }
        let mut wanted = BTreeSet::new();
        references(&document, &mut wanted);
        for reference in wanted {
            let pointer = reference.strip_prefix('#').with_context(|| format!("{reference} leads elsewhere"))?;
            ensure!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
    Ok(())
}
