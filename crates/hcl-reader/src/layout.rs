//! Where in a package which part lies.

use domain::PartKind;

use crate::file::Syntax;
use crate::readme;

/// A directory that is documented, and a file in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place<'a> {
    pub(crate) kind: PartKind,
    /// Relative to the root of the module; empty for the root itself.
    pub(crate) directory: &'a str,
    pub(crate) name: &'a str,
}

/// Whether a file of this path is worth keeping in memory while an archive is streamed: it is a configuration file or a
/// README of the module at `root`, of one of its submodules or of one of its examples. Its size is for the caller to
/// limit; [`crate::Reader`] reads no configuration above 1 MiB.
pub fn is_wanted(path: &str, root: &str) -> bool {
    let place = relative(path, root).and_then(locate);
    place.is_some_and(|place| Syntax::of(place.name).is_some() || readme::rank(place.name).is_some())
}

/// The path below `root`, if it lies there.
pub(crate) fn relative<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let path = path.strip_prefix("./").unwrap_or(path);
    match root.trim_matches('/') {
        "" | "." => Some(path),
        root => path.strip_prefix(root)?.strip_prefix('/'),
    }
}

/// The part that a file belongs to; `path` is relative to the root of the module.
pub(crate) fn locate(path: &str) -> Option<Place<'_>> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut segments = directory.split('/');
    let kind = match (segments.next(), directory.contains('/')) {
        (Some(""), false) => PartKind::Root,
        (Some("modules"), true) => PartKind::Submodule,
        (Some("examples"), true) => PartKind::Example,
        _ => return None,
    };
    let is_part = |segment: &str| match kind {
        PartKind::Root => true,
        PartKind::Submodule => segment != "examples" && !is_left_out(segment),
        PartKind::Example => !is_left_out(segment),
    };
    segments.all(is_part).then_some(Place { kind, directory, name })
}

/// Tests, hidden directories, and what no path should hold.
fn is_left_out(segment: &str) -> bool {
    segment.is_empty() || segment.starts_with('.') || segment.starts_with("test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_is_what_documents_the_root_a_submodule_or_an_example() {
        let table = [
            ("main.tf", "", true),
            ("./main.tf", "", true),
            ("main.tf", ".", true),
            ("main.tofu", "", true),
            ("main.tf.json", "", true),
            ("main.tofu.json", "", true),
            ("README.md", "", true),
            ("readme.MD", "", true),
            ("modules/a/main.tf", "", true),
            ("modules/a/b/README", "", true),
            ("examples/full/main.tf", "", true),
            ("net/modules/a/main.tf", "net", true),
            ("net/main.tf", "/net/", true),
            ("deep/net/main.tf", "deep/net", true),
            ("terraform.tfvars", "", false),
            ("a.tftest.hcl", "", false),
            (".main.tf", "", false),
            ("main.tf~", "", false),
            ("#main.tf", "", false),
            (".tf", "", false),
            ("wrappers/main.tf", "", false),
            ("modules/main.tf", "", false),
            ("modules/a/examples/x/main.tf", "", false),
            ("modules/a/tests/main.tf", "", false),
            ("modules/a/.terraform/main.tf", "", false),
            ("examples/x/.terraform/modules/y/main.tf", "", false),
            ("modules/../secret/main.tf", "", false),
            ("modules//main.tf", "", false),
            ("main.tf", "net", false),
            ("network/main.tf", "net", false),
        ];
        for (path, root, expected) in table {
            assert_eq!(is_wanted(path, root), expected, "{path} of {root:?}");
        }
    }
}
