//! One configuration file: from its bytes to what it declares.

use std::borrow::Cow;

use crate::extract::extract;
use crate::facts::FileFacts;
use crate::json::{Json, lower};
use crate::limits;
use crate::problems::Problems;
use crate::scan::scan;

/// How a file is written, which its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Syntax {
    Native,
    Json,
}

impl Syntax {
    /// `None` for a file that is no configuration. Hidden files and editors' copies are none.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let is_ignored = name.starts_with(['.', '#']) || name.ends_with('~');
        match Self::stem(name)? {
            (_, _) if is_ignored => None,
            (_, syntax) => Some(syntax),
        }
    }

    /// The name without what says its syntax and its dialect.
    pub(crate) fn stem(name: &str) -> Option<(&str, Self)> {
        const ENDINGS: [(&str, Syntax); 4] = [
            (".tf", Syntax::Native),
            (".tofu", Syntax::Native),
            (".tf.json", Syntax::Json),
            (".tofu.json", Syntax::Json),
        ];
        ENDINGS.iter().find_map(|(ending, syntax)| Some((name.strip_suffix(ending)?, *syntax)))
    }
}

/// Reads a whole file. Never fails: what is wrong with it is among the problems.
pub(crate) fn read(bytes: &[u8], syntax: Syntax) -> FileFacts {
    let mut problems = Problems::default();
    if bytes.len() > limits::FILE_BYTES {
        problems.error(0, format!("larger than {} MiB; the file is not read", limits::FILE_BYTES >> 20));
        return FileFacts { problems, ..FileFacts::default() };
    }
    let text = decode(bytes, &mut problems);
    match syntax {
        Syntax::Native => read_native(&text, problems),
        Syntax::Json => read_json(&text, problems),
    }
}

fn read_native(text: &str, mut problems: Problems) -> FileFacts {
    let before = problems.kept.len();
    let body = scan(text, &mut problems);
    let is_clean = problems.kept.len() == before;
    let has_content = !body.blocks.is_empty() || !body.attributes.is_empty();
    FileFacts { readable: is_clean || has_content, ..extract(&body, problems) }
}

fn read_json(text: &str, mut problems: Problems) -> FileFacts {
    match serde_json::from_str::<Json<'_>>(text) {
        Ok(json) => {
            let body = lower(text, &json, &mut problems);
            FileFacts { readable: true, ..extract(&body, problems) }
        }
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or_default();
            problems.error(line, format!("this is not JSON: {error}"));
            FileFacts { problems, ..FileFacts::default() }
        }
    }
}

/// UTF-8 without byte order mark and without U+0000, which PostgreSQL refuses to store.
fn decode<'a>(bytes: &'a [u8], problems: &mut Problems) -> Cow<'a, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        problems
            .warning(u32::try_from(line).unwrap_or(u32::MAX), "this is not UTF-8; the bytes in question are replaced");
    }
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}
