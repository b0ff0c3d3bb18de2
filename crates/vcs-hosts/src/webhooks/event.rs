//! What a delivery says, in the same words for every host.

use crate::Identifier;

/// One delivery, understood. Its texts come from outside: bounded and without control characters, but not checked
/// to name anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What the host calls it, for people: 1 to 100 printable ASCII characters.
    pub name: String,
    /// The host's id of the delivery, by which repeats are known: 1 to 200 printable ASCII characters (wire-spec 16.2).
    pub delivery_id: Option<String>,
    /// The repository that the payload names.
    pub repository: Repository,
    /// What happened.
    pub news: News,
}

/// A repository as a payload names it, as far as it does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// In the form of wire-spec 17.3, for Azure DevOps that with `_git`. Unlike [`Identifier`] it may hold any letters.
    pub identifier: Option<String>,
    /// The number or UUID of the host, as the host writes it, which outlives a new name.
    pub remote_id: Option<String>,
}

/// What a delivery means for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Tags changed: those that the host names, at most 100. None when it does not say which.
    Tags(Vec<TagChange>),
    /// A branch, the first one named, was made, moved or deleted; and no tag changed.
    Branch(String),
    /// The host tries whether deliveries arrive.
    Ping,
    /// Nothing that matters here.
    Other,
}

/// A tag that was pushed or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// Without `refs/tags/`; may hold `/`.
    pub name: String,
    /// `None` when the host does not say.
    pub change: Option<Change>,
}

/// What happened to a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It points to something else now.
    Moved,
    /// It is gone.
    Deleted,
}

impl Event {
    /// Whether somebody should look at the tags of the repository (wire-spec 16.4).
    pub fn is_about_tags(&self) -> bool {
        matches!(self.news, News::Tags(_))
    }

    /// Whether it is about the repository that is configured as `identifier`, with `remote_id` if that is known
    /// (wire-spec 16.1). The host's ids decide where both sides know one, so that a new name does no harm; otherwise
    /// the names, in any case and in either form of Azure DevOps. A payload that names no repository is about the one
    /// that its address belongs to.
    pub fn concerns(&self, identifier: &Identifier, remote_id: Option<&str>) -> bool {
        if let (Some(ours), Some(theirs)) = (remote_id.filter(|id| !id.is_empty()), &self.repository.remote_id) {
            return ours.eq_ignore_ascii_case(theirs);
        }
        let named = self.repository.identifier.as_deref();
        named.is_none_or(|named| comparable(named) == comparable(identifier.as_str()))
    }
}

impl Repository {
    /// Empty texts name nothing.
    pub(super) fn new(identifier: Option<String>, remote_id: Option<String>) -> Self {
        let told = |text: &String| !text.is_empty();
        Self { identifier: identifier.filter(told), remote_id: remote_id.filter(told) }
    }
}

fn comparable(identifier: &str) -> String {
    let lower = identifier.to_lowercase();
    match lower.split('/').collect::<Vec<_>>().as_slice() {
        [organization, project, "_git", repository] => format!("{organization}/{project}/{repository}"),
        _ => lower,
    }
}
