//! What one package may cost. Real modules stay far below; whoever is above loses content and gets a diagnostic, but
//! keeps the release.

/// A configuration file, and the part of a README that is kept.
pub(crate) const FILE_BYTES: usize = 1 << 20;
/// Configuration files of one directory.
pub(crate) const DIRECTORY_FILES: usize = 2_000;
/// Bytes of configuration of one directory.
pub(crate) const DIRECTORY_BYTES: usize = 8 << 20;
/// Declarations of each kind in one directory.
pub(crate) const DIRECTORY_DECLARATIONS: usize = 20_000;
/// Declarations of one package: past them, no further directory is read.
pub(crate) const PACKAGE_DECLARATIONS: usize = 100_000;
/// Configuration files of one package.
pub(crate) const PACKAGE_FILES: usize = 10_000;
/// Bytes of configuration of one package.
pub(crate) const PACKAGE_BYTES: usize = 32 << 20;
/// Submodules and examples of one package.
pub(crate) const PARTS: usize = 1_000;
/// Blocks inside blocks.
pub(crate) const BLOCK_DEPTH: usize = 64;
/// Brackets, strings and templates inside each other in one expression.
pub(crate) const BRACKET_DEPTH: usize = 256;
/// Labels of one block.
pub(crate) const LABELS: usize = 16;
/// Blocks and arguments of one file.
pub(crate) const ITEMS: usize = 50_000;
/// Text kept of one type, default or description.
pub(crate) const TEXT_BYTES: usize = 64 << 10;
/// Values inside one decoded expression.
pub(crate) const VALUE_NODES: usize = 20_000;
/// Values inside each other in one decoded expression.
pub(crate) const VALUE_DEPTH: usize = 64;
/// Diagnostics of one directory.
pub(crate) const DIAGNOSTICS: usize = 50;
/// Estimated memory of what a reader remembers.
pub(crate) const REMEMBERED_BYTES: usize = 64 << 20;
