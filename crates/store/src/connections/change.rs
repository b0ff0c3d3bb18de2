//! Changing and deleting connections, and what becomes of the modules that come through them.

use diesel::{
    AsChangeset, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper,
    sql_query,
    sql_types::{BigInt, Text},
};
use domain::{Error, Id, JobKind, Stage, VersionStatus, kinds};

use crate::{
    Connection as Session, Notice,
    dialect::{now, on_postgres},
    error::During,
    jobs::{self, NewJob},
    modules::Module,
    repositories::PLAIN_GIT,
    schema::{connections, jobs as job_table, module_versions, modules, repositories, scopes},
};

use super::{Connection, load};

/// What its modules say from then on.
const DELETED: &str = "The connection to its Git host was deleted: what is published stays, and nothing new comes";
const TOKEN_DELETED: &str = "The token of its connection was deleted: what is published stays, and nothing new comes until \
                             the connection is given another token";
const UNREAD: &str = "The connection to its Git host was deleted before this version was read";

/// New values of a connection; `None` leaves what there is, `Some(None)` takes it away.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = connections)]
pub struct Changes<'a> {
    pub name: Option<Option<&'a str>>,
    pub client_key: Option<Option<&'a str>>,
    pub rsa_public_key: Option<Option<&'a str>>,
    /// Another token, sealed for the same row.
    pub secret_sealed: Option<&'a str>,
    pub organization_scoped: Option<bool>,
}

/// Changes a connection. With other credentials all of its repositories are looked at anew.
pub fn update(session: &mut Session, connection: &Connection, changes: &Changes<'_>) -> Result<Connection, Error> {
    let id = connection.id.as_str();
    let now = now(session)?;
    diesel::update(connections::table.find(id))
        .set((changes, connections::updated_at.eq(now)))
        .execute(&mut session.db)
        .during("changing a connection")?;
    if changes.secret_sealed.is_some() {
        diesel::update(connections::table.find(id))
            .set(connections::token_deleted_at.eq(None::<i64>))
            .execute(&mut session.db)
            .during("giving a connection another token")?;
    }
    if changes.secret_sealed.is_some() || changes.client_key.is_some() {
        let repositories: Vec<String> = repositories::table
            .filter(repositories::connection_id.eq(id))
            .order(repositories::id)
            .select(repositories::id)
            .load(&mut session.db)
            .during("listing the repositories of a connection")?;
        let sync = NewJob::new(JobKind::SyncRepository, "", &connection.scope_id);
        jobs::enqueue_each(session, &sync, &repositories)?;
        if connection.kind != PLAIN_GIT {
            jobs::enqueue_each(session, &NewJob { kind: JobKind::VisitHost, ..sync }, &repositories)?;
        }
        notify(session, id)?;
    }
    load(session, &connection.id)
}

