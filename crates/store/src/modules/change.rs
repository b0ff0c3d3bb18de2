//! Making modules, and what happens to them.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, ModuleName, ModuleStatus, Provider, Publishing, VanishedTags, VersionStatus, kinds};

use crate::{
    Connection, Notice,
    dialect::now,
    error::{During, unless_taken},
    jobs, repositories,
    schema::{module_versions, modules},
    scopes::Scope,
    versions,
};

use super::{Module, load};

/// What a new module needs.
#[derive(Debug)]
pub struct NewModule<'a> {
    /// Owner, and namespace of the address.
    pub scope: &'a Scope,
    pub name: &'a ModuleName,
    pub provider: &'a Provider,
    pub publishing: Publishing,
    pub repository: Option<&'a Id<kinds::Repository>>,
    pub display_identifier: &'a str,
    pub source_directory: &'a str,
    pub tag_prefix: &'a str,
    pub vanished_tags: VanishedTags,
    pub no_code: bool,
}

/// Makes a module, `pending`. `AlreadyExists` when its address is taken.
pub fn insert(session: &mut Connection, new: &NewModule<'_>) -> Result<Module, Error> {
    let id = Id::<kinds::Module>::random();
    let now = now(session)?;
    let inserted = diesel::insert_into(modules::table)
        .values((
            modules::id.eq(id.as_str()),
            modules::scope_id.eq(new.scope.id.as_str()),
            modules::namespace_id.eq(new.scope.id.as_str()),
            modules::name.eq(new.name.as_str()),
            modules::provider.eq(new.provider.as_str()),
            modules::publishing.eq(new.publishing.as_str()),
            modules::repository_id.eq(new.repository.map(Id::as_str)),
            modules::display_identifier.eq(new.display_identifier),
            modules::source_directory.eq(new.source_directory),
            modules::tag_prefix.eq(new.tag_prefix),
            modules::vanished_tags.eq(new.vanished_tags.as_str()),
            modules::status.eq(ModuleStatus::Pending.as_str()),
            modules::description.eq(""),
            modules::no_code.eq(new.no_code),
            modules::downloads.eq(0_i64),
            modules::revision.eq(1_i64),
            modules::wish.eq(0_i64),
            modules::created_at.eq(now),
            modules::updated_at.eq(now),
        ))
        .execute(&mut session.db);
    unless_taken(inserted, "saving a module", || "Name".to_owned())?;
    let module = load(session, id.as_str())?;
    session.notify(Notice::ModuleChanged(module.address().to_string()));
    Ok(module)
}

/// Moves the revision: answers about the module may have changed.
pub fn touch(session: &mut Connection, module: &Module) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(modules::table.find(module.id.as_str()))
        .set((modules::revision.eq(modules::revision + 1), modules::updated_at.eq(now)))
        .execute(&mut session.db)
        .during("noting the change of a module")?;
    session.notify(Notice::ModuleChanged(module.address().to_string()));
    Ok(())
}

/// `touch`, for those who have only the id.
pub fn touch_by_id(session: &mut Connection, id: &str) -> Result<(), Error> {
    let module = load(session, id)?;
    touch(session, &module)
}

/// Sets the status and its message for the owner.
pub fn set_status(
    session: &mut Connection,
    module: &Module,
    status: ModuleStatus,
    message: Option<&str>,
) -> Result<(), Error> {
    if module.status != status || module.error_message.as_deref() != message {
        diesel::update(modules::table.find(module.id.as_str()))
            .set((modules::status.eq(status.as_str()), modules::error_message.eq(message)))
            .execute(&mut session.db)
            .during("setting the status of a module")?;
        touch(session, module)?;
    }
    Ok(())
}

/// What the status is after a look at the repository: complete with an `ok` version, without versions `empty`, and
/// otherwise `pending`.
pub fn settle_status(session: &mut Connection, module: &Module, empty: ModuleStatus) -> Result<(), Error> {
    // Before counting, so that no version turns ok between the count and the status on PostgreSQL.
    lock(session, &module.id)?;
    let module = &load(session, module.id.as_str())?;
    let of_module = || module_versions::table.filter(module_versions::module_id.eq(module.id.to_string()));
    let all: i64 = of_module().count().get_result(&mut session.db).during("counting versions")?;
    let ok: i64 = of_module()
        .filter(module_versions::status.eq(VersionStatus::Ok.as_str()))
        .count()
        .get_result(&mut session.db)
        .during("counting versions")?;
    let status = match (all, ok) {
        (0, _) => empty,
        (_, 0) => ModuleStatus::Pending,
        _ => ModuleStatus::SetupComplete,
    };
    set_status(session, module, status, None)
}

