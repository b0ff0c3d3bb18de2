//! What the list of versions says about one of them (wire-spec 3.2), made once, when it is read.

use domain::{ModuleDocs, PartKind};
use hcl_reader::ReadPart;
use serde_json::{Map, Value, json};

/// Providers and dependencies of the root and of each submodule, as JSON text.
pub(crate) fn summarize(parts: &[ReadPart]) -> String {
    let root = parts.iter().find(|part| part.kind == PartKind::Root).map(|part| Value::from(interface(&part.docs)));
    let submodules: Vec<Value> = parts
        .iter()
        .filter(|part| part.kind == PartKind::Submodule)
        .map(|part| {
            let mut submodule = interface(&part.docs);
            submodule.insert("path".to_owned(), json!(part.path));
            submodule.into()
        })
        .collect();
    let root = root.unwrap_or_else(|| json!({"providers": [], "dependencies": []}));
    json!({"root": root, "submodules": submodules}).to_string()
}

fn interface(docs: &ModuleDocs) -> Map<String, Value> {
    let providers: Vec<Value> = docs
        .required_providers
        .iter()
        .map(|provider| {
            json!({
                "name": provider.name,
                "namespace": provider.namespace,
                "source": provider.source,
                "version": provider.version,
            })
        })
        .collect();
    let dependencies: Vec<Value> = docs
        .module_calls
        .iter()
        .map(|call| json!({"name": call.name, "source": call.source, "version": call.version}))
        .collect();
    Map::from_iter([("providers".to_owned(), providers.into()), ("dependencies".to_owned(), dependencies.into())])
}