/// Takes the token of a connection away: no sync runs until it is given another one. What is published stays.
pub fn delete_token(session: &mut Session, id: &Id<kinds::Connection>) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(connections::table.find(id.as_str()))
        .set((
            connections::secret_sealed.eq(None::<String>),
            connections::token_deleted_at.eq(now),
            connections::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .during("deleting the token of a connection")?;
    // Visits to the host see by themselves that there is no token.
    delete_jobs(session, id.as_str(), Some(JobKind::SyncRepository))?;
    tell_owners(session, id.as_str(), TOKEN_DELETED)
}

/// Nobody makes a repository here until the transaction ends.
pub fn lock(session: &mut Session, id: &Id<kinds::Connection>) -> Result<(), Error> {
    let id = id.as_str();
    on_postgres!(session, c => connections::table.find(id).select(connections::id).for_update().load::<String>(c).map(drop), ())
        .during("locking a connection")
}

/// Deletes a connection with its repositories and their jobs. Its modules stay, with what is published, and belong to no
/// repository any more; versions that were not read yet never will be, and say so.
pub fn delete(session: &mut Session, id: &Id<kinds::Connection>) -> Result<(), Error> {
    lock(session, id)?;
    let id = id.as_str();
    // In the order in which workers lock them: the jobs, their repositories, the modules, the versions.
    delete_jobs(session, id, None)?;
    on_postgres!(session, c => repositories::table
        .filter(repositories::connection_id.eq(id))
        .order(repositories::id)
        .select(repositories::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking repositories")?;
    // On PostgreSQL a module may have been made, or a worker have queued its next job, while the above waited.
    delete_jobs(session, id, None)?;
    delete_ingests(session, id)?;
    tell_owners(session, id, DELETED)?;
    give_up_unread(session, id)?;
    diesel::update(modules::table.filter(modules::repository_id.eq_any(of_connection(id))))
        .set(modules::repository_id.eq(None::<String>))
        .execute(&mut session.db)
        .during("parting modules from their repositories")?;
    diesel::delete(connections::table.find(id)).execute(&mut session.db).map(drop).during("deleting a connection")
}

/// The repositories of a connection, as a part of a statement.
#[diesel::dsl::auto_type]
fn of_connection<'a>(id: &'a str) -> _ {
    repositories::table.filter(repositories::connection_id.eq(id)).select(repositories::id.nullable())
}

/// Those about its repositories, of one kind or of all.
fn delete_jobs(session: &mut Session, id: &str, only: Option<JobKind>) -> Result<(), Error> {
    let repositories = repositories::table.filter(repositories::connection_id.eq(id)).select(repositories::id);
    let mut jobs = diesel::delete(job_table::table.filter(job_table::target.eq_any(repositories))).into_boxed();
    if let Some(kind) = only {
        jobs = jobs.filter(job_table::kind.eq(kind.as_str()));
    }
    jobs.execute(&mut session.db).map(drop).during("deleting the jobs about the repositories of a connection")
}

fn delete_ingests(session: &mut Session, id: &str) -> Result<(), Error> {
    let versions = module_versions::table
        .inner_join(modules::table)
        .filter(modules::repository_id.eq_any(of_connection(id)))
        .select(module_versions::id);
    diesel::delete(
        job_table::table
            .filter(job_table::kind.eq(JobKind::IngestVersion.as_str()))
            .filter(job_table::target.eq_any(versions)),
    )
    .execute(&mut session.db)
    .map(drop)
    .during("deleting the jobs of a connection")
}

/// Says on each module of a connection why nothing new comes, and that answers about it changed.
fn tell_owners(session: &mut Session, id: &str, message: &str) -> Result<(), Error> {
    on_postgres!(session, c => modules::table
        .filter(modules::repository_id.eq_any(of_connection(id)))
        .order(modules::id)
        .select(modules::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking the modules of a connection")?;
    let now = now(session)?;
    sql_query(
        "UPDATE modules SET error_message = $1, revision = revision + 1, updated_at = $2, \
           status = CASE WHEN status = 'setup_complete' THEN status ELSE 'setup_failed' END \
         WHERE repository_id IN (SELECT id FROM repositories WHERE connection_id = $3)",
    )
    .bind::<Text, _>(message)
    .bind::<BigInt, _>(now)
    .bind::<Text, _>(id)
    .execute(&mut session.db)
    .during("telling the owners of modules")?;
    notify(session, id)
}

/// Answers about the modules of a connection may have changed.
fn notify(session: &mut Session, id: &str) -> Result<(), Error> {
    let found: Vec<Module> = modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .filter(modules::repository_id.eq_any(of_connection(id)))
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing the modules of a connection")?;
    for module in &found {
        session.notify(Notice::ModuleChanged(module.address().to_string()));
    }
    Ok(())
}

/// Versions that only the repository could have brought further.
fn give_up_unread(session: &mut Session, id: &str) -> Result<(), Error> {
    let now = now(session)?;
    let of_modules = modules::table.filter(modules::repository_id.eq_any(of_connection(id))).select(modules::id);
    diesel::update(
        module_versions::table
            .filter(module_versions::module_id.eq_any(of_modules))
            .filter(module_versions::status.eq_any([VersionStatus::Pending.as_str(), VersionStatus::Cloning.as_str()])),
    )
    .set((
        module_versions::status.eq(VersionStatus::Errored.as_str()),
        module_versions::stage.eq(Stage::Clone.as_str()),
        module_versions::error_message.eq(UNREAD),
        module_versions::updated_at.eq(now),
    ))
    .execute(&mut session.db)
    .during("giving up versions that were not read")?;
    // Those that are published stay; what their owner accepted instead will never come.
    diesel::update(
        module_versions::table
            .filter(module_versions::module_id.eq_any(of_modules))
            .filter(module_versions::accepted.is_not_null()),
    )
    .set((
        module_versions::accepted.eq(None::<String>),
        module_versions::attempt_error.eq(UNREAD),
        module_versions::updated_at.eq(now),
    ))
    .execute(&mut session.db)
    .map(drop)
    .during("giving up accepted commits that were not read")
}
