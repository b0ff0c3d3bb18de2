//! Which other directories of a repository a directory needs.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::decode::Text;
use crate::file::{Syntax, read};

/// Literal local sources (`./x`, `../x`) of the module calls in one directory's files (name → bytes), sorted. Files that
/// only one of Terraform and OpenTofu reads count too: the archive has to do for both.
pub fn local_calls(files: &BTreeMap<String, Bytes>) -> Vec<String> {
    let mut sources = BTreeSet::new();
    for (name, bytes) in files {
        let Some(syntax) = Syntax::of(name) else { continue };
        for call in read(bytes, syntax).calls {
            if let Some(Text::Literal(source)) = call.says.source
                && (source.starts_with("./") || source.starts_with("../"))
            {
                sources.insert(source);
            }
        }
    }
    sources.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_literal_local_sources_are_followed() {
        let native = r#"
            module "a" { source = "../shared/a" }
            module "b" { source = "./b" }
            module "again" { source = "./b" }
            module "registry" { source = "acme/network/aws" }
            module "dynamic" { source = "./${var.which}" }
            module "named" { source = var.source }
            module "escaped" { source = "./with \"quotes\"" }
        "#;
        let json = r#"{"module": {"c": {"source": "../c"}, "d": {"source": "../${var.d}"}}}"#;
        let files = BTreeMap::from([
            ("main.tf".to_owned(), Bytes::from(native)),
            ("more.tf.json".to_owned(), Bytes::from(json)),
            ("main.tofu".to_owned(), Bytes::from(r#"module "t" { source = "./tofu" }"#)),
            ("notes.txt".to_owned(), Bytes::from(r#"module "n" { source = "./notes" }"#)),
        ]);

        let calls = local_calls(&files);

        assert_eq!(calls, ["../c", "../shared/a", "./b", "./tofu", "./with \"quotes\""]);
    }
}
