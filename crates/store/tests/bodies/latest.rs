//! Which version is the latest: stable before pre-release, then by number.

use store::{modules, versions};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, version},
};

for_each_database! { a_stable_version_comes_before_a_pre_release a_pre_release_is_the_latest_if_there_is_nothing_else
the_order_in_which_versions_come_does_not_matter the_next_one_follows_when_the_latest_is_deleted
what_is_not_ok_is_not_the_latest many_versions_that_turn_ok_at_once }

async fn latest_of(database: &Database, numbers: &'static [&'static str]) -> Option<String> {
    let module = database.write(acme_network).await;
    database
        .write(move |session| {
            numbers.iter().try_for_each(|number| ok_version(session, &module, number, number).map(drop))
        })
        .await;
    latest(database)
}

fn latest(database: &Database) -> Option<String> {
    let sql = "SELECT version AS line FROM module_versions WHERE id IN (SELECT latest_version_id FROM modules)";
    database.lines(sql).pop()
}

async fn a_stable_version_comes_before_a_pre_release(database: &Database) {
    assert_eq!(latest_of(database, &["1.0.0", "2.0.0-beta", "0.9.0"]).await.as_deref(), Some("1.0.0"));
}

async fn a_pre_release_is_the_latest_if_there_is_nothing_else(database: &Database) {
    assert_eq!(latest_of(database, &["1.0.0-rc.2", "1.0.0-rc.10"]).await.as_deref(), Some("1.0.0-rc.10"));
}

async fn the_order_in_which_versions_come_does_not_matter(database: &Database) {
    assert_eq!(latest_of(database, &["1.10.0", "1.9.0", "2.0.0-a"]).await.as_deref(), Some("1.10.0"));
}

async fn the_next_one_follows_when_the_latest_is_deleted(database: &Database) {
    latest_of(database, &["1.0.0", "1.1.0", "2.0.0-rc.1"]).await;

    for expected in [Some("1.0.0"), Some("2.0.0-rc.1"), None] {
        database
            .write(|session| {
                let module = the_module(session)?;
                let latest = versions::load(session, module.latest_version_id.as_deref().unwrap())?;
                versions::delete(session, &module, &[latest])
            })
            .await;
        assert_eq!(latest(database).as_deref(), expected);
    }
}

fn the_module(session: &mut store::Connection) -> Result<modules::Module, domain::Error> {
    let (all, _) = modules::list(session, &modules::Filter::default(), (0, 1))?;
    modules::load(session, all[0].id.as_str())
}

async fn what_is_not_ok_is_not_the_latest(database: &Database) {
    latest_of(database, &["1.0.0"]).await;

    database
        .write(|session| {
            let module = the_module(session)?;
            version(session, &module, "9.0.0")
        })
        .await;

    assert_eq!(latest(database).as_deref(), Some("1.0.0"));
}

async fn many_versions_that_turn_ok_at_once(database: &Database) {
    let module = database.write(acme_network).await;
    let mut parsers = tokio::task::JoinSet::new();
    for minor in 0..12 {
        let (store, module) = (database.store.clone(), module.clone());
        parsers.spawn(async move {
            store.write(move |session| ok_version(session, &module, &format!("1.{minor}.0"), "text").map(drop)).await
        });
    }

    parsers.join_all().await.into_iter().for_each(Result::unwrap);

    assert_eq!(latest(database).as_deref(), Some("1.11.0"));
}
