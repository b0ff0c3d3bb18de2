//! Modules, by id and by address.

mod change;
mod delete;
mod list;
mod search;
mod source;

pub use change::{
    Description, NewBranch, NewModule, add_downloads, add_wish, clear_wish, insert, lock, set_no_code, set_status,
    set_submodules, set_synced, set_test_config, set_vanished_tags, settle_status, touch, touch_by_id,
};
pub use delete::delete;
pub use list::{Filter, list};
pub use search::{Search, SortKey, search};
pub use source::{NewSource, claim_initial_version, list_branches, set_initial_made, set_source};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};
use domain::{
    Error, Id, ModuleAddress, ModuleName, ModuleStatus, Namespace, Provider, Publishing, VanishedTags, Version, kinds,
};

use crate::{
    Connection,
    error::During,
    row::Parsed,
    schema::{modules, scope_names, scopes},
    scopes::is_called,
};

/// A module as it stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = modules)]
pub struct Module {
    #[diesel(deserialize_as = Parsed<Id<kinds::Module>>)]
    pub id: Id<kinds::Module>,
    #[diesel(deserialize_as = Parsed<Id<kinds::Scope>>)]
    pub scope_id: Id<kinds::Scope>,
    pub namespace_id: String,
    /// The present name of its namespace.
    #[diesel(select_expression = scopes::name, deserialize_as = Parsed<Namespace>)]
    pub namespace: Namespace,
    #[diesel(deserialize_as = Parsed<ModuleName>)]
    pub name: ModuleName,
    #[diesel(deserialize_as = Parsed<Provider>)]
    pub provider: Provider,
    #[diesel(deserialize_as = Parsed<Publishing>)]
    pub publishing: Publishing,
    pub repository_id: Option<String>,
    pub display_identifier: String,
    pub source_directory: String,
    pub tag_prefix: String,
    /// Where its versions come from; empty unless it is made from a branch.
    pub branch: String,
    /// The number of the version that is made from the head of the branch, unless somebody makes it from another commit.
    pub initial_version: Option<String>,
    /// That version is still to be made.
    pub initial_due: bool,
    /// How its tests would run, as JSON. Only kept: there are none here.
    pub test_config: Option<String>,
    /// Whether Git submodules are part of its archives.
    pub submodules: bool,
    #[diesel(deserialize_as = Parsed<VanishedTags>)]
    pub vanished_tags: VanishedTags,
    #[diesel(deserialize_as = Parsed<ModuleStatus>)]
    pub status: ModuleStatus,
    pub error_message: Option<String>,
    pub description: String,
    pub no_code: bool,
    pub latest_version_id: Option<String>,
    pub downloads: i64,
    pub revision: i64,
    /// Flags ([`crate::jobs::args`]) for the next look at the tags.
    pub wish: i64,
    /// When the tags of its repository were last looked at for it.
    pub synced_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    /// The user who made it, who may be gone.
    pub created_by: Option<String>,
    /// The source directory as a client wrote it, if that is not how it is kept.
    pub written_directory: Option<String>,
    /// The description was given by hand.
    pub own_description: bool,
}

impl Module {
    /// Whether this is the version that is made from the head of the branch.
    pub fn is_initial(&self, version: &Version) -> bool {
        self.initial_version.as_deref() == Some(version.to_string().as_str())
    }

    /// Whether a version whose tag vanished at this time is on its way out.
    pub fn drops(&self, vanished_at: Option<i64>) -> bool {
        vanished_at.is_some() && self.vanished_tags == VanishedTags::Remove
    }

    /// Where it is installed from.
    pub fn address(&self) -> ModuleAddress {
        ModuleAddress { namespace: self.namespace.clone(), name: self.name.clone(), provider: self.provider.clone() }
    }
}

/// By id.
pub fn load(session: &mut Connection, id: &str) -> Result<Module, Error> {
    modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .filter(modules::id.eq(id))
        .select(Module::as_select())
        .first(&mut session.db)
        .optional()
        .during("reading a module")?
        .ok_or_else(|| Error::not_found("Module"))
}

/// By address: the namespace by present or former name, or by id.
pub fn find(
    session: &mut Connection,
    namespace: &str,
    name: &ModuleName,
    provider: &Provider,
) -> Result<Option<Module>, Error> {
    modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .inner_join(scope_names::table.on(scope_names::scope_id.eq(scopes::id)))
        .filter(is_called!(namespace))
        .filter(modules::name.eq(name.as_str()))
        .filter(modules::provider.eq(provider.as_str()))
        .select(Module::as_select())
        .first(&mut session.db)
        .optional()
        .during("looking up a module")
}

/// Every provider's module of this namespace and name, by provider.
pub fn list_by_name(session: &mut Connection, namespace: &str, name: &ModuleName) -> Result<Vec<Module>, Error> {
    modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .inner_join(scope_names::table.on(scope_names::scope_id.eq(scopes::id)))
        .filter(is_called!(namespace))
        .filter(modules::name.eq(name.as_str()))
        .order(modules::provider)
        .distinct()
        .select(Module::as_select())
        .load(&mut session.db)
        .during("looking up the modules of a name")
}

/// The modules that come from one repository.
pub fn list_of_repository(session: &mut Connection, repository: &str) -> Result<Vec<Module>, Error> {
    modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .filter(modules::repository_id.eq(repository))
        .order(modules::id)
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing the modules of a repository")
}
