//! Repositories at Git hosts: what modules share when they come from the same one.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
    dsl::{exists, not},
};
use domain::{Error, Id, JobKind, kinds};

use crate::{
    Connection,
    dialect::{now, on_each},
    error::During,
    row::Parsed,
    schema::{connections, jobs, modules, repositories},
};

/// A repository as it stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = repositories)]
pub struct Repository {
    #[diesel(deserialize_as = Parsed<Id<kinds::Repository>>)]
    pub id: Id<kinds::Repository>,
    #[diesel(deserialize_as = Parsed<Id<kinds::Connection>>)]
    pub connection_id: Id<kinds::Connection>,
    pub identifier: String,
    pub webhook_uuid: String,
    pub default_branch: Option<String>,
    /// SHA-256 over names and commits of the tags last seen.
    pub refs_digest: Option<String>,
    pub last_error: Option<String>,
    pub failures: i32,
    pub last_synced_at: Option<i64>,
}

/// The repository of this connection and identifier, made if there is none. `webhook_uuid` is used only then.
pub fn find_or_insert(
    session: &mut Connection,
    connection: &Id<kinds::Connection>,
    identifier: &str,
    webhook_uuid: &str,
) -> Result<Repository, Error> {
    let known = |session: &mut Connection| {
        repositories::table
            .filter(repositories::connection_id.eq(connection.as_str()))
            .filter(repositories::identifier.eq(identifier))
            .select(Repository::as_select())
            .first(&mut session.db)
            .optional()
            .during("looking up a repository")
    };
    if let Some(repository) = known(session)? {
        return Ok(repository);
    }
    let row = (
        repositories::id.eq(Id::<kinds::Repository>::random().to_string()),
        repositories::connection_id.eq(connection.as_str()),
        repositories::identifier.eq(identifier),
        repositories::webhook_uuid.eq(webhook_uuid),
        repositories::failures.eq(0),
        repositories::created_at.eq(now(session)?),
    );
    // On PostgreSQL somebody may insert the same one at this moment: then it is theirs.
    on_each!(session, c => diesel::insert_into(repositories::table).values(row).on_conflict_do_nothing().execute(c))
        .during("saving a repository")?;
    known(session)?.ok_or_else(|| Error::unavailable("saving a repository", "others changed it at the same time"))
}

/// By id.
pub fn load(session: &mut Connection, id: &Id<kinds::Repository>) -> Result<Repository, Error> {
    repositories::table
        .find(id.as_str())
        .select(Repository::as_select())
        .first(&mut session.db)
        .optional()
        .during("reading a repository")?
        .ok_or_else(|| Error::not_found("Repository"))
}

/// Those of the given ids, with their connections, in one query.
pub fn list_with_connections(
    session: &mut Connection,
    ids: &[String],
) -> Result<Vec<(Repository, crate::connections::Connection)>, Error> {
    repositories::table
        .inner_join(connections::table)
        .filter(repositories::id.eq_any(ids))
        .select((Repository::as_select(), crate::connections::Connection::as_select()))
        .load(&mut session.db)
        .during("listing repositories")
}

/// A sync came to its end.
pub fn set_synced(
    session: &mut Connection,
    id: &Id<kinds::Repository>,
    refs_digest: &str,
    default_branch: Option<&str>,
) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(repositories::table.find(id.as_str()))
        .set((
            repositories::refs_digest.eq(refs_digest),
            repositories::default_branch.eq(default_branch),
            repositories::last_error.eq(None::<String>),
            repositories::failures.eq(0),
            repositories::last_synced_at.eq(now),
        ))
        .execute(&mut session.db)
        .map(drop)
        .during("noting the sync of a repository")
}

/// A sync failed for a reason that its owners should read.
pub fn set_failed(session: &mut Connection, id: &Id<kinds::Repository>, message: &str) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(repositories::table.find(id.as_str()))
        .set((
            repositories::last_error.eq(message),
            repositories::failures.eq(repositories::failures + 1),
            repositories::last_synced_at.eq(now),
        ))
        .execute(&mut session.db)
        .map(drop)
        .during("noting the failure of a repository")
}

/// After so many failures in a row a repository is looked at again sooner than others, in milliseconds: a server or a disk
/// of ours may have been the reason. What fails more often waits as long as all.
const AFTER_FAILURES: [(i32, i64); 3] = [(1, 60_000), (2, 120_000), (3, 240_000)];

/// Those last looked at `interval` milliseconds ago that nobody is about to look at, with the scope of their connection,
/// longest ago first; those that failed lately sooner. A sync that failed and waits for its next attempt is not hurried; one
/// that nobody gave a token to is not tried.
pub fn list_stale(session: &mut Connection, interval: i64, limit: i64) -> Result<Vec<(String, String)>, Error> {
    let now = now(session)?;
    let mut stale = repositories::table.inner_join(connections::table).into_boxed();
    stale = stale.filter(repositories::last_synced_at.lt(now - interval));
    for (failures, pause) in AFTER_FAILURES {
        stale = stale.or_filter(
            repositories::failures.eq(failures).and(repositories::last_synced_at.lt(now - pause.min(interval))),
        );
    }
    stale
        .filter(connections::token_deleted_at.is_null())
        .filter(not(exists(
            jobs::table
                .select(jobs::id)
                .filter(jobs::target.eq(repositories::id))
                .filter(jobs::kind.eq(JobKind::SyncRepository.as_str()))
                .filter(jobs::state.ne("dead")),
        )))
        .order(repositories::last_synced_at)
        .limit(limit)
        .select((repositories::id, connections::scope_id))
        .load(&mut session.db)
        .during("looking for repositories to reconcile")
}

/// Deletes it, and its jobs, unless a module still comes from it.
pub fn delete_if_unused(session: &mut Connection, id: &str) -> Result<(), Error> {
    let users: i64 = modules::table
        .filter(modules::repository_id.eq(id))
        .count()
        .get_result(&mut session.db)
        .during("counting the modules of a repository")?;
    if users == 0 {
        crate::jobs::delete_for_target(session, &[id.to_owned()])?;
        diesel::delete(repositories::table.find(id)).execute(&mut session.db).during("deleting a repository")?;
    }
    Ok(())
}
