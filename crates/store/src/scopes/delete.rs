//! Deleting an organization with everything that is in it, in steps that each fit into a short transaction.

use diesel::{
    ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    dsl::{count_star, exists, not},
    sql_query,
    sql_types::{BigInt, Text},
};
use domain::{Error, JobKind};

use crate::{
    Connection, Notice, blob_references,
    dialect::{now, on_postgres},
    documents,
    error::During,
    jobs,
    schema::{connections, jobs as job_table, module_versions, modules, repositories, scopes, tombstones},
};

use super::{Scope, load_for_update};

/// How far a deletion came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Some of its modules are gone. The next transaction goes on.
    Begun,
    /// The organization is gone.
    Complete,
}

/// Modules that one step looks at, and versions that it deletes, but for those of its last module.
const MODULES_TOGETHER: i64 = 500;
const VERSIONS_TOGETHER: i64 = 1_000;
/// Owners of references that are released at once: both databases limit the variables of a statement.
const OWNERS_TOGETHER: usize = 5_000;

/// One step. Modules go first, each as if it had been deleted by itself; with the last of them, the organization: its
/// connections, names and tokens. `Conflict` while it has environments or module namespaces. What was begun and not gone
/// on with is an organization with fewer modules.
pub fn delete(session: &mut Connection, scope: &Scope) -> Result<Deletion, Error> {
    // Nobody makes a module here from now on.
    let scope = load_for_update(session, &scope.id)?;
    let id = scope.id.as_str();
    let has_environments: bool = diesel::select(exists(scopes::table.filter(scopes::parent_id.eq(id))))
        .get_result(&mut session.db)
        .during("looking for environments")?;
    if has_environments {
        return Err(Error::Conflict {
            what: "the organization has environments or module namespaces, which must be deleted first".to_owned(),
        });
    }
    session.notify(Notice::ScopesChanged);
    let modules = next_modules(session, id)?;
    if !modules.is_empty() {
        delete_modules(session, id, &modules)?;
        return Ok(Deletion::Begun);
    }
    // A purge is about bytes that others may have, too.
    diesel::delete(
        job_table::table.filter(job_table::scope_id.eq(id)).filter(job_table::kind.ne(JobKind::Purge.as_str())),
    )
    .execute(&mut session.db)
    .during("deleting the jobs of an organization")?;
    // Whoever takes the name gets another namespace: nobody could ever meet these again.
    diesel::delete(tombstones::table.filter(tombstones::namespace_id.eq(id)))
        .execute(&mut session.db)
        .during("deleting the tombstones of an organization")?;
    diesel::delete(scopes::table.find(id)).execute(&mut session.db).during("deleting an organization")?;
    Ok(Deletion::Complete)
}

/// The first ones of a scope, as many as fit into a step; none if there are none.
fn next_modules(session: &mut Connection, scope: &str) -> Result<Vec<String>, Error> {
    let mut ids: Vec<String> = modules::table
        .filter(modules::scope_id.eq(scope))
        .order(modules::id)
        .limit(MODULES_TOGETHER)
        .select(modules::id)
        .load(&mut session.db)
        .during("listing the modules of an organization")?;
    let counts: Vec<(String, i64)> = module_versions::table
        .filter(module_versions::module_id.eq_any(&ids))
        .group_by(module_versions::module_id)
        .select((module_versions::module_id, count_star()))
        .load(&mut session.db)
        .during("counting versions")?;
    let counts: std::collections::HashMap<String, i64> = counts.into_iter().collect();
    let mut versions = 0;
    let fitting = ids.iter().take_while(|id| {
        let fits = versions < VERSIONS_TOGETHER;
        versions += counts.get(id.as_str()).copied().unwrap_or_default();
        fits
    });
    let fitting = fitting.count();
    ids.truncate(fitting);
    Ok(ids)
}

