//! Quoted strings without templates.

use std::borrow::Cow;

/// The content of a string that is written exactly as it reads.
pub(crate) fn plain(source: &str) -> Option<&str> {
    let inner = source.strip_prefix('"')?.strip_suffix('"')?;
    let is_special = |byte: u8| matches!(byte, b'"' | b'\\' | b'$' | b'%' | b'\n');
    (!inner.bytes().any(is_special)).then_some(inner)
}

/// The content of one whole quoted string; `None` if it is a template or something else.
pub(crate) fn text(source: &str) -> Option<Cow<'_, str>> {
    unquote(source.strip_prefix('"')?.strip_suffix('"')?)
}

/// What stands between two quotes, its escapes resolved; `None` if it holds a template or is not one string.
pub(crate) fn unquote(inner: &str) -> Option<Cow<'_, str>> {
    let is_special = |character: char| matches!(character, '"' | '\\' | '$' | '%' | '\n');
    let Some(first) = inner.find(is_special) else {
        return Some(Cow::Borrowed(inner));
    };
    let mut text = String::with_capacity(inner.len());
    let (before, mut rest) = inner.split_at_checked(first)?;
    text.push_str(before);
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '"' | '\n' => return None,
            '\\' => escape(rest, &mut text)?,
            '$' | '%' => template_escape(rest, &mut text)?,
            _ => {
                text.push(character);
                character.len_utf8()
            }
        };
        rest = rest.get(length..)?;
    }
    Some(Cow::Owned(text))
}

/// Resolves the `$` or `%` at the start of `rest`; returns its length, or `None` if a template begins there.
pub(crate) fn template_escape(rest: &str, text: &mut String) -> Option<usize> {
    match rest.as_bytes() {
        [b'$' | b'%', b'{', ..] => None,
        [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => {
            text.push_str(rest.get(1..3)?);
            Some(3)
        }
        _ => {
            text.push_str(rest.get(..1)?);
            Some(1)
        }
    }
}

/// Resolves the backslash at the start of `rest`; returns the length of the escape, or `None` if nothing follows it.
fn escape(rest: &str, text: &mut String) -> Option<usize> {
    let kind = rest.chars().nth(1)?;
    let digits = match kind {
        'n' => return Some(pushed(text, '\n')),
        'r' => return Some(pushed(text, '\r')),
        't' => return Some(pushed(text, '\t')),
        '"' | '\\' => return Some(pushed(text, kind)),
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let code = rest.get(2..2 + digits).filter(|code| !code.is_empty());
    let Some(code) = code.and_then(|code| u32::from_str_radix(code, 16).ok()) else {
        // Not an escape. Regular expressions in descriptions look like this: better kept than lost.
        text.push('\\');
        text.push(kind);
        return Some(1 + kind.len_utf8());
    };
    text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    Some(2 + digits)
}

fn pushed(text: &mut String, character: char) -> usize {
    text.push(character);
    2
}
