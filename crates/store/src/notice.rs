//! What a committed transaction changed, for those who keep copies or wait for work.

/// Sent after the commit, to every listener of this process. Nothing depends on it arriving: it only saves time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A job became due.
    JobsDue,
    /// An answer about this module (`namespace/name/provider`) may have changed.
    ModuleChanged(String),
    /// A token was made or revoked.
    TokensChanged,
    /// A scope was made, renamed or deleted: any address may mean something else now.
    ScopesChanged,
}
