//! When each step of the last attempt at a version was done, and where it failed.

use domain::{Error, Id, Stage, VersionStatus, kinds};
use store::{
    Connection,
    modules::Module,
    versions::{self, ModuleVersion, NewVersion, Step},
};

use super::{
    database::Database,
    fixtures::{acme_network, archived, ok_version, part},
};

for_each_database! { each_step_has_its_time a_new_attempt_begins_afresh a_failure_names_the_first_step_that_was_not_done
an_upload_is_queued_when_it_arrives a_failed_attempt_leaves_a_version_ok }

/// As a sync makes it.
fn cloning(session: &mut Connection, module: &Module, number: &str) -> Result<ModuleVersion, Error> {
    let id: Id<kinds::ModuleVersion> = Id::random();
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version: &number.parse()?,
        source: "git",
        tag: Some(number),
        branch: None,
        commit: Some("c"),
        status: VersionStatus::Cloning,
    };
    versions::insert(session, &new)?;
    versions::load(session, id.as_str())
}

/// Queued, fetched, archived, parsed: which of them are done.
fn done(version: &ModuleVersion) -> [bool; 4] {
    let timeline = &version.timeline;
    [timeline.queued_at, timeline.fetched_at, timeline.archived_at, version.parsed_at()].map(|at| at.is_some())
}

/// As if everything so far had been a minute ago.
fn a_minute_passes(database: &Database) {
    database.execute(
        "UPDATE module_versions SET queued_at = queued_at - 60000, fetched_at = fetched_at - 60000, \
           archived_at = archived_at - 60000, ok_at = ok_at - 60000",
    );
}

async fn each_step_has_its_time(database: &Database) {
    let module = database.write(acme_network).await;
    let steps = database
        .write(move |session| {
            let made = cloning(session, &module, "1.0.0")?;
            let id = made.id.as_str();
            let mut steps = vec![done(&made)];
            versions::set_archived(session, id, &archived("1.0.0"))?;
            steps.push(done(&versions::load(session, id)?));
            versions::set_ok(session, &module, id, "{}", &[part("", "text")])?;
            steps.push(done(&versions::load(session, id)?));
            Ok(steps)
        })
        .await;

    assert_eq!(steps, [[true, true, false, false], [true, true, true, false], [true; 4]]);
}

async fn a_new_attempt_begins_afresh(database: &Database) {
    let module = database.write(acme_network).await;
    let made = database
        .write(move |session| {
            let made = cloning(session, &module, "1.0.0")?;
            versions::set_archived(session, made.id.as_str(), &archived("1.0.0"))?;
            versions::set_errored(session, made.id.as_str(), Stage::Content, "nothing to read")?;
            versions::load(session, made.id.as_str())
        })
        .await;
    assert_eq!(made.failure(), Some((Step::Parse, "nothing to read")));
    a_minute_passes(database);

    let (waiting, fetched) = database
        .write(move |session| {
            versions::set_queued(session, &[made.id.to_string()])?;
            let waiting = versions::load(session, made.id.as_str())?;
            versions::set_fetched(session, made.id.as_str(), Some("v1.0.0"), "d")?;
            Ok((waiting, versions::load(session, made.id.as_str())?))
        })
        .await;

    assert_eq!((waiting.status, done(&waiting)), (VersionStatus::Pending, [true, false, false, false]));
    assert_eq!(waiting.failure(), None);
    assert_eq!((fetched.status, done(&fetched)), (VersionStatus::Cloning, [true, true, false, false]));
    assert_eq!((fetched.tag.as_deref(), fetched.commit_sha.as_deref()), (Some("v1.0.0"), Some("d")));
    assert_eq!(fetched.timeline.queued_at, waiting.timeline.queued_at);
}

async fn a_failure_names_the_first_step_that_was_not_done(database: &Database) {
    let module = database.write(acme_network).await;
    let (archive, fetch, ok) = database
        .write(move |session| {
            let made = cloning(session, &module, "1.0.0")?;
            let id = made.id.as_str();
            versions::set_errored(session, id, Stage::Clone, "too large")?;
            let archive = versions::load(session, id)?;
            versions::set_archived(session, id, &archived("1.0.0"))?;
            versions::set_errored(session, id, Stage::Clone, "two tags")?;
            assert_eq!(versions::load(session, id)?.failure(), None, "somebody else had read it");
            versions::set_errored(session, id, Stage::Content, "no configuration")?;
            assert_eq!(versions::load(session, id)?.failure(), Some((Step::Parse, "no configuration")));
            versions::set_queued(session, &[id.to_owned()])?;
            versions::set_errored(session, id, Stage::Clone, "no such host")?;
            let fetch = versions::load(session, id)?;
            let ok = ok_version(session, &module, "1.1.0", "text")?;
            versions::set_queued(session, &[ok.id.to_string()])?;
            Ok((archive, fetch, versions::load(session, ok.id.as_str())?))
        })
        .await;

    assert_eq!(archive.failure(), Some((Step::Archive, "too large")));
    assert_eq!(fetch.failure(), Some((Step::Fetch, "no such host")));
    assert_eq!((ok.status, ok.failure()), (VersionStatus::Ok, None), "only what failed is queued anew");
}

async fn an_upload_is_queued_when_it_arrives(database: &Database) {
    let module = database.write(acme_network).await;
    let (bare, uploaded) = database
        .write(move |session| {
            let bare = super::fixtures::version(session, &module, "1.0.0")?;
            versions::set_uploaded(session, bare.id.as_str(), "key-1", "a")?;
            let uploaded = versions::load(session, bare.id.as_str())?;
            versions::set_archived(session, bare.id.as_str(), &archived("1.0.0"))?;
            versions::set_ok(session, &module, bare.id.as_str(), "{}", &[part("", "text")])?;
            Ok((bare, uploaded))
        })
        .await;
    assert_eq!((done(&bare), done(&uploaded)), ([false; 4], [true, true, false, false]));
    database.execute("UPDATE module_versions SET sealed_at = NULL, ok_at = ok_at - 1000, queued_at = queued_at - 1000");

    let replaced = database
        .write(move |session| {
            versions::set_uploaded(session, bare.id.as_str(), "key-2", "b")?;
            versions::load(session, bare.id.as_str())
        })
        .await;

    assert_eq!(done(&replaced), [true, true, false, false], "the documentation is that of the upload before");
}

async fn a_failed_attempt_leaves_a_version_ok(database: &Database) {
    let module = database.write(acme_network).await;
    let (failed, read_again) = database
        .write(move |session| {
            let made = ok_version(session, &module, "1.0.0", "text")?;
            versions::set_still_ok(session, made.id.as_str(), "cannot be read any more")?;
            let failed = versions::load(session, made.id.as_str())?;
            versions::set_ok(session, &module, made.id.as_str(), "{}", &[part("", "text")])?;
            Ok((failed, versions::load(session, made.id.as_str())?))
        })
        .await;

    assert_eq!((failed.status, failed.error_message.as_deref()), (VersionStatus::Ok, None));
    assert_eq!(failed.failure(), Some((Step::Parse, "cannot be read any more")));
    assert_eq!(read_again.failure(), None);
}
