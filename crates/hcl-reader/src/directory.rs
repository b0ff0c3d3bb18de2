//! One directory: which of its files count, and how what they say becomes one [`ModuleDocs`].

mod collected;
mod providers;

use std::sync::Arc;

use domain::{Diagnostic, Input, ModuleCall, ModuleDocs, Output, Resource, Severity};

use self::collected::Collected;
use self::providers::Providers;
use crate::decode::Text;
use crate::facts::{Call, FileFacts, Variable};
use crate::file::Syntax;
use crate::limits;
use crate::{facts, problems::Problem};

/// A file that counts.
pub(crate) struct SourceFile {
    /// Relative to the root of the module.
    pub(crate) path: String,
    pub(crate) facts: Arc<FileFacts>,
}

/// Of the sorted names of a directory, those that count, in the order in which they are read: override files last.
/// Of a `.tf` and a `.tofu` that differ only in that, the first is taken: what both programs understand.
pub(crate) fn select<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let has_twin = |name: &str| {
        let twin = name.strip_suffix(".tofu").map(|stem| format!("{stem}.tf"));
        let twin = twin.or_else(|| name.strip_suffix(".tofu.json").map(|stem| format!("{stem}.tf.json")));
        twin.is_some_and(|twin| names.binary_search(&twin.as_str()).is_ok())
    };
    let (mut selected, overrides): (Vec<&str>, Vec<&str>) =
        names.iter().filter(|name| Syntax::of(name).is_some() && !has_twin(name)).partition(|name| !is_override(name));
    selected.extend(overrides);
    selected
}

fn is_override(name: &str) -> bool {
    Syntax::stem(name).is_some_and(|(stem, _)| stem == "override" || stem.ends_with("_override"))
}

/// The docs of a directory whose files are given in the order of [`select`].
pub(crate) fn merge(files: &[SourceFile]) -> ModuleDocs {
    let mut merger = Merger::default();
    for file in files {
        merger.add(file);
    }
    merger.finish(files.is_empty())
}

#[derive(Default)]
struct Merger<'a> {
    variables: Collected<'a, Variable>,
    outputs: Collected<'a, facts::Output>,
    resources: Collected<'a, facts::Resource>,
    calls: Collected<'a, Call>,
    providers: Providers,
    required_core: Vec<String>,
    core_is_overridden: bool,
    diagnostics: Diagnostics,
}

impl<'a> Merger<'a> {
    fn add(&mut self, file: &'a SourceFile) {
        let (path, facts) = (file.path.as_str(), file.facts.as_ref());
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_override = is_override(name);
        self.diagnostics.extend(path, facts);
        let diagnostics = &mut self.diagnostics;
        if is_override {
            self.variables.overlay(path, &facts.variables, diagnostics);
            self.outputs.overlay(path, &facts.outputs, diagnostics);
            self.resources.overlay(path, &facts.resources, diagnostics);
            self.calls.overlay(path, &facts.calls, diagnostics);
            self.providers.overlay(&facts.required_providers);
        } else {
            self.variables.declare(path, &facts.variables, diagnostics);
            self.outputs.declare(path, &facts.outputs, diagnostics);
            self.resources.declare(path, &facts.resources, diagnostics);
            self.calls.declare(path, &facts.calls, diagnostics);
            self.providers.require(path, &facts.required_providers, diagnostics);
        }
        self.providers.configure(&facts.providers);
        if is_override && !facts.required_core.is_empty() && !self.core_is_overridden {
            self.core_is_overridden = true;
            self.required_core.clear();
        }
        self.required_core.extend(facts.required_core.iter().cloned());
    }

    fn finish(mut self, empty: bool) -> ModuleDocs {
        let left_out = [self.variables.left_out, self.outputs.left_out, self.resources.left_out, self.calls.left_out];
        let left_out: usize = left_out.iter().sum();
        if left_out > 0 {
            let summary = format!("{left_out} declarations are above the limit of a directory and are left out");
            let diagnostic = Diagnostic { severity: Severity::Error, summary, file: String::new(), line: 0 };
            self.diagnostics.push(diagnostic);
        }
        let resources: Vec<Resource> = self.resources.into_each(resource);
        for resource in &resources {
            self.providers.imply(&resource.provider);
        }
        ModuleDocs {
            empty,
            inputs: self.variables.into_each(input),
            outputs: self.outputs.into_each(output),
            resources,
            module_calls: self.calls.into_each(call),
            required_providers: self.providers.finish(),
            required_core: self.required_core,
            diagnostics: self.diagnostics.finish(),
        }
    }
}

fn input(file: &str, name: String, line: u32, says: Variable) -> Input {
    Input {
        name,
        type_expr: says.type_expr.unwrap_or_default(),
        description: says.description.unwrap_or_default(),
        required: says.default.is_none(),
        default: says.default,
        sensitive: says.sensitive.unwrap_or(false),
        nullable: says.nullable.unwrap_or(true),
        ephemeral: says.ephemeral.unwrap_or(false),
        deprecated: says.deprecated,
        file: file.to_owned(),
        line,
    }
}

fn output(file: &str, name: String, line: u32, says: facts::Output) -> Output {
    Output {
        name,
        description: says.description.unwrap_or_default(),
        value: says.value,
        sensitive: says.sensitive.unwrap_or(false),
        ephemeral: says.ephemeral.unwrap_or(false),
        deprecated: says.deprecated,
        file: file.to_owned(),
        line,
    }
}

fn resource(file: &str, _key: String, line: u32, says: facts::Resource) -> Resource {
    let provider = says.provider.unwrap_or_else(|| {
        let prefix = says.type_name.split('_').next().unwrap_or_default();
        prefix.to_owned()
    });
    Resource { mode: says.mode, type_name: says.type_name, name: says.name, provider, file: file.to_owned(), line }
}

fn call(file: &str, name: String, line: u32, says: Call) -> ModuleCall {
    let (source, source_is_literal) = match says.source {
        Some(Text::Literal(source)) => (source, true),
        Some(Text::Source(source)) => (source, false),
        Some(Text::Null | Text::Wrong(_)) | None => (String::new(), false),
    };
    let version = says.version.unwrap_or_default();
    ModuleCall { name, source, source_is_literal, version, file: file.to_owned(), line }
}

/// The diagnostics of a directory, at most so many that a user could still read them.
#[derive(Default)]
pub(crate) struct Diagnostics {
    kept: Vec<Diagnostic>,
    left_out: usize,
}

impl Diagnostics {
    fn extend(&mut self, path: &str, facts: &FileFacts) {
        for Problem { severity, summary, line } in facts.problems.kept.iter().cloned() {
            self.push(Diagnostic { severity, summary, file: path.to_owned(), line });
        }
        self.left_out += facts.problems.left_out;
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        // One place is left for saying that there are more.
        if self.kept.len() + 1 < limits::DIAGNOSTICS {
            self.kept.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        if self.left_out > 0 {
            let summary = format!("{} more diagnostics are not listed", self.left_out);
            self.kept.push(Diagnostic { severity: Severity::Warning, summary, file: String::new(), line: 0 });
        }
        self.kept
    }
}

#[cfg(test)]
mod tests;
