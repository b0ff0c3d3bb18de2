//! By what a scope may be called: its present or a former name, its id, or its id as the Scalr API has it.

use super::{ACCOUNT, ENVIRONMENT, INSTALLATION, MODULE_NAMESPACE};

/// Prefixes of ids in the Scalr API, and the one kind that each is of.
const FACES: [(&str, &str); 3] = [("acc-", ACCOUNT), ("env-", ENVIRONMENT), ("modns-", MODULE_NAMESPACE)];

/// A text that may call a scope.
pub(crate) struct Naming {
    /// If it is a name.
    pub(crate) key: String,
    /// If it is an id.
    pub(crate) id: String,
    /// Of what the scope must be, if it is an id.
    pub(crate) kinds: Vec<&'static str>,
}

impl Naming {
    pub(crate) fn of(text: &str) -> Self {
        let key = text.to_ascii_lowercase();
        let face = FACES.into_iter().find_map(|(prefix, kind)| Some((text.strip_prefix(prefix)?, kind)));
        match face {
            Some((random, kind)) => Self { key, id: format!("org-{random}"), kinds: vec![kind] },
            None => {
                Self { key, id: text.to_owned(), kinds: vec![ACCOUNT, ENVIRONMENT, INSTALLATION, MODULE_NAMESPACE] }
            }
        }
    }

    /// The lower-case id that somebody would mean by this name, whatever kind that is of: nobody may be called so.
    pub(crate) fn meant_id(name: &str) -> String {
        let name = name.to_ascii_lowercase();
        let face = FACES.into_iter().find_map(|(prefix, _)| name.strip_prefix(prefix));
        face.map_or_else(|| name.clone(), |random| format!("org-{random}"))
    }
}

/// The rows of `scopes`, joined with `scope_names`, that a text may mean. A macro, since the type of a condition that fits every
/// such query cannot be written down.
macro_rules! is_called {
    ($text:expr) => {{
        let $crate::scopes::Naming { key, id, kinds } = $crate::scopes::Naming::of($text);
        let is_it = $crate::schema::scopes::id.eq(id).and($crate::schema::scopes::kind.eq_any(kinds));
        $crate::schema::scope_names::name_key.eq(key).or(is_it)
    }};
}

pub(crate) use is_called;
