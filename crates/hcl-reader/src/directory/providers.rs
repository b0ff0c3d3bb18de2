//! Which providers a directory needs: what it declares, what it configures and what its resources imply.

use std::collections::BTreeMap;

use domain::{Diagnostic, ProviderRequirement, Severity};

use super::Diagnostics;
use crate::facts::{Declared, Requirement};

/// Its resources are part of the program, so nothing has to be installed for it.
const BUILT_IN: &str = "terraform";
const DEFAULT_NAMESPACE: &str = "hashicorp";

#[derive(Default)]
pub(crate) struct Providers {
    by_name: BTreeMap<String, Entry>,
}

#[derive(Default)]
struct Entry {
    source: Option<String>,
    versions: Vec<String>,
    is_declared: bool,
}

impl Providers {
    /// Several declarations of one provider add up; two sources cannot, and the first stays.
    pub(crate) fn require(&mut self, file: &str, required: &[Declared<Requirement>], diagnostics: &mut Diagnostics) {
        for requirement in required {
            let entry = self.by_name.entry(requirement.key.clone()).or_default();
            entry.is_declared = true;
            entry.add_version(requirement.says.version.as_ref());
            match (&entry.source, &requirement.says.source) {
                (None, source) => entry.source.clone_from(source),
                (Some(first), Some(second)) if first != second => {
                    let key = &requirement.key;
                    let summary = format!("provider \"{key}\" has two sources, \"{first}\" and \"{second}\"");
                    let (file, line) = (file.to_owned(), requirement.line);
                    diagnostics.push(Diagnostic { severity: Severity::Error, summary, file, line });
                }
                _ => {}
            }
        }
    }

    /// What an override file requires stands for itself.
    pub(crate) fn overlay(&mut self, required: &[Declared<Requirement>]) {
        for requirement in required {
            let Requirement { source, version } = requirement.says.clone();
            let entry = Entry { source, versions: version.into_iter().collect(), is_declared: true };
            self.by_name.insert(requirement.key.clone(), entry);
        }
    }

    /// `provider` blocks need their provider, and may still constrain its version.
    pub(crate) fn configure(&mut self, providers: &[(String, Option<String>)]) {
        for (name, version) in providers {
            self.imply(name);
            if let Some(entry) = self.by_name.get_mut(name) {
                entry.add_version(version.as_ref());
                entry.is_declared |= version.is_some();
            }
        }
    }

    /// Something uses the provider `name`.
    pub(crate) fn imply(&mut self, name: &str) {
        if name != BUILT_IN && !name.is_empty() && !self.by_name.contains_key(name) {
            self.by_name.insert(name.to_owned(), Entry::default());
        }
    }

    pub(crate) fn finish(self) -> Vec<ProviderRequirement> {
        self.by_name.into_iter().map(|(name, entry)| entry.finish(name)).collect()
    }
}

impl Entry {
    fn add_version(&mut self, version: Option<&String>) {
        self.versions.extend(version.filter(|version| !version.trim().is_empty()).cloned());
    }

    fn finish(self, name: String) -> ProviderRequirement {
        let source = self.source.unwrap_or_else(|| format!("{DEFAULT_NAMESPACE}/{name}"));
        // `type`, `namespace/type` or `host/namespace/type`.
        let namespace = source.rsplit('/').nth(1).filter(|namespace| !namespace.is_empty());
        let namespace = namespace.unwrap_or(DEFAULT_NAMESPACE).to_owned();
        ProviderRequirement { name, namespace, source, version: self.versions.join(", "), implied: !self.is_declared }
    }
}
