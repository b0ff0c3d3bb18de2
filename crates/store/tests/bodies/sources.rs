//! A module that comes from elsewhere from now on.

use domain::{Id, JobKind, ModuleStatus, Publishing, VersionStatus};
use store::{
    connections::{self, NewConnection},
    jobs::{self, NewJob},
    modules::{self, Module, NewSource},
    repositories::{self, Repository},
    versions::{self, NewVersion},
};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version},
};

for_each_database! { what_is_published_stays_and_the_rest_comes_anew the_same_repository_stays
what_is_known_of_tags_goes_with_them another_branch_keeps_what_was_asked_for }

/// A module from `p/one`, with 1.0.0 that is ok and 1.1.0 that is not yet; and the repository `p/two`.
async fn fill(database: &Database) -> (Module, Repository, Repository) {
    let (module, one, two) = database
        .write(|session| {
            let module = acme_network(session)?;
            let id = Id::random();
            let new = NewConnection {
                id: &id,
                scope: &module.scope_id,
                kind: "git",
                name: None,
                http_url: "https://git.example.com",
                api_url: "",
                client_key: None,
                secret_sealed: None,
                organization_scoped: true,
            };
            connections::insert(session, &new)?;
            let one = repositories::find_or_insert(session, &id, "p/one", "hook-1")?;
            let two = repositories::find_or_insert(session, &id, "p/two", "hook-2")?;
            ok_version(session, &module, "1.0.0", "text")?;
            let unpublished = Id::random();
            let new = NewVersion {
                id: &unpublished,
                module: &module.id,
                version: &"1.1.0".parse()?,
                source: "git",
                tag: Some("v1.1.0"),
                branch: None,
                commit: Some("c0ffee"),
                status: VersionStatus::Cloning,
            };
            versions::insert(session, &new)?;
            jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, &unpublished, &module.scope_id))?;
            jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, &one.id, &module.scope_id))?;
            Ok((module, one, two))
        })
        .await;
    database.execute(&format!("UPDATE modules SET repository_id = '{}', publishing = 'git_tag'", one.id));
    let id = module.id.to_string();
    (database.read(move |session| modules::load(session, &id)).await, one, two)
}

async fn set_source(database: &Database, module: &Module, repository: &Repository) -> Module {
    set_branch(database, module, repository, "").await
}

async fn set_branch(database: &Database, module: &Module, repository: &Repository, branch: &'static str) -> Module {
    let (module, repository) = (module.clone(), repository.clone());
    database
        .write(move |session| {
            let source = NewSource {
                repository: &repository.id,
                display_identifier: "p/two",
                source_directory: "modules/vpc",
                tag_prefix: "vpc-",
                branch,
            };
            modules::set_source(session, &module, &source)?;
            modules::load(session, module.id.as_str())
        })
        .await
}

async fn what_is_published_stays_and_the_rest_comes_anew(database: &Database) {
    let (module, one, two) = fill(database).await;

    let moved = set_source(database, &module, &two).await;

    assert_eq!(moved.repository_id.as_deref(), Some(two.id.as_str()));
    assert_eq!((moved.source_directory.as_str(), moved.tag_prefix.as_str()), ("modules/vpc", "vpc-"));
    assert_eq!(moved.status, ModuleStatus::SetupComplete);
    assert!(moved.revision > module.revision);
    assert_eq!(moved.latest_version_id, module.latest_version_id);
    assert_eq!(database.lines("SELECT version AS line FROM module_versions"), ["1.0.0"]);
    assert_eq!(database.count("tombstones"), 0, "nobody deleted anything");
    assert_eq!(database.count("jobs"), 0, "neither of the former repository nor of what is forgotten");
    assert_eq!(database.lines("SELECT id AS line FROM repositories"), [two.id.to_string()]);
    let gone = database.store.read(move |session| repositories::load(session, &one.id)).await;
    assert!(gone.is_err());
}

async fn the_same_repository_stays(database: &Database) {
    let (module, one, _) = fill(database).await;

    set_source(database, &module, &one).await;

    assert_eq!(database.count("repositories"), 2);
    assert_eq!(database.count("jobs"), 1, "its sync");
    assert_eq!(database.lines("SELECT version AS line FROM module_versions"), ["1.0.0"]);
}

async fn what_is_known_of_tags_goes_with_them(database: &Database) {
    let (module, one, _) = fill(database).await;
    database.execute("UPDATE module_versions SET moved_to = 'c0ffee', vanished_at = 1 WHERE version = '1.0.0'");

    let branch = set_branch(database, &module, &one, "main").await;

    assert_eq!((branch.publishing, branch.branch.as_str()), (Publishing::Branch, "main"));
    assert_eq!(branch.initial_version, None, "it has a version");
    let seen = "SELECT version || ' ' || coalesce(moved_to, '') || coalesce(CAST(vanished_at AS TEXT), '') AS line FROM module_versions";
    assert_eq!(database.lines(seen), ["1.0.0 "]);

    database.execute("DELETE FROM module_versions");
    let tags = set_branch(database, &branch, &one, "").await;
    assert_eq!((tags.publishing, tags.branch.as_str(), tags.initial_version), (Publishing::Tags, "", None));
}

async fn another_branch_keeps_what_was_asked_for(database: &Database) {
    let (module, one, _) = fill(database).await;
    database.execute("DELETE FROM module_versions");
    database.execute("DELETE FROM jobs WHERE kind = 'ingest-version'");
    let main = set_branch(database, &module, &one, "main").await;
    assert_eq!(main.initial_version.as_deref(), Some("0.0.0"), "it had nothing");
    let asked = main.clone();
    database
        .write(move |session| {
            let new = NewVersion {
                id: &Id::random(),
                module: &asked.id,
                version: &"1.0.0".parse()?,
                source: "git",
                tag: None,
                branch: Some("main"),
                commit: Some("c0ffee"),
                status: VersionStatus::Pending,
            };
            versions::insert(session, &new)
        })
        .await;

    let next = set_branch(database, &main, &one, "next").await;

    assert_eq!((next.branch.as_str(), next.initial_version.as_deref()), ("next", Some("0.0.0")));
    assert!(next.initial_due);
    assert_eq!(database.lines("SELECT kind AS line FROM jobs ORDER BY kind"), ["ingest-version", "sync-repository"]);
    assert_eq!(database.lines("SELECT version || ' ' || branch AS line FROM module_versions"), ["1.0.0 main"]);
    let stale = database.store.write({
        let (main, repository) = (main, one.id.clone());
        move |session| {
            let back = NewSource {
                repository: &repository,
                display_identifier: "p/one",
                source_directory: "",
                tag_prefix: "",
                branch: "",
            };
            modules::set_source(session, &main, &back)
        }
    });
    assert!(stale.await.is_err(), "the module was read before it was changed");
    let id = one.id.to_string();
    let branches = database.read(move |session| modules::list_branches(session, &id)).await;
    assert_eq!(branches, ["next"]);
}
