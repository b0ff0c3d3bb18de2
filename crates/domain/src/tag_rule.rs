//! Which tags of a repository are versions of a module (wire-spec 18, "Tags").

use crate::Version;

/// The literal text before the version in a module's tags; empty for most modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagRule {
    prefix: String,
}

/// A tag that is a version under some rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagVersion {
    pub version: Version,
    pub tag: String,
    pub commit: String,
}

impl TagRule {
    /// `prefix` is compared byte for byte: `app-` matches `app-v1.0.0`, `my-module/` matches `my-module/1.0.0`.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The version that `tag` stands for: prefix, optional `v`, then exactly three numbers with pre-release and build.
    pub fn version_of(&self, tag: &str) -> Option<Version> {
        let rest = tag.strip_prefix(&self.prefix)?;
        rest.strip_prefix('v').unwrap_or(rest).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: &str, tag: &str, expected: Option<&str>) {
        let found = TagRule::new(prefix).version_of(tag).map(|version| version.to_string());
        assert_eq!(found.as_deref(), expected, "tag {tag:?} under prefix {prefix:?}");
    }

    #[test]
    fn tags_become_versions_by_the_rule() {
        check("", "v1.2.3", Some("1.2.3"));
        check("", "1.2.3", Some("1.2.3"));
        check("", "v1.2.3-rc.1+build5", Some("1.2.3-rc.1+build5"));
        check("", "app-v1.0.0", None);
        check("", "v1", None);
        check("", "v1.0", None);
        check("", "vv1.0.0", None);
        check("", "daily-2024-01-01", None);
        check("app-", "app-v1.0.0", Some("1.0.0"));
        check("app-", "v1.0.0", None);
        check("my-module/", "my-module/v1.0.0", Some("1.0.0"));
        check("", "--upload-pack=evil", None);
    }
}
