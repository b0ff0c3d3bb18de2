//! The life of a version, step by step.

use diesel::{AsChangeset, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, Id, ModuleStatus, Stage, Version, VersionStatus, kinds};

use crate::{
    Connection,
    dialect::now,
    documents::{self, NewPart},
    error::{During, unless_taken},
    modules::{self, Module},
    schema::{module_versions, modules as module_table},
};

/// What a new version needs.
#[derive(Debug)]
pub struct NewVersion<'a> {
    pub id: &'a Id<kinds::ModuleVersion>,
    pub module: &'a Id<kinds::Module>,
    pub version: &'a Version,
    /// `tfe-api`, or the kind of the Git host.
    pub source: &'a str,
    pub tag: Option<&'a str>,
    pub branch: Option<&'a str>,
    pub commit: Option<&'a str>,
    pub status: VersionStatus,
}

/// The archive of a version, stored.
#[derive(Debug, Clone)]
pub struct Archived {
    pub archive_sha256: String,
    pub tar_sha256: String,
    pub size: i64,
    /// Where in the archive the module lives.
    pub directory: String,
    /// Whether it was made with Git submodules.
    pub submodules: bool,
    /// JSON array of {path, reason}.
    pub notes: String,
    /// When it was released: the time of the commit, or of the upload. Milliseconds.
    pub published_at: i64,
}

/// Makes a version. `AlreadyExists` when the module has this number.
pub fn insert(session: &mut Connection, new: &NewVersion<'_>) -> Result<(), Error> {
    let now = now(session)?;
    // A sync makes versions after its fetch; an upload is still to come.
    let queued_at = (new.status != VersionStatus::NotUploaded).then_some(now);
    let fetched_at = (new.status == VersionStatus::Cloning).then_some(now);
    let inserted = diesel::insert_into(module_versions::table)
        .values((
            module_versions::id.eq(new.id.as_str()),
            module_versions::module_id.eq(new.module.as_str()),
            module_versions::version.eq(new.version.to_string()),
            module_versions::source.eq(new.source),
            module_versions::tag.eq(new.tag),
            module_versions::branch.eq(new.branch),
            module_versions::commit_sha.eq(new.commit),
            module_versions::status.eq(new.status.as_str()),
            module_versions::archive_size.eq(0_i64),
            module_versions::archive_directory.eq(""),
            module_versions::notes.eq("[]"),
            module_versions::created_at.eq(now),
            module_versions::updated_at.eq(now),
            module_versions::queued_at.eq(queued_at),
            module_versions::fetched_at.eq(fetched_at),
        ))
        .execute(&mut session.db);
    unless_taken(inserted, "saving a version", || format!("Version {}", new.version)).map(drop)
}

/// Where a version stands that is tried anew: what the last attempt left goes.
#[derive(AsChangeset)]
#[diesel(table_name = module_versions, treat_none_as_null = true)]
pub(super) struct Attempt {
    status: &'static str,
    stage: Option<String>,
    error_message: Option<String>,
    fetched_at: Option<i64>,
    archived_at: Option<i64>,
    updated_at: i64,
}

impl Attempt {
    /// For a worker, who fetches what it is made from.
    fn waiting(now: i64) -> Self {
        let (stage, error_message) = (None, None);
        let status = VersionStatus::Pending.as_str();
        Self { status, stage, error_message, fetched_at: None, archived_at: None, updated_at: now }
    }

    /// What it is made from is here.
    pub(super) fn fetched(status: VersionStatus, now: i64) -> Self {
        Self { status: status.as_str(), fetched_at: Some(now), ..Self::waiting(now) }
    }
}

/// Of what is archived nothing but its documentation is missing.
pub(super) fn made() -> [&'static str; 2] {
    [VersionStatus::Ingested.as_str(), VersionStatus::Ok.as_str()]
}