/// Nobody else changes the module, or what belongs to it, before this transaction ends.
pub fn lock(session: &mut Connection, module: &Id<kinds::Module>) -> Result<(), Error> {
    diesel::update(modules::table.find(module.as_str()))
        .set(modules::revision.eq(modules::revision))
        .execute(&mut session.db)
        .map(drop)
        .during("locking a module")
}

/// Where a module comes from from now on.
#[derive(Debug)]
pub struct NewSource<'a> {
    pub repository: &'a Id<kinds::Repository>,
    pub display_identifier: &'a str,
    pub source_directory: &'a str,
    pub tag_prefix: &'a str,
}

/// Has the versions that are still to come come from elsewhere. What is published stays as it is; what is not is
/// forgotten, and comes again with the next look at the tags, which the caller has queued. A repository that nobody
/// needs any more goes.
pub fn set_source(session: &mut Connection, module: &Module, source: &NewSource<'_>) -> Result<(), Error> {
    let former = module.repository_id.as_deref().filter(|former| *former != source.repository.as_str());
    if let Some(repository) = &module.repository_id {
        // A sync of it is either over, or sees the change: what it is still making finds no version any more.
        jobs::lock_for_target(session, repository)?;
    }
    let unpublished = |session: &mut Connection| -> Result<Vec<versions::ModuleVersion>, Error> {
        let mut versions = versions::list(session, module.id.as_str())?;
        versions.retain(|version| version.status != VersionStatus::Ok);
        Ok(versions)
    };
    let ids: Vec<String> = unpublished(session)?.iter().map(|version| version.id.to_string()).collect();
    // Whoever is just publishing one of them is waited for, and what it published stays. Twice: the last act of a worker
    // may be to queue the next job.
    jobs::delete_for_target(session, &ids)?;
    jobs::delete_for_target(session, &ids)?;
    lock(session, &module.id)?;
    let rest = unpublished(session)?;
    versions::forget(session, module, &rest)?;
    diesel::update(modules::table.find(module.id.as_str()))
        .set((
            modules::repository_id.eq(source.repository.as_str()),
            modules::display_identifier.eq(source.display_identifier),
            modules::source_directory.eq(source.source_directory),
            modules::tag_prefix.eq(source.tag_prefix),
            modules::synced_at.eq(None::<i64>),
        ))
        .execute(&mut session.db)
        .during("setting the source of a module")?;
    if let Some(former) = former {
        repositories::delete_if_unused(session, former)?;
    }
    settle_status(session, module, ModuleStatus::Pending)
}

/// Only kept: there is nothing without code here.
pub fn set_no_code(session: &mut Connection, module: &Module, no_code: bool) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::no_code.eq(no_code))
        .execute(&mut session.db)
        .during("setting an attribute of a module")?;
    touch(session, module)
}

/// What the next look at the tags shall do for this module: flags of [`crate::jobs::args`], OR-ed in.
pub fn add_wish(session: &mut Connection, module: &Module, flags: i64) -> Result<(), Error> {
    diesel::sql_query("UPDATE modules SET wish = wish | $1 WHERE id = $2")
        .bind::<diesel::sql_types::BigInt, _>(flags)
        .bind::<diesel::sql_types::Text, _>(module.id.as_str())
        .execute(&mut session.db)
        .map(drop)
        .during("noting what the next sync shall do")
}

/// It was done, in this transaction.
pub fn clear_wish(session: &mut Connection, module: &Module) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::wish.eq(0_i64))
        .execute(&mut session.db)
        .map(drop)
        .during("noting what a sync did")
}

/// The tags were looked at for these modules, with whatever outcome.
pub fn set_synced(session: &mut Connection, ids: &[String]) -> Result<(), Error> {
    let now = now(session)?;
    for id in in_order(ids) {
        diesel::update(modules::table.find(id))
            .set(modules::synced_at.eq(now))
            .execute(&mut session.db)
            .during("noting the sync of modules")?;
    }
    Ok(())
}

/// Whoever changes several modules in one transaction does so in this order, so that no two wait for each other.
fn in_order(ids: &[String]) -> Vec<&str> {
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    ids
}

/// Counted elsewhere, added in batches; does not move the revision.
pub fn add_downloads(session: &mut Connection, counts: &[(String, i64)]) -> Result<(), Error> {
    let mut counts: Vec<&(String, i64)> = counts.iter().collect();
    counts.sort();
    for (id, count) in counts {
        diesel::update(modules::table.find(id))
            .set(modules::downloads.eq(modules::downloads + count))
            .execute(&mut session.db)
            .during("adding downloads")?;
    }
    Ok(())
}
