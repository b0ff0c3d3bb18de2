//! A module that comes from elsewhere from now on.

use domain::{Id, JobKind, ModuleStatus, VersionStatus};
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

for_each_database! { what_is_published_stays_and_the_rest_comes_anew the_same_repository_stays }

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
    let (module, repository) = (module.clone(), repository.clone());
    database
        .write(move |session| {
            let source = NewSource {
                repository: &repository.id,
                display_identifier: "p/two",
                source_directory: "modules/vpc",
                tag_prefix: "vpc-",
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