/// Their repository was just fetched, and their trees are being read: a new attempt. No effect on those that are archived.
pub fn set_cloning(session: &mut Connection, ids: &[String]) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq_any(ids))
            .filter(module_versions::status.ne_all(made()))
            .filter(module_versions::sealed_at.is_null()),
    )
    .set((module_versions::queued_at.eq(now), Attempt::fetched(VersionStatus::Cloning, now)))
    .execute(&mut session.db)
    .map(drop)
    .during("noting that versions are being read")
}

/// They are to be read from elsewhere, and wait for a worker.
pub fn set_pending(session: &mut Connection, ids: &[String]) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(module_versions::table.filter(module_versions::id.eq_any(ids)))
        .set((module_versions::queued_at.eq(now), Attempt::waiting(now)))
        .execute(&mut session.db)
        .map(drop)
        .during("queueing versions")
}

/// Another attempt was asked for at those of them that failed: they wait for a worker. No effect on others.
pub fn set_queued(session: &mut Connection, ids: &[String]) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq_any(ids))
            .filter(module_versions::status.eq(VersionStatus::Errored.as_str())),
    )
    .set((module_versions::queued_at.eq(now), Attempt::waiting(now)))
    .execute(&mut session.db)
    .map(drop)
    .during("queueing versions anew")
}

/// Its repository was just fetched, and its tree is being read, from this commit. Without a tag the one that there may be
/// stays. False if it is archived by now.
pub fn set_fetched(session: &mut Connection, id: &str, tag: Option<&str>, commit: &str) -> Result<bool, Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq(id))
            .filter(module_versions::status.ne_all(made()))
            .filter(module_versions::sealed_at.is_null()),
    )
    .set((
        tag.map(|tag| module_versions::tag.eq(tag)),
        module_versions::commit_sha.eq(commit),
        Attempt::fetched(VersionStatus::Cloning, now),
    ))
    .execute(&mut session.db)
    .map(|rows| rows > 0)
    .during("noting that a version is being read")
}

/// Its archive is stored and referred to; documentation is next. False if there is no such version any more, or it is sealed.
pub fn set_archived(session: &mut Connection, id: &str, archived: &Archived) -> Result<bool, Error> {
    set_archived_where(session, id, None, archived)
}

/// The same of an archive that was made from `commit`. False also if the version is to be made from another one by now: its
/// tag moved, and somebody else makes that archive.
pub fn set_archived_from(session: &mut Connection, id: &str, commit: &str, archived: &Archived) -> Result<bool, Error> {
    set_archived_where(session, id, Some(commit), archived)
}

fn set_archived_where(
    session: &mut Connection,
    id: &str,
    commit: Option<&str>,
    archived: &Archived,
) -> Result<bool, Error> {
    let now = now(session)?;
    let mut version = diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::sealed_at.is_null()),
    )
    .into_boxed();
    if let Some(commit) = commit {
        version = version.filter(module_versions::commit_sha.eq(commit));
    }
    version
        .set((
            module_versions::status.eq(VersionStatus::Ingested.as_str()),
            module_versions::stage.eq(None::<String>),
            module_versions::error_message.eq(None::<String>),
            module_versions::archive_sha256.eq(&archived.archive_sha256),
            module_versions::tar_sha256.eq(&archived.tar_sha256),
            module_versions::archive_size.eq(archived.size),
            module_versions::archive_directory.eq(&archived.directory),
            module_versions::submodules.eq(archived.submodules),
            module_versions::notes.eq(&archived.notes),
            module_versions::published_at.eq(archived.published_at),
            module_versions::archived_at.eq(now),
            module_versions::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .map(|rows| rows > 0)
        .during("noting the archive of a version")
}

/// It cannot be installed; `message` is for the owner. A version that is `ok` stays so, and one that is archived as long as
/// only reading it from Git failed, which somebody else did better.
pub fn set_errored(session: &mut Connection, id: &str, stage: Stage, message: &str) -> Result<(), Error> {
    let now = now(session)?;
    // An archive that there may be is of an earlier attempt.
    let no_archive = (stage == Stage::Clone).then(|| module_versions::archived_at.eq(None::<i64>));
    let made = if stage == Stage::Clone { made().to_vec() } else { vec![VersionStatus::Ok.as_str()] };
    diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::status.ne_all(made)),
    )
    .set((
        no_archive,
        module_versions::status.eq(VersionStatus::Errored.as_str()),
        module_versions::stage.eq(stage.as_str()),
        module_versions::error_message.eq(message),
        module_versions::updated_at.eq(now),
    ))
    .execute(&mut session.db)
    .map(drop)
    .during("noting the failure of a version")
}

