//! Which paths an archive may hold, and how a path from a stranger is shown.

use crate::Limits;
use domain::Error;

/// Refuses what could land outside the module, or mean different things to different extractors.
pub(crate) fn check(path: &str, limits: &Limits) -> Result<(), Error> {
    let refuse = |reason: String| Err(Error::invalid(entry(path), reason));
    if path.is_empty() {
        return refuse("has no name".to_owned());
    }
    if path.len() as u64 > limits.path {
        return refuse(format!("has a path longer than the limit of {} bytes", limits.path));
    }
    if path.starts_with('/') {
        return refuse("has an absolute path: use a path relative to the module's root".to_owned());
    }
    if path.chars().any(|c| c.is_control() || c == '\\') {
        return refuse("has a control character or a backslash in its path: rename it".to_owned());
    }
    let mut depth = 0;
    for segment in path.split('/') {
        depth += 1;
        match segment {
            ".." => return refuse("climbs with `..`: use paths below the module's root".to_owned()),
            "" | "." => {
                return refuse("has an empty or `.` segment: use the plain path".to_owned());
            }
            _ => {}
        }
    }
    if depth > limits.depth {
        return refuse(format!("is nested deeper than the limit of {}", limits.depth));
    }
    Ok(())
}

/// The path up to and with a segment that some file system takes for `.git`.
pub(crate) fn git_directory(path: &str) -> Option<&str> {
    let mut end = 0;
    for segment in path.split('/') {
        end += segment.len();
        if is_git(segment) {
            return path.get(..end);
        }
        end += 1;
    }
    None
}

/// Also the spellings of CVE-2014-9390: NTFS short names and streams, trailing dots, code points that HFS+ ignores.
fn is_git(segment: &str) -> bool {
    if !matches!(segment.as_bytes(), [b'.' | b'g' | b'G' | 0x80.., ..]) {
        return false;
    }
    let visible: String = segment
        .chars()
        .filter(
            |c| !matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'),
        )
        .collect();
    let name = visible.split(':').next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ']);
    name.eq_ignore_ascii_case(".git") || name.eq_ignore_ascii_case("git~1")
}

/// The directory that holds `path`; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// `path` is `directory` or below it; the root is the empty string.
pub(crate) fn is_within(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Names an entry in an error.
pub(crate) fn entry(path: &str) -> String {
    format!("entry `{}`", shown(path))
}

/// A stranger's text for an error: short, on one line, nothing a terminal obeys.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let mut out: String = text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str) -> String {
        check(path, &Limits::default()).expect_err("refused").to_string()
    }

    #[test]
    fn plain_paths_are_fine() {
        for path in ["main.tf", "a/b/c.tf", "..a/b..", ".github/x", "ümlaut", "a b", "..."] {
            check(path, &Limits::default()).unwrap();
        }
    }

    #[test]
    fn unclean_paths_are_refused_by_name() {
        for path in [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            "a//b",
            "a/",
            "./a",
            "a/./b",
            "a\\..\\b",
            "a\nb",
            "a\0b",
            "a\u{9b}b",
        ] {
            assert!(refused(path).starts_with("entry `"), "{path:?}");
        }
    }

    #[test]
    fn long_and_deep_paths_are_refused_and_cut_in_the_error() {
        let long = refused(&"x".repeat(2_000_000));

        assert!(long.len() < 400 && long.contains("1024 bytes"), "{long}");
        assert!(refused(&"a/".repeat(64).trim_end_matches('/').replace("a/a", "a/a/a")).contains("deeper"));
        check(&vec!["a"; 64].join("/"), &Limits::default()).unwrap();
    }

    #[test]
    fn every_spelling_of_the_git_directory_is_known() {
        for path in [
            ".git",
            ".GIT/config",
            "a/.Git/x",
            ".git./x",
            ".git /x",
            "git~1/x",
            ".g\u{200c}it/x",
            ".git::$INDEX_ALLOCATION/x",
            "\u{feff}.git",
        ] {
            assert!(git_directory(path).is_some(), "{path:?}");
        }
        for path in [".gitignore", ".github/x", "git/x", "a.git", "x/git.tf", "git~2"] {
            assert_eq!(git_directory(path), None, "{path:?}");
        }
        assert_eq!(git_directory("a/.git/b/c"), Some("a/.git"));
    }
}
