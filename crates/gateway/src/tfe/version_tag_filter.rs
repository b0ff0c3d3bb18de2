//! `filter[tagged][i][key]` and `filter[tagged][i][value]`: versions by their tags.

use std::collections::BTreeMap;

use store::tag_bindings::TagBinding;

use super::query::Query;

/// Each `i` demands one tag: with this key, with this value, or with both.
#[derive(Debug, Default)]
pub(super) struct VersionTagFilter(Vec<Demand>);

#[derive(Debug, Default)]
struct Demand {
    key: Option<String>,
    value: Option<String>,
}

impl VersionTagFilter {
    /// What has another form, or is empty, demands nothing.
    pub(super) fn parse(query: &Query) -> Self {
        let mut demands: BTreeMap<&str, Demand> = BTreeMap::new();
        for (name, text) in query.pairs.iter().filter(|(_, text)| !text.is_empty()) {
            let inner = name.strip_prefix("filter[tagged][").and_then(|rest| rest.strip_suffix(']'));
            match inner.and_then(|inner| inner.split_once("][")) {
                Some((index, "key")) => demands.entry(index).or_default().key = Some(text.clone()),
                Some((index, "value")) => demands.entry(index).or_default().value = Some(text.clone()),
                _ => {}
            }
        }
        Self(demands.into_values().collect())
    }

    /// Whether these tags meet every demand.
    pub(super) fn matches(&self, tags: &[TagBinding]) -> bool {
        let is = |wanted: &Option<String>, text: &String| wanted.as_ref().is_none_or(|wanted| wanted == text);
        self.0.iter().all(|demand| tags.iter().any(|tag| is(&demand.key, &tag.key) && is(&demand.value, &tag.value)))
    }
}