/// The last attempt at something with it failed, for a reason that its owner can read; it is ok as before. No effect on a
/// version that is not.
pub fn set_still_ok(session: &mut Connection, id: &str, message: &str) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq(id))
            .filter(module_versions::status.eq(VersionStatus::Ok.as_str())),
    )
    .set((module_versions::attempt_error.eq(message), module_versions::updated_at.eq(now)))
    .execute(&mut session.db)
    .map(drop)
    .during("noting a failed attempt")
}

/// It can be installed: documentation, `latest` and the module's status move with it. The bytes of what comes from Git never
/// change again, but by the word of an owner.
pub fn set_ok(
    session: &mut Connection,
    module: &Module,
    id: &str,
    summary: &str,
    parts: &[NewPart],
) -> Result<(), Error> {
    // First, because it locks the module: of two versions that turn ok together, the second sees the first.
    modules::touch(session, module)?;
    documents::set_parts(session, id, parts)?;
    let now = now(session)?;
    let from_git = module.repository_id.is_some();
    diesel::update(module_versions::table.find(id))
        .set((
            module_versions::status.eq(VersionStatus::Ok.as_str()),
            module_versions::stage.eq(None::<String>),
            module_versions::error_message.eq(None::<String>),
            module_versions::summary.eq(summary),
            module_versions::attempt_error.eq(None::<String>),
            module_versions::ok_at.eq(now),
            module_versions::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .during("noting that a version is ok")?;
    if from_git {
        super::seal(session, id)?;
    }
    raise_latest(session, module, id)?;
    modules::set_status(session, module, ModuleStatus::SetupComplete, None)
}

/// Compares with the one version that was the latest; the others cannot win, and revoked ones do not count.
fn raise_latest(session: &mut Connection, module: &Module, id: &str) -> Result<(), Error> {
    let number = |session: &mut Connection, id: &str| -> Result<Option<Version>, Error> {
        module_versions::table
            .filter(module_versions::id.eq(id))
            .filter(module_versions::revoked_at.is_null())
            .select(module_versions::version)
            .first::<String>(&mut session.db)
            .optional()
            .during("reading the latest version")?
            .map(|text| text.parse())
            .transpose()
    };
    let latest: Option<String> = module_table::table
        .find(module.id.as_str())
        .select(module_table::latest_version_id)
        .first(&mut session.db)
        .during("reading the latest version")?;
    let former = match &latest {
        Some(latest) => number(session, latest)?,
        None => None,
    };
    let candidate = number(session, id)?;
    if rank(candidate.as_ref()) > rank(former.as_ref()) {
        set_latest(session, module, Some(id))?;
    }
    Ok(())
}

/// Stable before pre-release, then by number (wire-spec 4.2).
fn rank(version: Option<&Version>) -> Option<(bool, &Version)> {
    version.map(|version| (!version.is_pre_release(), version))
}

fn set_latest(session: &mut Connection, module: &Module, id: Option<&str>) -> Result<(), Error> {
    diesel::update(module_table::table.find(module.id.as_str()))
        .set(module_table::latest_version_id.eq(id))
        .execute(&mut session.db)
        .map(drop)
        .during("setting the latest version")
}

/// Finds the latest anew, after versions went or came back.
pub(super) fn find_latest(session: &mut Connection, module: &Module) -> Result<(), Error> {
    let rest = super::list(session, module.id.as_str())?;
    let latest = rest
        .iter()
        .filter(|version| version.is_installable())
        .max_by(|a, b| rank(Some(&a.version)).cmp(&rank(Some(&b.version))));
    set_latest(session, module, latest.map(|version| version.id.as_str()))
}
