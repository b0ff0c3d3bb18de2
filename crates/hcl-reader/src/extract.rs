//! From the structure of a file to what it declares. Unknown blocks and arguments are nobody's business.

use std::borrow::Cow;

use domain::ResourceMode;

use crate::decode::Text;
use crate::facts::{Call, Declared, FileFacts, Output, Requirement, Resource, Variable};
use crate::limits;
use crate::problems::Problems;
use crate::tree::{Attribute, Block, Body, Expr};
use crate::value::Value;

/// Reads every block that is part of the interface of a module.
pub(crate) fn extract(body: &Body<'_>, problems: Problems) -> FileFacts {
    let mut facts = FileFacts { problems, ..FileFacts::default() };
    for block in &body.blocks {
        match block.kind {
            "variable" => facts.variable(block),
            "output" => facts.output(block),
            "module" => facts.call(block),
            "resource" => facts.resource(block, ResourceMode::Managed),
            "data" => facts.resource(block, ResourceMode::Data),
            "ephemeral" => facts.resource(block, ResourceMode::Ephemeral),
            "provider" => facts.provider(block),
            "terraform" => facts.terraform(block),
            _ => {}
        }
    }
    facts
}

impl FileFacts {
    fn variable(&mut self, block: &Block<'_>) {
        let Some([name]) = self.labels(block) else { return };
        let mut says = Variable::default();
        // 0.11 let maps be written as blocks.
        if let Some(default) = block.body.blocks.iter().find(|inner| inner.kind == "default") {
            says.default = Some(self.cut(default.line, "default", Expr::Source(default.source).json_or_source()));
        }
        for attribute in &block.body.attributes {
            match attribute.name {
                "type" => says.type_expr = Some(self.cut(attribute.line, "type", attribute.expr.type_source())),
                "description" => says.description = self.string(attribute),
                "default" => says.default = Some(self.cut(attribute.line, "default", attribute.expr.json_or_source())),
                "sensitive" => says.sensitive = self.flag(attribute),
                "nullable" => says.nullable = self.flag(attribute),
                "ephemeral" => says.ephemeral = self.flag(attribute),
                "deprecated" => says.deprecated = self.string(attribute),
                _ => {}
            }
        }
        self.variables.push(Declared { key: name, line: block.line, says });
    }

    fn output(&mut self, block: &Block<'_>) {
        let Some([name]) = self.labels(block) else { return };
        let mut says = Output::default();
        for attribute in &block.body.attributes {
            match attribute.name {
                "description" => says.description = self.string(attribute),
                "value" => says.value = Some(self.cut(attribute.line, "value", attribute.expr.source())),
                "sensitive" => says.sensitive = self.flag(attribute),
                "ephemeral" => says.ephemeral = self.flag(attribute),
                "deprecated" => says.deprecated = self.string(attribute),
                _ => {}
            }
        }
        self.outputs.push(Declared { key: name, line: block.line, says });
    }

    fn call(&mut self, block: &Block<'_>) {
        let Some([name]) = self.labels(block) else { return };
        let mut says = Call::default();
        for attribute in &block.body.attributes {
            match attribute.name {
                "source" => says.source = self.text(attribute),
                "version" => says.version = self.string(attribute),
                _ => {}
            }
        }
        self.calls.push(Declared { key: name, line: block.line, says });
    }

    fn resource(&mut self, block: &Block<'_>, mode: ResourceMode) {
        let Some([type_name, name]) = self.labels(block) else { return };
        let provider = block.body.attributes.iter().find(|attribute| attribute.name == "provider");
        let provider = provider.and_then(|attribute| self.string(attribute)).map(|text| local_name(&text).to_owned());
        let key = match mode {
            ResourceMode::Managed => format!("{type_name}.{name}"),
            ResourceMode::Data => format!("data.{type_name}.{name}"),
            ResourceMode::Ephemeral => format!("ephemeral.{type_name}.{name}"),
        };
        let says = Resource { mode, type_name, name, provider };
        self.resources.push(Declared { key, line: block.line, says });
    }

    fn provider(&mut self, block: &Block<'_>) {
        let Some([name]) = self.labels(block) else { return };
        let version = block.body.attributes.iter().find(|attribute| attribute.name == "version");
        let version = version.and_then(|attribute| self.string(attribute));
        self.providers.push((name, version));
    }

