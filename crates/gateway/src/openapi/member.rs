//! The words in which routes describe what they take and give: members of objects, and resources made of them.

/// The type of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// Text that fits a regular expression.
    Name(&'static str),
    /// One of these texts.
    Words(&'static [&'static str]),
    /// RFC 3339, in UTC.
    Time,
    Whole,
    /// A whole number from this one.
    WholeFrom(u32),
    Flag,
    /// At least these members, and perhaps others.
    Object(&'static [Member]),
    List(&'static Kind),
    /// Any JSON at all.
    Free,
    /// A relationship to one resource of a type.
    One(&'static str),
    /// A relationship to one resource of a type, or to none.
    OneOrNone(&'static str),
    /// A relationship to any number of resources of a type.
    Many(&'static str),
    /// A relationship to nothing.
    None,
    /// A relationship that is only a link.
    Related,
}

/// A member of an object, a parameter of a query, or a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Always there.
    pub(crate) is_required: bool,
    /// May be `null`.
    pub(crate) is_nullable: bool,
    pub(crate) description: &'static str,
}

/// A JSON:API resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// What the document calls it.
    pub(crate) name: &'static str,
    /// Its `type`.
    pub(crate) kind: &'static str,
    pub(crate) attributes: &'static [Member],
    pub(crate) relationships: &'static [Member],
}

impl Resource {
    /// Called like its type.
    pub(crate) const fn new(
        kind: &'static str,
        attributes: &'static [Member],
        relationships: &'static [Member],
    ) -> Self {
        Self { name: kind, kind, attributes, relationships }
    }

    /// Where there are several of one type.
    pub(crate) const fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

impl Member {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, is_required: true, is_nullable: false, description: "" }
    }

    /// Not always there.
    pub(crate) const fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// There, but perhaps `null`.
    pub(crate) const fn or_null(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    pub(crate) const fn says(self, description: &'static str) -> Self {
        Self { description, ..self }
    }
}

pub(crate) const fn text(name: &'static str) -> Member {
    Member::new(name, Kind::Text)
}

/// Text that fits `pattern`.
pub(crate) const fn named(name: &'static str, pattern: &'static str) -> Member {
    Member::new(name, Kind::Name(pattern))
}

/// One of `words`.
pub(crate) const fn words(name: &'static str, words: &'static [&'static str]) -> Member {
    Member::new(name, Kind::Words(words))
}

pub(crate) const fn time(name: &'static str) -> Member {
    Member::new(name, Kind::Time)
}

pub(crate) const fn whole(name: &'static str) -> Member {
    Member::new(name, Kind::Whole)
}

/// A whole number from `least`.
pub(crate) const fn whole_from(name: &'static str, least: u32) -> Member {
    Member::new(name, Kind::WholeFrom(least))
}

pub(crate) const fn flag(name: &'static str) -> Member {
    Member::new(name, Kind::Flag)
}

pub(crate) const fn free(name: &'static str) -> Member {
    Member::new(name, Kind::Free)
}

pub(crate) const fn object(name: &'static str, members: &'static [Member]) -> Member {
    Member::new(name, Kind::Object(members))
}

pub(crate) const fn list(name: &'static str, item: &'static Kind) -> Member {
    Member::new(name, Kind::List(item))
}

/// A relationship to one resource.
pub(crate) const fn one(name: &'static str, kind: &'static str) -> Member {
    Member::new(name, Kind::One(kind))
}

/// A relationship to one resource or to none.
pub(crate) const fn one_or_none(name: &'static str, kind: &'static str) -> Member {
    Member::new(name, Kind::OneOrNone(kind))
}

/// A relationship to any number of resources.
pub(crate) const fn many(name: &'static str, kind: &'static str) -> Member {
    Member::new(name, Kind::Many(kind))
}

/// A relationship to nothing.
pub(crate) const fn none(name: &'static str) -> Member {
    Member::new(name, Kind::None)
}

/// A relationship that is only a link.
pub(crate) const fn related(name: &'static str) -> Member {
    Member::new(name, Kind::Related)
}

/// Two lists of members as one, which has `N` of them.
#[expect(clippy::indexing_slicing, reason = "for constants: a wrong index does not compile")]
pub(crate) const fn joined<const N: usize>(first: &[Member], second: &[Member]) -> [Member; N] {
    assert!(first.len() + second.len() == N, "N must be the number of members");
    let mut all = [text(""); N];
    let mut index = 0;
    while index < N {
        all[index] = if index < first.len() { first[index] } else { second[index - first.len()] };
        index += 1;
    }
    all
}
