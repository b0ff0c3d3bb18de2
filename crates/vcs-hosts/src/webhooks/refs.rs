//! What a push says about refs, put together. What it leaves out leads to a look at the tags, never to an error.

use super::{Change, News, TagChange};

const MOST_TAGS: usize = 100;
/// Object ids in hexadecimal: SHA-1 and SHA-256.
const LENGTHS_OF_IDS: [usize; 2] = [40, 64];

/// A ref, by what it means to us.
pub(super) enum RefName {
    Tag(String),
    Branch(String),
    Other,
}

impl RefName {
    /// From a full name such as `refs/tags/v1.0.0`.
    pub(super) fn parse(full: &str) -> Self {
        if let Some(tag) = full.strip_prefix("refs/tags/") {
            return Self::of_type("tag", tag);
        }
        full.strip_prefix("refs/heads/").map_or(Self::Other, |branch| Self::of_type("branch", branch))
    }

    /// From the type, `tag` or `branch`, and the name without `refs/…/`.
    pub(super) fn of_type(kind: &str, name: &str) -> Self {
        match kind {
            _ if name.is_empty() => Self::Other,
            "tag" => Self::Tag(name.to_owned()),
            "branch" => Self::Branch(name.to_owned()),
            _ => Self::Other,
        }
    }
}

/// The refs of one delivery, one after the other.
#[derive(Default)]
pub(super) struct Refs {
    tags: Vec<TagChange>,
    branch: Option<String>,
    names_some: bool,
    lacks_some: bool,
}

impl Refs {
    /// One more ref; `None` when the host does not say which.
    pub(super) fn add(&mut self, name: Option<RefName>, change: Option<Change>) {
        self.names_some = true;
        match name {
            None => self.lacks_some = true,
            Some(RefName::Tag(name)) if self.tags.len() < MOST_TAGS => self.tags.push(TagChange { name, change }),
            Some(RefName::Branch(name)) => self.branch = self.branch.take().or(Some(name)),
            Some(RefName::Tag(_) | RefName::Other) => {}
        }
    }

    /// There are more than were added.
    pub(super) fn add_untold(&mut self) {
        self.lacks_some = true;
    }

    /// Tags go before branches.
    pub(super) fn into_news(self) -> News {
        if !self.tags.is_empty() || self.lacks_some || !self.names_some {
            return News::Tags(self.tags);
        }
        self.branch.map_or(News::Other, News::Branch)
    }
}

/// The push of a single ref, from its full name and its ids before and after.
pub(super) fn pushed(full_name: Option<&str>, before: Option<&str>, after: Option<&str>) -> News {
    let mut refs = Refs::default();
    refs.add(full_name.map(RefName::parse), change_between(before, after));
    refs.into_news()
}

/// What the ids of a ref before and after tell (wire-spec 16.1).
pub(super) fn change_between(before: Option<&str>, after: Option<&str>) -> Option<Change> {
    match (before.and_then(exists), after.and_then(exists)) {
        (_, Some(false)) => Some(Change::Deleted),
        (Some(false), _) => Some(Change::Added),
        (Some(true), Some(true)) => Some(Change::Moved),
        (None, _) | (_, None) => None,
    }
}

/// `None` for what is no object id.
fn exists(id: &str) -> Option<bool> {
    let is_id = LENGTHS_OF_IDS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id.bytes().any(|byte| byte != b'0'))
}
