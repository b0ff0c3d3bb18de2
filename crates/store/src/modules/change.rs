//! Making modules, and what happens to them.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, ModuleName, ModuleStatus, Provider, Publishing, VanishedTags, Version, VersionStatus, kinds};

use crate::{
    Connection, Notice,
    dialect::now,
    error::{During, unless_taken},
    schema::{module_versions, modules},
    scopes::Scope,
};

use super::{Module, load};

/// What a new module needs.
#[derive(Debug)]
pub struct NewModule<'a> {
    pub scope: &'a Scope,
    /// What its address begins with: the name of its scope, or a module namespace.
    pub namespace: &'a Scope,
    /// Who makes it.
    pub created_by: Option<&'a Id<kinds::User>>,
    pub name: &'a ModuleName,
    pub provider: &'a Provider,
    pub publishing: Publishing,
    pub repository: Option<&'a Id<kinds::Repository>>,
    pub display_identifier: &'a str,
    pub source_directory: &'a str,
    /// The same as the client wrote it, if that matters to it.
    pub written_directory: Option<&'a str>,
    pub tag_prefix: &'a str,
    /// For those made from a branch.
    pub branch: Option<NewBranch<'a>>,
    pub vanished_tags: VanishedTags,
    pub description: Description<'a>,
    pub no_code: bool,
}

/// The words about a module.
#[derive(Debug, Clone, Copy)]
pub enum Description<'a> {
    /// What the host says of the repository, as long as it says so.
    OfRepository(&'a str),
    /// Given by hand, for ever.
    Own(&'a str),
}

/// The branch that a new module is made from.
#[derive(Debug)]
pub struct NewBranch<'a> {
    pub name: &'a str,
    /// The number of the version that is made from its head.
    pub initial_version: &'a Version,
    /// JSON; only kept.
    pub test_config: Option<&'a str>,
}

impl<'a> NewModule<'a> {
    /// One in the namespace of its own scope, of which nothing else is known.
    pub fn new(scope: &'a Scope, name: &'a ModuleName, provider: &'a Provider, publishing: Publishing) -> Self {
        Self {
            scope,
            namespace: scope,
            created_by: None,
            name,
            provider,
            publishing,
            repository: None,
            display_identifier: "",
            source_directory: "",
            written_directory: None,
            tag_prefix: "",
            branch: None,
            vanished_tags: VanishedTags::Keep,
            description: Description::OfRepository(""),
            no_code: false,
        }
    }
}

/// Makes a module, `pending`. `AlreadyExists` when its address is taken.
pub fn insert(session: &mut Connection, new: &NewModule<'_>) -> Result<Module, Error> {
    let id = Id::<kinds::Module>::random();
    let now = now(session)?;
    let branch = new.branch.as_ref();
    let (description, is_own) = match new.description {
        Description::OfRepository(text) => (text, false),
        Description::Own(text) => (text, true),
    };
    let inserted = diesel::insert_into(modules::table)
        .values((
            modules::id.eq(id.as_str()),
            modules::scope_id.eq(new.scope.id.as_str()),
            modules::namespace_id.eq(new.namespace.id.as_str()),
            modules::name.eq(new.name.as_str()),
            modules::provider.eq(new.provider.as_str()),
            modules::publishing.eq(new.publishing.as_str()),
            modules::repository_id.eq(new.repository.map(Id::as_str)),
            modules::display_identifier.eq(new.display_identifier),
            modules::source_directory.eq(new.source_directory),
            modules::tag_prefix.eq(new.tag_prefix),
            modules::branch.eq(branch.map_or("", |branch| branch.name)),
            modules::initial_version.eq(branch.map(|branch| branch.initial_version.to_string())),
            modules::initial_due.eq(branch.is_some()),
            modules::test_config.eq(branch.and_then(|branch| branch.test_config)),
            modules::vanished_tags.eq(new.vanished_tags.as_str()),
            modules::status.eq(ModuleStatus::Pending.as_str()),
            modules::description.eq(description),
            modules::own_description.eq(is_own),
            modules::created_by.eq(new.created_by.map(Id::as_str)),
            modules::written_directory.eq(new.written_directory),
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

/// Only kept: there is nothing without code here.
pub fn set_no_code(session: &mut Connection, module: &Module, no_code: bool) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::no_code.eq(no_code))
        .execute(&mut session.db)
        .during("setting an attribute of a module")?;
    touch(session, module)
}

/// What becomes of its versions when their tags vanish, from the next look at the tags on.
pub fn set_vanished_tags(session: &mut Connection, module: &Module, policy: VanishedTags) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::vanished_tags.eq(policy.as_str()))
        .execute(&mut session.db)
        .during("setting an attribute of a module")?;
    touch(session, module)
}

/// Whether Git submodules are part of its archives, from the next version on.
pub fn set_submodules(session: &mut Connection, module: &Module, wanted: bool) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::submodules.eq(wanted))
        .execute(&mut session.db)
        .during("setting an attribute of a module")?;
    touch(session, module)
}

/// How its tests would run, as JSON. Only kept: there are none here.
pub fn set_test_config(session: &mut Connection, module: &Module, config: &str) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::test_config.eq(config))
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