    fn terraform(&mut self, block: &Block<'_>) {
        for attribute in block.body.attributes.iter().filter(|attribute| attribute.name == "required_version") {
            let constraint = self.string(attribute);
            self.required_core.extend(constraint);
        }
        for inner in block.body.blocks.iter().filter(|inner| inner.kind == "required_providers") {
            for attribute in &inner.body.attributes {
                self.required_provider(attribute);
            }
        }
    }

    fn required_provider(&mut self, attribute: &Attribute<'_>) {
        let mut says = Requirement::default();
        match attribute.expr.value() {
            Value::Object(members) => {
                says.source = self.member(attribute, "source", members.get("source"));
                says.version = self.member(attribute, "version", members.get("version"));
            }
            Value::String(version) => says.version = Some(version),
            Value::Number(version) => says.version = Some(version.to_string()),
            Value::Bool(version) => says.version = Some(version.to_string()),
            other => {
                let summary = format!("provider \"{}\" has to be required by a string or an object", attribute.name);
                self.problems.error(attribute.line, format!("{summary}, not {}", other.kind()));
            }
        }
        let key = clean(attribute.name);
        self.required_providers.push(Declared { key, line: attribute.line, says });
    }

    fn member(&mut self, attribute: &Attribute<'_>, name: &str, value: Option<&Value>) -> Option<String> {
        match value? {
            Value::String(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(value) => Some(value.to_string()),
            Value::Null => None,
            other => {
                let summary = format!("\"{name}\" of provider \"{}\" has to be a string", attribute.name);
                self.problems.error(attribute.line, format!("{summary}, not {}", other.kind()));
                None
            }
        }
    }

    fn labels<const COUNT: usize>(&mut self, block: &Block<'_>) -> Option<[String; COUNT]> {
        let labels: Vec<String> = block.labels.iter().map(|label: &Cow<'_, str>| clean(label)).collect();
        let found = labels.len();
        let labels = <[String; COUNT]>::try_from(labels).ok();
        if labels.is_none() {
            let summary = format!("block \"{}\" has {found} labels and has to have {COUNT}", block.kind);
            self.problems.error(block.line, summary);
        }
        labels
    }

    /// The argument where a string is due: its literal value, else its source.
    fn string(&mut self, attribute: &Attribute<'_>) -> Option<String> {
        match self.text(attribute)? {
            Text::Literal(text) | Text::Source(text) => Some(text),
            Text::Null | Text::Wrong(_) => None,
        }
    }

    /// Like [`Self::string`], and tells the two apart.
    fn text(&mut self, attribute: &Attribute<'_>) -> Option<Text> {
        match attribute.expr.text() {
            Text::Null => None,
            Text::Literal(text) => Some(Text::Literal(self.cut(attribute.line, attribute.name, text))),
            Text::Source(text) => Some(Text::Source(self.cut(attribute.line, attribute.name, text))),
            Text::Wrong(kind) => {
                let summary = format!("\"{}\" has to be a string, not {kind}", attribute.name);
                self.problems.error(attribute.line, summary);
                None
            }
        }
    }

    fn flag(&mut self, attribute: &Attribute<'_>) -> Option<bool> {
        attribute.expr.flag().unwrap_or_else(|kind| {
            let summary = format!("\"{}\" has to be true or false, not {kind}", attribute.name);
            self.problems.error(attribute.line, summary);
            None
        })
    }

    fn cut(&mut self, line: u32, what: &str, mut text: String) -> String {
        if text.len() > limits::TEXT_BYTES {
            text.truncate(text.floor_char_boundary(limits::TEXT_BYTES));
            let kept = limits::TEXT_BYTES >> 10;
            self.problems.warning(line, format!("\"{what}\" is very long; its first {kept} KiB are kept"));
        }
        text
    }
}

/// `aws` of `aws.west`, of `aws.by_region[each.key]`, and of 0.11's `${aws.west}`.
fn local_name(provider: &str) -> &str {
    let provider = provider.trim().trim_start_matches("${").trim_start();
    provider.split(['.', '[', '}', ' ']).next().unwrap_or_default()
}

/// A name as PostgreSQL can hold it.
fn clean(name: &str) -> String {
    name.replace('\0', "")
}
