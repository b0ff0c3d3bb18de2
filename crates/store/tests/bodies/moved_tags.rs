//! Published versions whose tag moved or vanished, and what their owner says to that.

use domain::{Error, JobKind, VanishedTags, VersionStatus};
use store::{
    jobs, modules,
    modules::Module,
    versions::{self, ModuleVersion},
};

use super::{
    database::Database,
    fixtures::{acme_network, archived, ok_version, version},
};

for_each_database! { only_what_the_owner_saw_is_accepted an_accepted_commit_takes_the_place_of_the_published_one
what_is_not_accepted_any_more_replaces_nothing a_replacement_that_fails_leaves_the_version_as_it_was
a_tag_that_vanished_is_not_on_another_commit a_policy_is_kept an_archive_of_another_commit_is_not_taken }

/// 1.0.0 at commit `a`, whose tag moved to `b`.
async fn has_moved(database: &Database) -> (Module, ModuleVersion) {
    let module = database.write(acme_network).await;
    let made = module.clone();
    let version = database
        .write(move |session| {
            let version = ok_version(session, &made, "1.0.0", "text")?;
            versions::set_moved(session, version.id.as_str(), Some("b"))?;
            Ok(version)
        })
        .await;
    database.execute("UPDATE module_versions SET tag = 'v1.0.0', commit_sha = 'a', sealed_at = 1");
    (module, load(database, &version).await)
}

async fn load(database: &Database, version: &ModuleVersion) -> ModuleVersion {
    let id = version.id.to_string();
    database.read(move |session| versions::load(session, &id)).await
}

async fn accept(
    database: &Database,
    (module, version): &(Module, ModuleVersion),
    commit: &'static str,
) -> Result<(), Error> {
    let (module, version) = (module.clone(), version.clone());
    database.store.write(move |session| versions::accept(session, &module, &version, commit)).await
}

async fn replace(database: &Database, (module, version): &(Module, ModuleVersion), commit: &'static str) -> bool {
    let (module, id) = (module.clone(), version.id.to_string());
    let run = move |session: &mut store::Connection| {
        versions::replace(session, &module, &id, ("1.0.0", commit), &archived("another"))
    };
    database.write(run).await
}

async fn only_what_the_owner_saw_is_accepted(database: &Database) {
    let moved = has_moved(database).await;
    let module = moved.0.clone();
    let other = database.write(move |session| ok_version(session, &module, "2.0.0", "text")).await;
    let module = moved.0.clone();
    let unpublished = database.write(move |session| version(session, &module, "3.0.0")).await;
    for (version, commit, said) in [
        (&moved.1, "c", "is known to be on commit b, not on c"),
        (&moved.1, "a", "is known to be on commit b, not on a"),
        (&other, "b", "did not move"),
        (&unpublished, "b", "is not published yet"),
    ] {
        let refused = accept(database, &(moved.0.clone(), version.clone()), commit).await;
        assert!(matches!(&refused, Err(Error::Conflict { what }) if what.contains(said)), "{refused:?}");
    }
    assert_eq!(database.count("jobs"), 0);

    accept(database, &moved, "b").await.unwrap();

    let version = load(database, &moved.1).await;
    assert_eq!((version.accepted.as_deref(), version.commit_sha.as_deref()), (Some("b"), Some("a")));
    assert_eq!((version.timeline.fetched_at, version.timeline.archived_at), (None, None));
    let due = database.read(|session| jobs::list_due(session, JobKind::IngestVersion, 10)).await;
    assert_eq!(due.len(), 1);
}

async fn an_accepted_commit_takes_the_place_of_the_published_one(database: &Database) {
    let moved = has_moved(database).await;
    accept(database, &moved, "b").await.unwrap();

    assert!(replace(database, &moved, "b").await);

    let version = load(database, &moved.1).await;
    assert_eq!((version.status, version.sealed_at), (VersionStatus::Ok, Some(1)));
    assert_eq!((version.tag.as_deref(), version.commit_sha.as_deref()), (Some("1.0.0"), Some("b")));
    assert_eq!(
        (version.archive_sha256.as_deref(), version.tar_sha256.as_deref()),
        (Some("archive-of-another"), Some("tar-of-another"))
    );
    assert_eq!((version.moved_to, version.accepted), (None, None));
    assert!(version.timeline.archived_at.is_some());
}

