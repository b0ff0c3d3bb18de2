//! Rows that tests begin with.

use domain::{Error, Id, JobKind, ModuleStatus, Publishing, Version, VersionStatus, kinds};
use store::{
    Connection,
    connections::{self, NewConnection},
    documents::{Document, NewPart},
    jobs::{self, ClaimedJob, NewJob},
    modules::{self, Module, NewModule},
    repositories::{self, Repository},
    scopes::{self, NewScope, Scope},
    versions::{self, Archived, ModuleVersion, NewVersion},
};

pub(crate) const KIND: JobKind = JobKind::ParseVersion;

pub(crate) fn job(target: &str) -> NewJob {
    NewJob::new(KIND, target, "scope-a")
}

/// Ids of the jobs of `KIND` that the broker should hear about, at most 1,000.
pub(crate) fn due(session: &mut Connection) -> Result<Vec<String>, Error> {
    Ok(jobs::list_due(session, KIND, 1_000)?.into_iter().map(|due| due.id).collect())
}

/// Queues a job and claims it.
pub(crate) fn claimed(session: &mut Connection, target: &str) -> Result<ClaimedJob, Error> {
    jobs::enqueue(session, job(target))?;
    Ok(claim_due(session)?.expect("it is due"))
}

/// Claims the one job that is due.
pub(crate) fn claim_due(session: &mut Connection) -> Result<Option<ClaimedJob>, Error> {
    match due(session)?.as_slice() {
        [] => Ok(None),
        [id] => jobs::claim(session, id),
        more => panic!("{} jobs are due", more.len()),
    }
}

pub(crate) fn scope(session: &mut Connection, name: &str) -> Result<Scope, Error> {
    let name = name.parse()?;
    scopes::insert(session, &NewScope { email: "owner@example.com", ..NewScope::account(&name) })
}

/// One that takes uploads.
pub(crate) fn module(session: &mut Connection, scope: &Scope, name: &str) -> Result<Module, Error> {
    let (name, provider) = (name.parse()?, "aws".parse()?);
    modules::insert(session, &NewModule::new(scope, &name, &provider, Publishing::Upload))
}

pub(crate) fn acme_network(session: &mut Connection) -> Result<Module, Error> {
    let scope = scope(session, "acme")?;
    let module = module(session, &scope, "network")?;
    assert_eq!(module.status, ModuleStatus::Pending);
    Ok(module)
}

pub(crate) fn version(session: &mut Connection, module: &Module, number: &str) -> Result<ModuleVersion, Error> {
    let (id, number): (Id<kinds::ModuleVersion>, Version) = (Id::random(), number.parse()?);
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version: &number,
        source: "tfe-api",
        tag: None,
        branch: None,
        commit: None,
        status: VersionStatus::NotUploaded,
    };
    versions::insert(session, &new)?;
    versions::load(session, id.as_str())
}

/// A version with an archive, whose documentation holds `text`.
pub(crate) fn ok_version(
    session: &mut Connection,
    module: &Module,
    number: &str,
    text: &str,
) -> Result<ModuleVersion, Error> {
    let made = version(session, module, number)?;
    versions::set_archived(session, made.id.as_str(), &archived(number))?;
    versions::set_ok(session, module, made.id.as_str(), "{}", &[part("", text)])?;
    versions::load(session, made.id.as_str())
}

/// What is stored of an archive, with digests that tell `name`.
pub(crate) fn archived(name: &str) -> Archived {
    Archived {
        archive_sha256: format!("archive-of-{name}"),
        tar_sha256: format!("tar-of-{name}"),
        size: 1,
        directory: String::new(),
        submodules: false,
        notes: "[]".to_owned(),
        published_at: 1,
    }
}

pub(crate) fn part(path: &str, text: &str) -> NewPart {
    let docs = Document { digest: format!("digest-of-{text}"), body: Some(text.into()) };
    NewPart { path: path.to_owned(), kind: "root", docs, readme: None }
}

/// A repository at a plain Git server that `scope` is connected to.
pub(crate) fn repository(
    session: &mut Connection,
    scope: &Id<kinds::Scope>,
    identifier: &str,
) -> Result<Repository, Error> {
    let id = Id::random();
    let new = NewConnection {
        id: &id,
        scope,
        kind: "git",
        name: None,
        http_url: "https://git.example.com",
        api_url: "",
        client_key: None,
        secret_sealed: None,
        organization_scoped: true,
    };
    connections::insert(session, &new)?;
    repositories::find_or_insert(session, &id, identifier, "hook-1")
}
