//! Versions of modules.

mod acceptance;
mod change;
mod damage;
mod delete;
mod installable;
mod standing;
mod states;
mod tags;
mod timeline;
mod upload;

pub use acceptance::{accept, begin_replacing, give_up_replacing, replace};
pub use change::{
    Archived, NewVersion, insert, set_archived, set_archived_from, set_cloning, set_errored, set_fetched, set_ok,
    set_pending, set_queued, set_still_ok,
};
pub use damage::{OfBlob, report_damaged, set_repaired, set_unrepaired};
pub use delete::{delete, forget};
pub use installable::{Installable, InstallableVersion, find_installable};
pub use standing::{Standing, Verdict, Warning, judge};
pub use states::{VersionState, list_states};
pub use tags::{set_moved, set_origin, set_returned, set_vanished};
pub use timeline::{Step, Timeline};
pub use upload::{Uploaded, seal, set_uploaded, takes_uploads};

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use domain::{Error, Id, Version, VersionStatus, kinds};

use crate::{Connection, error::During, row::Parsed, schema::module_versions};

/// A version as it stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = module_versions)]
pub struct ModuleVersion {
    #[diesel(deserialize_as = Parsed<Id<kinds::ModuleVersion>>)]
    pub id: Id<kinds::ModuleVersion>,
    pub module_id: String,
    #[diesel(deserialize_as = Parsed<Version>)]
    pub version: Version,
    pub source: String,
    pub tag: Option<String>,
    /// Of the module when the version was made from it.
    pub branch: Option<String>,
    pub commit_sha: Option<String>,
    /// The commit that its tag, or another spelling of it, is on, if that is not the published one.
    pub moved_to: Option<String>,
    /// The commit that its owner wants published instead, until that is done or has failed.
    pub accepted: Option<String>,
    /// Since when no tag stands for it any more.
    pub vanished_at: Option<i64>,
    #[diesel(deserialize_as = Parsed<VersionStatus>)]
    pub status: VersionStatus,
    pub stage: Option<String>,
    /// Why it cannot be installed; of one that is `ok`: its stored archive is damaged.
    pub error_message: Option<String>,
    pub archive_sha256: Option<String>,
    pub tar_sha256: Option<String>,
    pub archive_size: i64,
    pub archive_directory: String,
    /// Whether it was made with Git submodules.
    pub submodules: bool,
    /// JSON array of {path, reason}: what was left out of the archive.
    pub notes: String,
    pub upload_key: Option<String>,
    pub upload_sha256: Option<String>,
    pub published_at: Option<i64>,
    pub sealed_at: Option<i64>,
    pub ok_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    #[diesel(embed)]
    pub standing: Standing,
    #[diesel(embed)]
    pub timeline: Timeline,
}

/// By id.
pub fn load(session: &mut Connection, id: &str) -> Result<ModuleVersion, Error> {
    module_versions::table
        .find(id)
        .select(ModuleVersion::as_select())
        .first(&mut session.db)
        .optional()
        .during("reading a version")?
        .ok_or_else(|| Error::not_found("Module version"))
}

/// By module and normalised number.
pub fn find(session: &mut Connection, module: &str, version: &Version) -> Result<Option<ModuleVersion>, Error> {
    module_versions::table
        .filter(module_versions::module_id.eq(module))
        .filter(module_versions::version.eq(version.to_string()))
        .select(ModuleVersion::as_select())
        .first(&mut session.db)
        .optional()
        .during("looking up a version")
}

/// All of one module, newest first.
pub fn list(session: &mut Connection, module: &str) -> Result<Vec<ModuleVersion>, Error> {
    list_of_modules(session, &[module.to_owned()])
}

/// All of several modules in one query, newest first.
pub fn list_of_modules(session: &mut Connection, modules: &[String]) -> Result<Vec<ModuleVersion>, Error> {
    let mut rows: Vec<ModuleVersion> = module_versions::table
        .filter(module_versions::module_id.eq_any(modules))
        .select(ModuleVersion::as_select())
        .load(&mut session.db)
        .during("listing versions")?;
    rows.sort_by(|a, b| b.version.cmp(&a.version));
    Ok(rows)
}

/// Those with the given ids, in no particular order.
pub fn list_by_ids(session: &mut Connection, ids: &[String]) -> Result<Vec<ModuleVersion>, Error> {
    module_versions::table
        .filter(module_versions::id.eq_any(ids))
        .select(ModuleVersion::as_select())
        .load(&mut session.db)
        .during("reading versions")
}

/// Numbers of the versions that can be installed, oldest first.
pub fn list_installable_numbers(session: &mut Connection, module: &str) -> Result<Vec<Version>, Error> {
    let rows: Vec<String> = module_versions::table
        .filter(module_versions::module_id.eq(module))
        .filter(module_versions::status.eq(VersionStatus::Ok.as_str()))
        .filter(module_versions::revoked_at.is_null())
        .select(module_versions::version)
        .load(&mut session.db)
        .during("listing the numbers of installable versions")?;
    let mut numbers = rows.iter().map(|version| version.parse()).collect::<Result<Vec<Version>, Error>>()?;
    numbers.sort();
    Ok(numbers)
}
