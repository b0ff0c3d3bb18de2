//! What its host tells of a repository, and our webhook there.

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper};
use domain::{Error, Id, JobKind, WebhookState, kinds};

use crate::{
    Connection, Notice,
    dialect::{now, on_postgres},
    error::During,
    jobs::{self, NewJob},
    modules::Module,
    schema::{connections, jobs as job_table, modules, repositories, scopes},
};

use super::is_used;

/// The kind of connection whose host has no API.
pub(crate) const PLAIN_GIT: &str = "git";

/// What a host tells of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Survives a rename.
    pub remote_id: &'a str,
    pub description: &'a str,
    pub web_url: &'a str,
    pub default_branch: Option<&'a str>,
}

/// Saves what the host tells. The modules of the repository have its description.
pub fn set_facts(session: &mut Connection, id: &Id<kinds::Repository>, facts: &Facts<'_>) -> Result<(), Error> {
    diesel::update(repositories::table.find(id.as_str()))
        .set((
            repositories::remote_id.eq(facts.remote_id),
            repositories::description.eq(facts.description),
            repositories::web_url.eq(facts.web_url),
            // Else it stays what the last sync saw.
            facts.default_branch.map(|branch| repositories::default_branch.eq(branch)),
        ))
        .execute(&mut session.db)
        .during("saving what a host tells of a repository")?;
    describe_modules(session, id, facts.description)
}

/// In the order in which workers lock modules.
fn describe_modules(session: &mut Connection, id: &Id<kinds::Repository>, description: &str) -> Result<(), Error> {
    let others = || {
        modules::table
            .filter(modules::repository_id.eq(id.to_string()))
            .filter(modules::description.ne(description.to_owned()))
            .filter(modules::own_description.eq(false))
    };
    on_postgres!(session, c => others()
        .order(modules::id)
        .select(modules::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking the modules of a repository")?;
    let found: Vec<Module> = others()
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing the modules of a repository")?;
    if found.is_empty() {
        return Ok(());
    }
    let now = now(session)?;
    diesel::update(others())
        .set((
            modules::description.eq(description),
            modules::revision.eq(modules::revision + 1),
            modules::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .during("describing the modules of a repository")?;
    for module in &found {
        session.notify(Notice::ModuleChanged(module.address().to_string()));
    }
    Ok(())
}

/// How it stands with our webhook at the host: its id there while there is one, and a message for the owners.
pub fn set_webhook(
    session: &mut Connection,
    id: &Id<kinds::Repository>,
    (state, webhook_id): (WebhookState, Option<&str>),
    message: &str,
) -> Result<(), Error> {
    diesel::update(repositories::table.find(id.as_str()))
        .set((
            repositories::webhook_state.eq(state.as_str()),
            repositories::webhook_id.eq(webhook_id),
            repositories::webhook_message.eq(message),
        ))
        .execute(&mut session.db)
        .map(drop)
        .during("noting how it stands with a webhook")
}

/// Queues a visit to the host of a repository; nothing for plain Git, where nobody answers.
pub fn visit_host(session: &mut Connection, id: &str) -> Result<(), Error> {
    let scope: Option<String> = repositories::table
        .inner_join(connections::table)
        .filter(repositories::id.eq(id))
        .filter(connections::kind.ne(PLAIN_GIT))
        .select(connections::scope_id)
        .first(&mut session.db)
        .optional()
        .during("reading a repository")?;
    match scope {
        Some(scope) => jobs::enqueue(session, NewJob::new(JobKind::VisitHost, id, scope)),
        None => Ok(()),
    }
}

/// Has its tags looked at. The job is of the scope of the connection, since modules of several scopes may come from it.
pub fn sync(session: &mut Connection, id: &str) -> Result<(), Error> {
    let scope: Option<String> = repositories::table
        .inner_join(connections::table)
        .filter(repositories::id.eq(id))
        .select(connections::scope_id)
        .first(&mut session.db)
        .optional()
        .during("reading a repository")?;
    match scope {
        Some(scope) => jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, id, scope)),
        None => Err(Error::not_found("Repository")),
    }
}

/// For the visit to its host: deletes it, and its other jobs, unless a module comes from it.
pub fn delete_unused(session: &mut Connection, id: &Id<kinds::Repository>) -> Result<(), Error> {
    if is_used(session, id.as_str())? {
        return Ok(());
    }
    diesel::delete(
        job_table::table
            .filter(job_table::target.eq(id.as_str()))
            .filter(job_table::kind.ne(JobKind::VisitHost.as_str())),
    )
    .execute(&mut session.db)
    .during("deleting the jobs of a repository")?;
    diesel::delete(repositories::table.find(id.as_str()))
        .execute(&mut session.db)
        .map(drop)
        .during("deleting a repository")
}
