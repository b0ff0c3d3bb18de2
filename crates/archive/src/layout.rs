//! What an upload must look like to be a module at all.

use bytes::Bytes;
use domain::Error;
use std::collections::BTreeMap;

const ENDINGS: [&str; 4] = [".tf", ".tf.json", ".tofu", ".tofu.json"];

/// Refuses a package without configuration at its root or in `modules/`, and tells who packed the directory
/// instead of its content. A package with only `modules/` is fine.
pub fn check_layout(files: &BTreeMap<String, Bytes>) -> Result<(), Error> {
    let readable = |path: &&String| !path.contains('/') || path.starts_with("modules/");
    if files.keys().filter(readable).any(|path| is_configuration(path)) {
        return Ok(());
    }
    if files.is_empty() {
        return Err(Error::invalid("the archive", "holds no file"));
    }
    if let Some(top) = only_directory(files) {
        return Err(Error::invalid(
            "the archive",
            format!(
                "has everything below one directory, `{0}`: pack its content, with `tar -czf module.tar.gz -C {0} .`",
                crate::path::shown(top)
            ),
        ));
    }
    Err(Error::invalid("the archive", "holds no .tf, .tf.json, .tofu or .tofu.json file at its root or in modules/"))
}

/// As Terraform sees it: hidden files and those of editors are none.
fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    !name.starts_with('.') && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The one directory above everything, but for what macOS strews in.
fn only_directory(files: &BTreeMap<String, Bytes>) -> Option<&str> {
    let mut tops = files
        .keys()
        .filter(|path| !path.starts_with("._") && !path.starts_with("__MACOSX/") && *path != ".DS_Store")
        .map(|path| path.split_once('/').map(|(top, _)| top));
    let first = tops.next()??;
    let alone = first != "modules" && tops.all(|top| top == Some(first));
    alone.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str]) -> Result<(), String> {
        let files = paths.iter().map(|path| ((*path).to_owned(), Bytes::new())).collect();
        check_layout(&files).map_err(|error| error.to_string())
    }

    #[test]
    fn configuration_at_the_root_or_in_modules_is_enough() {
        for path in
            ["main.tf", "main.tf.json", "main.tofu", "main.tofu.json", "modules/a/main.tf", "modules/a/b/x.tofu"]
        {
            check(&[path, "README.md"]).unwrap();
        }
    }

    #[test]
    fn one_top_directory_is_explained() {
        let error = check(&["vpc/main.tf", "vpc/modules/a/main.tf"]).unwrap_err();
        let with_mac = check(&["._vpc", ".DS_Store", "__MACOSX/x", "vpc/main.tf"]).unwrap_err();

        assert!(error.contains("one directory, `vpc`: pack its content"), "{error}");
        assert_eq!(error, with_mac);
    }

    #[test]
    fn no_configuration_is_explained() {
        for paths in [
            &["README.md"][..],
            &["a/main.tf", "b/main.tf"],
            &["examples/a/main.tf", "README.md"],
            &["modules/README.md"],
            &["._main.tf", "x"],
            &[".tf", "x"],
            &["main.tf~"],
        ] {
            assert!(check(paths).unwrap_err().contains("holds no .tf"), "{paths:?}");
        }
        assert!(check(&[]).unwrap_err().contains("holds no file"));
    }
}
