//! Documents as this API has them: with `included` and `meta` always, if only as `null`.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::json_api::{json_object::set, page::Page, query::Query};

/// Where all of it is.
pub(super) const PREFIX: &str = "/api/iacp/v3";

/// The document of one resource.
pub(super) fn one(resource: Value, included: Option<Vec<Value>>) -> Value {
    json!({"data": resource, "included": included, "meta": null})
}

/// The document of a page of resources, of which there are `total`.
pub(super) fn page(
    (page, query): (Page, &Query),
    resources: Vec<Value>,
    total: i64,
    included: Option<Vec<Value>>,
    public_url: &str,
) -> Value {
    let mut document = page.document(resources, total, query, public_url);
    set(&mut document, "included", json!(included));
    document
}

/// A relationship to one resource; `null` to none.
pub(super) fn to_one(kind: &str, id: Option<&str>) -> Value {
    id.map_or(Value::Null, |id| json!({"data": reference(kind, id)}))
}

/// A relationship to any number of resources.
pub(super) fn to_many<'a>(kind: &str, ids: impl Iterator<Item = &'a str>) -> Value {
    json!({"data": ids.map(|id| reference(kind, id)).collect::<Vec<_>>()})
}

fn reference(kind: &str, id: &str) -> Value {
    json!({"id": id, "type": kind})
}

/// Where a resource is.
pub(super) fn link(public_url: &str, kind: &str, id: &str) -> String {
    format!("{public_url}{PREFIX}/{kind}/{id}")
}

/// Resources that were asked for along, each once.
#[derive(Default)]
pub(super) struct Included {
    resources: Vec<Value>,
    known: HashSet<(Value, Value)>,
}

impl Included {
    pub(super) fn add(&mut self, resource: Value) {
        let name = |member: &str| resource.get(member).cloned().unwrap_or_default();
        if self.known.insert((name("type"), name("id"))) {
            self.resources.push(resource);
        }
    }

    /// `None` if nothing was asked for.
    pub(super) fn finish(self, is_asked: bool) -> Option<Vec<Value>> {
        is_asked.then_some(self.resources)
    }
}