/// What `modules::delete` does, for many in as many statements as for one.
fn delete_modules(session: &mut Connection, scope: &str, ids: &[String]) -> Result<(), Error> {
    let repositories: Vec<String> = modules::table
        .filter(modules::id.eq_any(ids))
        .filter(modules::repository_id.is_not_null())
        .select(modules::repository_id.assume_not_null())
        .distinct()
        .load(&mut session.db)
        .during("listing the repositories of modules")?;
    // Modules of other scopes may come from the same ones, and wait for what is queued.
    let others = modules::table
        .filter(modules::repository_id.eq(repositories::id.nullable()))
        .filter(modules::id.ne_all(ids))
        .select(modules::id);
    let unused = repositories::table.filter(repositories::id.eq_any(&repositories)).filter(not(exists(others)));
    let unused: Vec<String> = unused
        .order(repositories::id)
        .select(repositories::id)
        .load(&mut session.db)
        .during("listing repositories that nobody else has modules of")?;
    // In the order in which workers lock them: the jobs, the modules, their versions.
    jobs::delete_for_target(session, &unused)?;
    let versions = list_versions(session, ids)?;
    jobs::delete_for_target(session, &versions)?;
    on_postgres!(session, c => modules::table
        .filter(modules::id.eq_any(ids))
        .order(modules::id)
        .select(modules::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking modules")?;
    // On PostgreSQL the above may have waited for a worker whose last act was to make a version, or to queue the next job.
    let versions = list_versions(session, ids)?;
    jobs::delete_for_target(session, &versions)?;
    jobs::delete_for_target(session, &unused)?;
    bury(session, scope, ids)?;
    let documents = documents::list_digests(session, &versions)?;
    diesel::delete(modules::table.filter(modules::id.eq_any(ids)))
        .execute(&mut session.db)
        .during("deleting modules")?;
    documents::delete_unused(session, &documents)?;
    for owners in versions.chunks(OWNERS_TOGETHER) {
        blob_references::release(session, owners, scope)?;
    }
    delete_repositories(session, scope, &unused)
}

/// Those through a connection of the scope go as it does. Others may have a webhook at a host that is still there to be told.
fn delete_repositories(session: &mut Connection, scope: &str, ids: &[String]) -> Result<(), Error> {
    let lent: Vec<String> = repositories::table
        .inner_join(connections::table)
        .filter(repositories::id.eq_any(ids))
        .filter(connections::scope_id.ne(scope))
        .select(repositories::id)
        .load(&mut session.db)
        .during("listing repositories through connections of others")?;
    for id in &lent {
        crate::repositories::delete_if_unused(session, id)?;
    }
    let users = modules::table.filter(modules::repository_id.eq(repositories::id.nullable())).select(modules::id);
    let own = repositories::table.filter(repositories::id.eq_any(ids)).filter(repositories::id.ne_all(&lent));
    diesel::delete(own.filter(not(exists(users)))).execute(&mut session.db).map(drop).during("deleting repositories")
}

fn list_versions(session: &mut Connection, modules: &[String]) -> Result<Vec<String>, Error> {
    module_versions::table
        .filter(module_versions::module_id.eq_any(modules))
        .select(module_versions::id)
        .load(&mut session.db)
        .during("listing versions")
}

/// A tombstone for each version of these modules, which are the first of their scope: should the deletion not be gone on
/// with, nothing comes back with other content.
fn bury(session: &mut Connection, scope: &str, modules: &[String]) -> Result<(), Error> {
    let now = now(session)?;
    let Some(last) = modules.last() else { return Ok(()) };
    sql_query(
        "INSERT INTO tombstones (namespace_id, name, provider, version, tar_sha256, deleted_at) \
         SELECT m.namespace_id, m.name, m.provider, v.version, v.tar_sha256, $1 \
         FROM modules m JOIN module_versions v ON v.module_id = m.id WHERE m.scope_id = $2 AND m.id <= $3 \
         ON CONFLICT (namespace_id, name, provider, version) \
         DO UPDATE SET tar_sha256 = COALESCE(excluded.tar_sha256, tombstones.tar_sha256)",
    )
    .bind::<BigInt, _>(now)
    .bind::<Text, _>(scope)
    .bind::<Text, _>(last)
    .execute(&mut session.db)
    .map(drop)
    .during("marking versions as deleted")
}
