//! Where a heredoc begins and ends.

/// `<<EOT` or `<<-EOT` and the end of its line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heredoc<'a> {
    pub(crate) marker: &'a [u8],
    /// `<<-`: the common indentation of the lines is not part of the text.
    pub(crate) indented: bool,
    /// Start of the first line of text.
    pub(crate) body: usize,
}

impl<'a> Heredoc<'a> {
    /// The heredoc whose `<<` stands at `at`, if one begins there.
    pub(crate) fn begin(bytes: &'a [u8], at: usize) -> Option<Self> {
        let rest = bytes.get(at..)?.strip_prefix(b"<<")?;
        let (rest, indented) = match rest.strip_prefix(b"-") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let length = rest.iter().take_while(|byte| is_marker(**byte)).count();
        let (marker, after) = rest.split_at_checked(length)?;
        let blanks = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if marker.is_empty() || after.get(blanks) != Some(&b'\n') {
            return None;
        }
        let start = bytes.len() - after.len();
        Some(Self { marker, indented, body: start + blanks + 1 })
    }
}

/// If the line that starts at `at` is the marker and nothing else: the position after the marker.
pub(crate) fn end_line(bytes: &[u8], at: usize, marker: &[u8]) -> Option<usize> {
    let line = bytes.get(at..)?;
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let after = line.get(blanks..)?.strip_prefix(marker)?;
    let next = after.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    matches!(next, None | Some(b'\n')).then_some(bytes.len() - after.len())
}

fn is_marker(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || byte >= 0x80
}
