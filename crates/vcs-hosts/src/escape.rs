//! Names as pieces of the path of an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself everywhere in an address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One piece of a path, whatever it holds; also a slash is escaped. Of `.` and `..` nobody can make a piece.
pub(crate) fn escaped(piece: &str) -> String {
    utf8_percent_encode(piece, ESCAPED).to_string()
}
