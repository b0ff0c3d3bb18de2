//! Renaming and deleting organizations.

use domain::{Error, JobKind};
use store::{
    blob_references,
    connections::{self, NewConnection},
    jobs::{self, NewJob},
    repositories,
    scopes::{self, Deletion, Scope},
};

use super::{
    database::Database,
    fixtures::{module, ok_version, scope, version},
};

for_each_database! { a_former_name_is_taken_over_by_a_rename a_deletion_leaves_nothing_but_purges
a_deletion_of_a_thousand_modules_goes_in_short_steps an_organization_with_environments_stays }

async fn a_former_name_is_taken_over_by_a_rename(database: &Database) {
    let (acme, other) = database.write(|session| Ok((scope(session, "acme")?, scope(session, "other")?))).await;
    let renamed = acme.clone();
    database.write(move |session| scopes::rename(session, &renamed, &"apex".parse()?)).await;

    database.write(move |session| scopes::rename(session, &other, &"acme".parse()?)).await;

    let find = |name: &'static str| database.read(move |session| scopes::find(session, name));
    assert_eq!(find("acme").await.unwrap().name.as_str(), "acme");
    assert_eq!(find("other").await.unwrap().name.as_str(), "acme");
    assert_eq!(find("apex").await.unwrap().id, acme.id);
    let refused = database.store.write(move |session| scopes::rename(session, &acme, &"ACME".parse()?)).await;
    assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
}

/// Deletes it to the end; in how many steps.
async fn delete(database: &Database, gone: &Scope) -> usize {
    let mut steps = 0;
    loop {
        let scope = gone.clone();
        let done = database.write(move |session| scopes::delete(session, &scope)).await;
        steps += 1;
        if done == Deletion::Complete {
            return steps;
        }
    }
}

async fn a_deletion_leaves_nothing_but_purges(database: &Database) {
    let (acme, other) = database.write(|session| Ok((scope(session, "acme")?, scope(session, "other")?))).await;
    for of in [acme.clone(), other] {
        database
            .write(move |session| {
                let id = domain::Id::random();
                let new = NewConnection {
                    id: &id,
                    scope: &of.id,
                    kind: "git",
                    name: None,
                    http_url: "https://git.example.com",
                    api_url: "",
                    client_key: None,
                    secret_sealed: None,
                    organization_scoped: true,
                };
                connections::insert(session, &new)?;
                let repository = repositories::find_or_insert(session, &id, "acme/mono", id.as_str())?;
                jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, &repository.id, &of.id))?;
                let module = module(session, &of, "network")?;
                let made = ok_version(session, &module, "1.0.0", "shared text")?;
                let pending = version(session, &module, "2.0.0")?;
                jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, &pending.id, &of.id))?;
                let own = format!("blob of {}", of.name);
                let needs = [(made.id.to_string(), "shared blob".to_owned()), (made.id.to_string(), own)];
                blob_references::insert(session, &needs)
            })
            .await;
    }
    database.execute(
        "UPDATE modules SET repository_id = (SELECT r.id FROM repositories r JOIN connections c ON c.id = r.connection_id \
         WHERE c.scope_id = modules.scope_id)",
    );

    let steps = delete(database, &acme).await;

    assert_eq!(steps, 2);
    for (table, left) in [
        ("scopes", 1),
        ("scope_names", 1),
        ("connections", 1),
        ("repositories", 1),
        ("modules", 1),
        ("module_versions", 2),
        ("documents", 1),
        ("version_parts", 1),
        ("blob_references", 2),
        ("tombstones", 0),
    ] {
        assert_eq!(database.count(table), left, "{table}");
    }
    assert_eq!(database.lines("SELECT sha256 AS line FROM condemned_blobs"), ["blob of acme"]);
    let of_acme = format!("SELECT kind AS line FROM jobs WHERE scope_id = '{}'", acme.id);
    assert_eq!(database.lines(&of_acme), ["purge"]);
    assert_eq!(database.count("jobs"), 3);
    let again = database.store.write(move |session| scopes::delete(session, &acme)).await;
    assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
}

async fn a_deletion_of_a_thousand_modules_goes_in_short_steps(database: &Database) {
    let acme = database.write(|session| scope(session, "acme")).await;
    let id = acme.id.clone();
    database.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         INSERT INTO modules (id, scope_id, namespace_id, name, provider, publishing, display_identifier, source_directory, \
           tag_prefix, vanished_tags, status, description, no_code, downloads, revision, wish, created_at, updated_at) \
         SELECT 'mod-' || i, '{id}', '{id}', 'm' || i, 'aws', 'non_vcs', '', '', '', 'keep', 'pending', '', FALSE, 0, 1, 0, 0, 0 \
         FROM n; \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) \
         INSERT INTO module_versions (id, module_id, version, source, status, archive_size, archive_directory, notes, \
           created_at, updated_at) \
         SELECT 'modver-' || substr(modules.id, 5) || 'x' || i, modules.id, '1.0.' || i, 'tfe-api', 'ok', 1, '', '[]', 0, 0 \
         FROM modules CROSS JOIN n; \
         INSERT INTO blob_references (sha256, owner_id, created_at) SELECT 'blob of ' || id, id, 0 FROM module_versions; \
         INSERT INTO documents (digest, body) SELECT 'digest of ' || id, '{{}}' FROM module_versions; \
         INSERT INTO version_parts (version_id, path, kind, docs_digest) \
         SELECT id, '', 'root', 'digest of ' || id FROM module_versions"
    ));
    assert_eq!(database.count("module_versions"), 10_000);

    let steps = delete(database, &acme).await;

    assert!(steps > 2, "one step would not be short");
    for table in ["scopes", "modules", "module_versions", "version_parts", "documents", "blob_references", "tombstones"]
    {
        assert_eq!(database.count(table), 0, "{table}");
    }
    assert_eq!(database.count("condemned_blobs"), 10_000);
    assert_eq!(database.count("jobs"), 10_000, "a purge of each");
}

async fn an_organization_with_environments_stays(database: &Database) {
    let (acme, child) = database.write(|session| Ok((scope(session, "acme")?, scope(session, "child")?))).await;
    database.execute(&format!("UPDATE scopes SET parent_id = '{}' WHERE id = '{}'", acme.id, child.id));

    let refused = database.store.write(move |session| scopes::delete(session, &acme)).await;

    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(database.count("scopes"), 2);
}
