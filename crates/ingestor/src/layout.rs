//! Which directories of a repository the archive of a module has to hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use domain::Error;

/// More directories than this reached by calls are a trap, not a module.
const MOST_DIRECTORIES: usize = 1_000;

/// What an archive holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The directory of the module, as the root of the archive.
    Directory,
    /// These directories of the repository, at their places: calls of the module leave its own.
    Repository(BTreeSet<String>),
}

/// Follows the local calls of `directory` and of its `modules/`, through every directory they reach.
///
/// `paths` are all files of the repository; `read` gives the configuration files (name to bytes) of one directory.
pub(crate) fn find_layout(
    paths: &BTreeSet<String>,
    directory: &str,
    mut read: impl FnMut(&str) -> Result<BTreeMap<String, Bytes>, Error>,
) -> Result<Layout, Error> {
    let mut reached = BTreeSet::from([directory.to_owned()]);
    let mut to_read: VecDeque<String> = with_submodules(paths, directory).into();
    let mut seen: BTreeSet<String> = to_read.iter().cloned().collect();
    while let Some(current) = to_read.pop_front() {
        for source in hcl_reader::local_calls(&read(&current)?) {
            // What leaves the repository cannot be helped; the call is in the documentation.
            let Some(target) = resolve(&current, &source) else { continue };
            if reached.len() >= MOST_DIRECTORIES {
                return Err(Error::invalid("The module", format!("calls more than {MOST_DIRECTORIES} directories")));
            }
            if !reached.iter().any(|known| is_within(&target, known)) {
                reached.insert(target.clone());
            }
            to_read.extend(with_submodules(paths, &target).into_iter().filter(|found| seen.insert(found.clone())));
        }
    }
    if reached.len() == 1 { Ok(Layout::Directory) } else { Ok(Layout::Repository(reached)) }
}

/// The directory and those below its `modules/` that hold files.
fn with_submodules(paths: &BTreeSet<String>, directory: &str) -> Vec<String> {
    let below = if directory.is_empty() { "modules/".to_owned() } else { format!("{directory}/modules/") };
    let submodules: BTreeSet<String> = paths
        .iter()
        .filter(|path| path.starts_with(&below))
        .filter_map(|path| path.rsplit_once('/').map(|(parent, _)| parent.to_owned()))
        .collect();
    std::iter::once(directory.to_owned()).chain(submodules).collect()
}

/// Whether `path` is `directory` or below it.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty() || path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn resolve(from: &str, source: &str) -> Option<String> {
    let mut segments: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(files: &[(&str, &str)], directory: &str) -> Layout {
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        find_layout(&paths, directory, |wanted| {
            Ok(files
                .iter()
                .filter_map(|(path, text)| {
                    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                    (parent == wanted).then(|| (name.to_owned(), Bytes::copy_from_slice(text.as_bytes())))
                })
                .collect())
        })
        .unwrap()
    }

    fn call(source: &str) -> String {
        format!("module \"x\" {{\n  source = \"{source}\"\n}}\n")
    }

    #[test]
    fn a_module_that_stays_inside_is_its_own_archive() {
        let inside = call("./modules/a");
        assert_eq!(
            layout(&[("lib/vpc/main.tf", &inside), ("lib/vpc/modules/a/main.tf", "")], "lib/vpc"),
            Layout::Directory
        );
    }

    #[test]
    fn calls_that_leave_are_followed_through_what_they_reach() {
        let (to_b, to_c) = (call("../b"), call("../../shared/c"));
        let found = layout(&[("lib/a/main.tf", &to_b), ("lib/b/main.tf", &to_c), ("shared/c/main.tf", "")], "lib/a");
        let expected = ["lib/a", "lib/b", "shared/c"].map(str::to_owned).into();
        assert_eq!(found, Layout::Repository(expected));
    }

    #[test]
    fn a_submodule_may_leave_too_and_a_call_out_of_the_repository_is_left_alone() {
        let (out, to_b) = (call("../../../../etc"), call("../../../b"));
        let found =
            layout(&[("lib/a/main.tf", &out), ("lib/a/modules/x/main.tf", &to_b), ("lib/b/main.tf", "")], "lib/a");
        assert_eq!(found, Layout::Repository(["lib/a", "lib/b"].map(str::to_owned).into()));
    }
}
