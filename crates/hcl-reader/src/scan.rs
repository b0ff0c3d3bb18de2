//! The structure of an HCL file, in one pass over its bytes. Expressions are skipped, not parsed: what is inside them
//! cannot hide or change a block, which is what whole-file parsers get wrong on real files.

mod body;
mod cursor;
mod heredoc;
mod skip;

pub(crate) use body::scan;
pub(crate) use cursor::{Cursor, is_name_start};
pub(crate) use heredoc::{Heredoc, end_line as heredoc_end};
pub(crate) use skip::{Stops, quoted_end, skip, to_close};

#[cfg(test)]
mod tests;
