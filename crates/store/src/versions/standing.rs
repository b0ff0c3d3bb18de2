//! What its owner says of a version: deprecated, or revoked (wire-spec 6.7).

use diesel::{ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable};
use domain::{Error, VersionStatus};

use crate::{
    Connection,
    dialect::now,
    error::During,
    modules::{self, Module},
    schema::module_versions,
};

use super::{ModuleVersion, change::find_latest, load};

/// As the columns have it. What is revoked is deprecated as well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = module_versions)]
pub struct Standing {
    pub deprecated_at: Option<i64>,
    pub deprecation_reason: Option<String>,
    pub deprecation_link: Option<String>,
    pub revoked_at: Option<i64>,
    pub revocation_message: Option<String>,
    pub revocation_link: Option<String>,
}

/// What users of a version read about it; either may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub text: String,
    /// Where there is more.
    pub link: String,
}

/// What an owner may do about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can be installed, with a warning.
    Deprecate(Warning),
    Undeprecate,
    /// It cannot be installed any more.
    Revoke(Warning),
    /// It is deprecated, as before.
    Unrevoke,
}

impl Standing {
    /// While it is deprecated, or revoked.
    pub fn deprecation(&self) -> Option<Warning> {
        warning(self.deprecated_at, self.deprecation_reason.as_ref(), self.deprecation_link.as_ref())
    }

    pub fn revocation(&self) -> Option<Warning> {
        warning(self.revoked_at, self.revocation_message.as_ref(), self.revocation_link.as_ref())
    }
}

/// A warning that was given at some time.
pub(super) fn warning(at: Option<i64>, text: Option<&String>, link: Option<&String>) -> Option<Warning> {
    let or_empty = |text: Option<&String>| text.cloned().unwrap_or_default();
    at.map(|_| Warning { text: or_empty(text), link: or_empty(link) })
}

impl ModuleVersion {
    /// Whether clients may have it.
    pub fn is_installable(&self) -> bool {
        self.status == VersionStatus::Ok && self.standing.revoked_at.is_none()
    }
}

/// Follows a verdict; the version as it is then. A verdict may be repeated: its text is replaced.
///
/// `Invalid` for one that cannot follow what was said before: only a version that is ok is deprecated, only a deprecated
/// one is revoked, and a revoked one stays deprecated.
pub fn judge(
    session: &mut Connection,
    module: &Module,
    version: &ModuleVersion,
    verdict: &Verdict,
) -> Result<ModuleVersion, Error> {
    // Locks the module, so that what is checked now is true at the commit.
    modules::touch(session, module)?;
    let id = version.id.as_str();
    let version = load(session, id)?;
    check(&version, verdict)?;
    let now = now(session)?;
    let row = diesel::update(module_versions::table.find(id));
    match verdict {
        Verdict::Deprecate(warning) => row
            .set((
                module_versions::deprecated_at.eq(version.standing.deprecated_at.unwrap_or(now)),
                module_versions::deprecation_reason.eq(&warning.text),
                module_versions::deprecation_link.eq(&warning.link),
                module_versions::updated_at.eq(now),
            ))
            .execute(&mut session.db),
        Verdict::Undeprecate => row
            .set((
                module_versions::deprecated_at.eq(None::<i64>),
                module_versions::deprecation_reason.eq(None::<String>),
                module_versions::deprecation_link.eq(None::<String>),
                module_versions::updated_at.eq(now),
            ))
            .execute(&mut session.db),
        Verdict::Revoke(warning) => row
            .set((
                module_versions::revoked_at.eq(version.standing.revoked_at.unwrap_or(now)),
                module_versions::revocation_message.eq(&warning.text),
                module_versions::revocation_link.eq(&warning.link),
                module_versions::updated_at.eq(now),
            ))
            .execute(&mut session.db),
        Verdict::Unrevoke => row
            .set((
                module_versions::revoked_at.eq(None::<i64>),
                module_versions::revocation_message.eq(None::<String>),
                module_versions::revocation_link.eq(None::<String>),
                module_versions::updated_at.eq(now),
            ))
            .execute(&mut session.db),
    }
    .during("noting what is said of a version")?;
    find_latest(session, module)?;
    load(session, id)
}

fn check(version: &ModuleVersion, verdict: &Verdict) -> Result<(), Error> {
    let is_deprecated = version.standing.deprecated_at.is_some();
    let is_revoked = version.standing.revoked_at.is_some();
    let refuse = |reason| Err(Error::invalid(format!("Version {}", version.version), reason));
    match verdict {
        Verdict::Deprecate(_) if version.status != VersionStatus::Ok => {
            refuse("must be ok before it can be deprecated")
        }
        Verdict::Undeprecate if is_revoked => refuse("is revoked; undo that first"),
        Verdict::Revoke(_) if !is_deprecated => refuse("must be deprecated before it can be revoked"),
        Verdict::Deprecate(_) | Verdict::Undeprecate | Verdict::Revoke(_) | Verdict::Unrevoke => Ok(()),
    }
}