async fn what_is_not_accepted_any_more_replaces_nothing(database: &Database) {
    let moved = has_moved(database).await;
    assert!(!replace(database, &moved, "b").await, "nobody accepted it");
    accept(database, &moved, "b").await.unwrap();
    let id = moved.1.id.to_string();
    database.write(move |session| versions::set_moved(session, &id, Some("c"))).await;
    accept(database, &moved, "c").await.unwrap();

    assert!(!replace(database, &moved, "b").await);

    let id = moved.1.id.to_string();
    assert!(!database.write(move |session| versions::begin_replacing(session, &id, "b")).await);
    let version = load(database, &moved.1).await;
    assert_eq!((version.commit_sha.as_deref(), version.accepted.as_deref()), (Some("a"), Some("c")));
    assert_eq!(version.archive_sha256, moved.1.archive_sha256);
}

async fn a_replacement_that_fails_leaves_the_version_as_it_was(database: &Database) {
    let moved = has_moved(database).await;
    accept(database, &moved, "b").await.unwrap();
    let give_up = async |commit: &'static str| {
        let (module, id) = (moved.0.clone(), moved.1.id.to_string());
        let run = move |session: &mut store::Connection| {
            versions::give_up_replacing(session, &module, &id, commit, "too large")
        };
        database.write(run).await;
    };

    give_up("c").await;
    assert_eq!(load(database, &moved.1).await.accepted.as_deref(), Some("b"));
    give_up("b").await;

    let version = load(database, &moved.1).await;
    assert_eq!((version.status, version.accepted.as_deref()), (VersionStatus::Ok, None));
    assert_eq!((version.moved_to.as_deref(), version.commit_sha.as_deref()), (Some("b"), Some("a")));
    assert_eq!(version.failure(), Some((versions::Step::Fetch, "too large")));
    assert_eq!((version.archive_sha256, version.error_message), (moved.1.archive_sha256.clone(), None));
    accept(database, &moved, "b").await.unwrap();
    assert_eq!(load(database, &moved.1).await.failure(), None);
}

async fn a_tag_that_vanished_is_not_on_another_commit(database: &Database) {
    let (_, version) = has_moved(database).await;
    let id = version.id.to_string();
    database.write(move |session| versions::set_vanished(session, &id)).await;

    let gone = load(database, &version).await;
    assert!(gone.vanished_at.is_some() && gone.moved_to.is_none() && gone.status == VersionStatus::Ok);

    let id = version.id.to_string();
    database.write(move |session| versions::set_returned(session, &id)).await;
    assert_eq!(load(database, &version).await.vanished_at, None);
}

async fn a_policy_is_kept(database: &Database) {
    let module = database.write(acme_network).await;
    assert_eq!(module.vanished_tags, VanishedTags::Keep);
    let kept = database
        .write(move |session| {
            modules::set_vanished_tags(session, &module, VanishedTags::Remove)?;
            modules::load(session, module.id.as_str())
        })
        .await;
    assert_eq!(kept.vanished_tags, VanishedTags::Remove);
}

async fn an_archive_of_another_commit_is_not_taken(database: &Database) {
    let module = database.write(acme_network).await;
    let made = database.write(move |session| version(session, &module, "1.0.0")).await;
    let id = made.id.to_string();
    let taken = database
        .write(move |session| {
            versions::set_origin(session, &id, Some("v1.0.0"), "a")?;
            let others = versions::set_archived_from(session, &id, "b", &archived("b"))?;
            let own = versions::set_archived_from(session, &id, "a", &archived("a"))?;
            // What is archived stays what it is.
            versions::set_origin(session, &id, Some("v1.0.0"), "b")?;
            Ok([others, own])
        })
        .await;
    assert_eq!(taken, [false, true]);
    let version = load(database, &made).await;
    assert_eq!((version.commit_sha.as_deref(), version.archive_sha256.as_deref()), (Some("a"), Some("archive-of-a")));
}
