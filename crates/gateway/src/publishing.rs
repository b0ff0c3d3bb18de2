//! Making a module from a repository, and having it read again: the same for every API.

use domain::{Error, Id, JobKind, Principal, Publishing, VersionStatus, kinds};
use store::{
    Connection,
    jobs::{self, NewJob, args},
    modules::{self, Description, Module, NewModule},
    repositories,
    versions::{self, ModuleVersion},
};
use uuid::Uuid;
use vcs_hosts::{Identifier, api::RepositoryFacts};

use crate::host::set_facts;

/// Makes a module, its repository and the jobs: all of it appears together or not at all. `new` says everything but where it
/// comes from.
pub(crate) fn publish(
    session: &mut Connection,
    principal: &Principal,
    (connection, identifier): (&Id<kinds::Connection>, &Identifier),
    facts: Option<&RepositoryFacts>,
    new: NewModule<'_>,
) -> Result<Module, Error> {
    let webhook = Uuid::new_v4().to_string();
    let repository = repositories::find_or_insert(session, connection, identifier.as_str(), &webhook)?;
    // The jobs before the repository and the modules, as workers lock them.
    repositories::sync(session, repository.id.as_str())?;
    repositories::visit_host(session, repository.id.as_str())?;
    if let Some(facts) = facts {
        set_facts(session, &repository.id, facts)?;
    }
    let description = match new.description {
        Description::OfRepository(_) => {
            Description::OfRepository(facts.map_or(&repository.description, |facts| &facts.description))
        }
        own @ Description::Own(_) => own,
    };
    let new = NewModule { repository: Some(&repository.id), created_by: Some(&principal.user), description, ..new };
    let module = modules::insert(session, &new)?;
    modules::add_wish(session, &module, args::EXPLICIT)?;
    Ok(module)
}

/// Has the repository of a module looked at again; `flags` are those of [`args`].
pub(crate) fn resync_module(session: &mut Connection, module: &Module, flags: i64) -> Result<(), Error> {
    if module.publishing == Publishing::Upload {
        return Err(Error::invalid("The module", "has no repository: its versions are uploaded"));
    }
    let repository = repository_of(module)?;
    // In the order in which workers lock them: the job, then the module.
    repositories::sync(session, repository)?;
    // Somebody misses something: the webhook may be gone at the host.
    repositories::visit_host(session, repository)?;
    modules::add_wish(session, module, flags)
}

/// Has one version from Git tried again, at the commit that its tag is on by then. Of one that is ok the documentation is
/// read anew from the stored archive, whose bytes stay.
pub(crate) fn resync_version(session: &mut Connection, module: &Module, version: &ModuleVersion) -> Result<(), Error> {
    if module.publishing == Publishing::Upload {
        let what = format!("Version {}", version.version);
        return Err(Error::invalid(what, "was uploaded: there is nothing to read it from but another upload"));
    }
    let job = |kind| NewJob::new(kind, &version.id, &module.scope_id);
    if version.status == VersionStatus::Ok && !version.is_damaged() {
        return jobs::enqueue(session, job(JobKind::ParseVersion).with_args(args::FORCE));
    }
    repository_of(module)?;
    let flags = if version.is_damaged() { args::REPAIR } else { 0 };
    // In the order in which workers lock them: the job, the module, the version.
    jobs::enqueue(session, job(JobKind::IngestVersion).with_args(flags))?;
    modules::touch(session, module)?;
    versions::set_queued(session, &[version.id.to_string()])
}

/// Nothing can be read from a repository that is not there.
pub(crate) fn repository_of(module: &Module) -> Result<&str, Error> {
    let reason = "has no repository any more, since its connection was deleted: give it another one in vcs-repo (identifier, \
                  oauth-token-id) through the Terraform Enterprise API, or publish it anew";
    module.repository_id.as_deref().ok_or_else(|| Error::invalid("The module", reason))
}
