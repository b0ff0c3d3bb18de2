//! Which file of a directory is its README, and its text.

use std::sync::Arc;

use crate::limits;

/// From best to worst. Other spellings exist, but are sources from which README.md is made.
const NAMES: [&str; 6] = ["readme.md", "readme.markdown", "readme", "readme.txt", "readme.adoc", "readme.rst"];

/// How good a file name is for a README: 0 is best, `None` is no README. Case does not matter.
pub(crate) fn rank(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| name.eq_ignore_ascii_case(known))
}

/// The text as it can be stored: UTF-8, without U+0000, at most 1 MiB and cut at a character.
pub(crate) fn text(bytes: &[u8]) -> Arc<str> {
    // A sequence that the cut breaks is three bytes at most; they must not become a replacement character.
    let is_cut = bytes.len() > limits::FILE_BYTES;
    let bytes = bytes.get(..limits::FILE_BYTES).unwrap_or(bytes);
    let bytes = match std::str::from_utf8(bytes) {
        Err(error) if is_cut && error.error_len().is_none() => bytes.get(..error.valid_up_to()).unwrap_or(bytes),
        _ => bytes,
    };
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let end = text.floor_char_boundary(limits::FILE_BYTES);
    let text = text.get(..end).unwrap_or(&text);
    if text.contains('\0') { text.replace('\0', "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_comes_first_and_case_does_not_matter() {
        let mut names = ["README.rst", "README.yaml", "readme.txt", "README", "ReadMe.md", "README.md.tmpl"];
        names.sort_by_key(|name| rank(name).unwrap_or(usize::MAX));

        assert_eq!(names[..4], ["ReadMe.md", "README", "readme.txt", "README.rst"]);
        assert_eq!(rank("README.yaml"), None);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut bytes = vec![b'a'; limits::FILE_BYTES - 1];
        bytes.extend_from_slice("ä and more".as_bytes());

        let text = text(&bytes);

        assert_eq!(text.len(), limits::FILE_BYTES - 1);
        assert!(text.ends_with('a'));
    }

    #[test]
    fn what_cannot_be_stored_is_replaced_or_dropped() {
        assert_eq!(&*text(b"\xef\xbb\xbfa\0b\xffc"), "ab\u{fffd}c");
        assert!(text(&vec![0xff; limits::FILE_BYTES]).len() <= limits::FILE_BYTES);
    }
}
