//! The documentation of every version here.

use domain::{Input, ModuleDocs, Resource, ResourceMode};
use store::documents::{Document, NewPart};

/// A root with a README, a submodule and an example.
pub(crate) fn parts() -> Vec<NewPart> {
    let resource = |mode, name: &str| Resource {
        mode,
        type_name: "aws_vpc".to_owned(),
        name: name.to_owned(),
        provider: "aws".to_owned(),
        file: "main.tf".to_owned(),
        line: 1,
    };
    let input = |name: &str, default: Option<&str>| Input {
        name: name.to_owned(),
        type_expr: "string".to_owned(),
        description: String::new(),
        default: default.map(str::to_owned),
        required: default.is_none(),
        sensitive: false,
        nullable: true,
        ephemeral: false,
        deprecated: None,
        file: "main.tf".to_owned(),
        line: 1,
    };
    let root = ModuleDocs {
        inputs: vec![input("cidr", Some("\"10.0.0.0/16\"")), input("azs", None)],
        resources: vec![resource(ResourceMode::Managed, "this"), resource(ResourceMode::Data, "that")],
        ..ModuleDocs::default()
    };
    let part = |kind, path: &str, docs: &ModuleDocs, readme: Option<&str>| NewPart {
        path: path.to_owned(),
        kind,
        docs: Document { digest: format!("docs of {kind}"), body: Some(serde_json::to_string(docs).unwrap().into()) },
        readme: readme.map(|text| Document { digest: format!("text {text}"), body: Some(text.into()) }),
    };
    vec![
        part("root", "", &root, Some("# VPC")),
        part("submodule", "modules/endpoints", &ModuleDocs::default(), None),
        part("example", "examples/complete", &ModuleDocs::default(), None),
    ]
}
