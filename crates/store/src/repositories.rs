//! Repositories at Git hosts: what modules share when they come from the same one.

mod host;

pub(crate) use host::PLAIN_GIT;
pub use host::{Facts, delete_unused, set_facts, set_webhook, sync, visit_host};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
    dsl::{exists, not, sql},
    sql_types::{BigInt, Bool},
};
use domain::{Error, Id, JobKind, WebhookState, kinds};

use crate::{
    Connection,
    dialect::{now, on_each, on_postgres},
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
    /// The host's lasting id, which survives a rename; `None` as long as the host was not asked.
    pub remote_id: Option<String>,
    pub webhook_uuid: String,
    /// The host's name for our webhook there, while there is one.
    pub webhook_id: Option<String>,
    #[diesel(deserialize_as = Parsed<WebhookState>)]
    pub webhook_state: WebhookState,
    /// Why it is as it is, for the owners; empty where there is nothing to say.
    pub webhook_message: String,
    pub default_branch: Option<String>,
    /// The host's own words about it; empty if there are none.
    pub description: String,
    /// Where people look at it, as its host says.
    pub web_url: Option<String>,
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
    // Whoever deletes the connection waits, and then sees the module that is made here.
    on_postgres!(session, c => connections::table.find(connection.as_str()).select(connections::id).for_key_share().load::<String>(c).map(drop), ())
        .during("keeping a connection")?;
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
/// of ours may have been the reason.
const AFTER_FAILURES: [(i32, i64); 3] = [(1, 60_000), (2, 120_000), (3, 240_000)];
/// What failed more often than [`AFTER_FAILURES`] tells waits for one interval more each time, up to so many.
const LONGEST_WAIT: i32 = 6;

/// Those last looked at about `interval` milliseconds ago that nobody is about to look at, with the scope of their
/// connection, longest ago first. Each has an interval of its own, up to a tenth shorter or longer, so that what came
/// together does not stay together. Those that failed lately come sooner, and those that fail again and again later. A sync
/// that failed and waits for its next attempt is not hurried; one that nobody gave a token to is not tried.
pub fn list_stale(session: &mut Connection, interval: i64, limit: i64) -> Result<Vec<(String, String)>, Error> {
    let now = now(session)?;
    // Between 0.9 and 1.1 of it: where, is as good as random, and always the same for one repository.
    let is_older_than = |age: i64| {
        sql::<Bool>("repositories.last_synced_at + repositories.created_at % 100 * ")
            .bind::<BigInt, _>(age / 500)
            .sql(" < ")
            .bind::<BigInt, _>(now - age / 10 * 9)
    };
    let sooner = i32::try_from(AFTER_FAILURES.len()).unwrap_or(i32::MAX);
    let mut stale = repositories::table.inner_join(connections::table).into_boxed();
    stale = stale.filter(repositories::failures.le(sooner).and(is_older_than(interval)));
    for (failures, pause) in AFTER_FAILURES {
        stale = stale.or_filter(
            repositories::failures.eq(failures).and(repositories::last_synced_at.lt(now - pause.min(interval))),
        );
    }
    // Its first sync is lost.
    let was_never_synced = repositories::last_synced_at.is_null().and(repositories::created_at.lt(now - interval));
    stale = stale.or_filter(was_never_synced);
    for more in 1..LONGEST_WAIT {
        let waits = i64::from(more).saturating_mul(interval);
        stale = stale.or_filter(repositories::failures.eq(sooner + more).and(is_older_than(waits)));
    }
    let longest = i64::from(LONGEST_WAIT).saturating_mul(interval);
    stale = stale.or_filter(repositories::failures.ge(sooner + LONGEST_WAIT).and(is_older_than(longest)));
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

/// Deletes it, and its jobs, unless a module still comes from it. If it may have a webhook at its host, that is removed first:
/// a job is queued for it, and the repository goes at the end of that.
pub fn delete_if_unused(session: &mut Connection, id: &str) -> Result<(), Error> {
    if is_used(session, id)? {
        return Ok(());
    }
    crate::jobs::delete_for_target(session, &[id.to_owned()])?;
    // The secret is there before the host is asked for a webhook, which may be under way just now.
    let may_have_webhook = repositories::table
        .inner_join(connections::table)
        .filter(repositories::id.eq(id))
        .filter(connections::kind.ne(PLAIN_GIT))
        .filter(repositories::webhook_id.is_not_null().or(repositories::webhook_secret_sealed.is_not_null()));
    if diesel::select(exists(may_have_webhook)).get_result(&mut session.db).during("looking for a webhook")? {
        return visit_host(session, id);
    }
    diesel::delete(repositories::table.find(id)).execute(&mut session.db).map(drop).during("deleting a repository")
}

/// Whether a module comes from it.
pub fn is_used(session: &mut Connection, id: &str) -> Result<bool, Error> {
    diesel::select(exists(modules::table.filter(modules::repository_id.eq(id))))
        .get_result(&mut session.db)
        .during("looking for the modules of a repository")
}
