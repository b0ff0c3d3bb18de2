//! Deprecated and revoked versions.

use domain::Error;
use store::{
    modules,
    versions::{self, ModuleVersion, Verdict, Warning},
};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, part, version},
};

for_each_database! { a_verdict_is_kept_until_it_is_undone what_cannot_follow_is_refused
a_revoked_version_is_not_the_latest_even_if_it_is_read_again }

fn deprecate(text: &str) -> Verdict {
    Verdict::Deprecate(Warning { text: text.to_owned(), link: String::new() })
}

fn revoke(text: &str) -> Verdict {
    Verdict::Revoke(Warning { text: text.to_owned(), link: "https://wiki.acme.test".to_owned() })
}

async fn judge(database: &Database, version: &ModuleVersion, verdict: Verdict) -> Result<ModuleVersion, Error> {
    let version = version.clone();
    let judge = move |session: &mut store::Connection| {
        let module = modules::load(session, &version.module_id)?;
        versions::judge(session, &module, &version, &verdict)
    };
    database.store.write(judge).await
}

async fn a_verdict_is_kept_until_it_is_undone(database: &Database) {
    let made = database
        .write(|session| {
            let module = acme_network(session)?;
            ok_version(session, &module, "1.0.0", "text")
        })
        .await;

    let deprecated = judge(database, &made, deprecate("old")).await.unwrap();
    assert_eq!(deprecated.standing.deprecation().unwrap().text, "old");
    assert!(deprecated.is_installable());
    let again = judge(database, &made, deprecate("older")).await.unwrap();
    assert_eq!(again.standing.deprecation().unwrap().text, "older");
    assert_eq!(again.standing.deprecated_at, deprecated.standing.deprecated_at);
    let revoked = judge(database, &made, revoke("leaks")).await.unwrap();
    assert_eq!(revoked.standing.revocation().unwrap().link, "https://wiki.acme.test");
    assert!(!revoked.is_installable());
    let back = judge(database, &made, Verdict::Unrevoke).await.unwrap();
    assert_eq!(back.standing, again.standing);
    let clean = judge(database, &made, Verdict::Undeprecate).await.unwrap();
    assert_eq!(clean.standing, made.standing);
}

async fn what_cannot_follow_is_refused(database: &Database) {
    let (ok, other) = database
        .write(|session| {
            let module = acme_network(session)?;
            Ok((ok_version(session, &module, "1.0.0", "text")?, version(session, &module, "2.0.0")?))
        })
        .await;
    for (version, verdict) in [(&other, deprecate("")), (&other, revoke("")), (&ok, revoke(""))] {
        let outcome = judge(database, version, verdict).await;
        assert!(matches!(outcome, Err(Error::Invalid { .. })), "{outcome:?}");
    }
    judge(database, &ok, deprecate("")).await.unwrap();
    judge(database, &ok, revoke("")).await.unwrap();
    let outcome = judge(database, &ok, Verdict::Undeprecate).await;
    assert!(matches!(outcome, Err(Error::Invalid { .. })), "{outcome:?}");
}

async fn a_revoked_version_is_not_the_latest_even_if_it_is_read_again(database: &Database) {
    let (module, old, new) = database
        .write(|session| {
            let module = acme_network(session)?;
            let old = ok_version(session, &module, "1.0.0", "text")?;
            let new = ok_version(session, &module, "2.0.0", "text")?;
            Ok((module, old, new))
        })
        .await;
    let latest = async || {
        let id = module.id.to_string();
        database.read(move |session| modules::load(session, &id)).await.latest_version_id
    };
    judge(database, &new, deprecate("")).await.unwrap();
    assert_eq!(latest().await.as_deref(), Some(new.id.as_str()), "deprecated is still installable");
    judge(database, &new, revoke("")).await.unwrap();
    assert_eq!(latest().await.as_deref(), Some(old.id.as_str()));

    let (again, id) = (module.clone(), new.id.to_string());
    database.write(move |session| versions::set_ok(session, &again, &id, "{}", &[part("", "other text")])).await;

    assert_eq!(latest().await.as_deref(), Some(old.id.as_str()));
    judge(database, &old, deprecate("")).await.unwrap();
    judge(database, &old, revoke("")).await.unwrap();
    assert_eq!(latest().await, None);
    judge(database, &new, Verdict::Unrevoke).await.unwrap();
    assert_eq!(latest().await.as_deref(), Some(new.id.as_str()));
}
