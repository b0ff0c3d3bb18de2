//! The audit log.

use std::sync::Arc;

use domain::{Call, Grants, Id, Principal, Rights, kinds};
use store::audit::{self, Filter};

use super::{database::Database, fixtures::scope};

for_each_database! { lines_are_kept_with_their_circumstances what_nobody_asked_for_has_no_user
lines_are_found_by_filters old_lines_are_swept_in_batches rows_of_the_first_release_survive }

fn caller(username: &str, scope: Option<&Id<kinds::Scope>>) -> Principal {
    Principal {
        user: Id::random(),
        username: username.to_owned(),
        email: String::new(),
        is_service: false,
        token: Id::random(),
        has_full_token: true,
        grants: Arc::new(Grants::everywhere(Rights::Admin)),
        call: Call { request_id: "r-1".to_owned(), address: "203.0.113.7".to_owned(), scope: scope.cloned() },
    }
}

async fn lines_are_kept_with_their_circumstances(database: &Database) {
    let acme = database.write(|session| scope(session, "acme")).await;
    let who = caller("jdoe", Some(&acme.id));
    let writer = who.clone();
    database.write(move |session| audit::insert(session, &writer, "create-module", "mod-1", "ok")).await;

    let (lines, total) = database.read(|session| audit::list(session, &Filter::default(), (0, 10))).await;

    assert_eq!(total, 1);
    let (line, organization) = &lines[0];
    assert_eq!((line.user_id.as_str(), line.token_id.as_str()), (who.user.as_str(), who.token.as_str()));
    assert_eq!((line.username.as_str(), line.action.as_str()), ("jdoe", "create-module"));
    assert_eq!((line.object.as_str(), line.outcome.as_str()), ("mod-1", "ok"));
    assert_eq!((line.request_id.as_str(), line.address.as_str()), ("r-1", "203.0.113.7"));
    assert_eq!((line.scope_id.as_deref(), organization.as_deref()), (Some(acme.id.as_str()), Some("acme")));
}

async fn what_nobody_asked_for_has_no_user(database: &Database) {
    let acme = database.write(|session| scope(session, "acme")).await;
    let of = acme.id.clone();
    database.write(move |session| audit::insert_unattended(session, &of, "tag-moved", "modver-1")).await;

    let lines = database.read(|session| audit::list_newest(session, 10)).await;

    assert_eq!(
        (lines[0].action.as_str(), lines[0].object.as_str(), lines[0].outcome.as_str()),
        ("tag-moved", "modver-1", "ok")
    );
    let circumstances =
        [&lines[0].user_id, &lines[0].username, &lines[0].token_id, &lines[0].request_id, &lines[0].address];
    assert_eq!(circumstances, [""; 5]);
    assert_eq!(lines[0].scope_id.as_deref(), Some(acme.id.as_str()));
}

async fn lines_are_found_by_filters(database: &Database) {
    let acme = database.write(|session| scope(session, "acme")).await;
    let (within, outside) = (caller("jdoe", Some(&acme.id)), caller("admin", None));
    let id = within.user.to_string();
    database
        .write(move |session| {
            audit::insert(session, &within, "create-module", "1", "ok")?;
            audit::insert(session, &within, "delete-module", "2", "404")?;
            audit::insert(session, &outside, "create-module", "3", "ok")
        })
        .await;
    // A clock of our own, so that times are known.
    database.execute("UPDATE audit_entries SET at = CAST(object AS INTEGER) * 1000");
    let found = async |filter: Filter, page| {
        let (lines, total) = database.read(move |session| audit::list(session, &filter, page)).await;
        let objects: String = lines.iter().map(|(line, _)| line.object.as_str()).collect();
        (objects, total)
    };
    let some = |text: &str| Some(text.to_owned());
    let all = Filter::default();

    assert_eq!(found(all.clone(), (0, 10)).await, ("321".to_owned(), 3));
    assert_eq!(found(all.clone(), (1, 1)).await, ("2".to_owned(), 3));
    assert_eq!(found(Filter { scope: Some(acme.id), ..all.clone() }, (0, 10)).await.0, "21");
    assert_eq!(found(Filter { action: some("create-module"), ..all.clone() }, (0, 10)).await.0, "31");
    assert_eq!(found(Filter { user: some("jdoe"), ..all.clone() }, (0, 10)).await.0, "21");
    assert_eq!(found(Filter { user: Some(id), ..all.clone() }, (0, 10)).await.0, "21");
    assert_eq!(found(Filter { user: some("nobody"), ..all.clone() }, (0, 10)).await.0, "");
    assert_eq!(found(Filter { since: Some(2000), ..all.clone() }, (0, 10)).await.0, "32");
    assert_eq!(found(Filter { until: Some(2000), ..all }, (0, 10)).await.0, "1");
}

async fn old_lines_are_swept_in_batches(database: &Database) {
    let who = caller("jdoe", None);
    database
        .write(move |session| {
            (0..502).try_for_each(|number| audit::insert(session, &who, "x", &number.to_string(), "ok"))
        })
        .await;
    let day = 24 * 60 * 60 * 1000_i64;
    database.execute(&format!("UPDATE audit_entries SET at = at - {} WHERE object <> '0'", 31 * day));

    assert!(database.write(|session| audit::sweep(session, 30)).await, "there is more");
    assert_eq!(database.count("audit_entries"), 2);
    assert!(!database.write(|session| audit::sweep(session, 30)).await);
    assert_eq!(database.lines("SELECT object AS line FROM audit_entries"), ["0"]);
}

async fn rows_of_the_first_release_survive(database: &Database) {
    super::schema::back_to_the_first_release(database);
    database.execute(
        "INSERT INTO scopes (id, kind, name, email, settings, created_at, updated_at) \
           VALUES ('org-1', 'account', 'acme', '', '{}', 1, 1); \
         INSERT INTO users (id, username, email, is_service, created_at) VALUES ('user-1', 'admin', '', FALSE, 1); \
         INSERT INTO tokens (id, user_id, scope_id, rights, hash, label, created_at) VALUES \
           ('at-1', 'user-1', NULL, 'admin', 'h1', 'administrator', 1), \
           ('at-2', 'user-1', 'org-1', 'publish', 'h2', '', 1); \
         INSERT INTO audit_entries (id, at, user_id, token_id, action, object, scope_id, outcome) VALUES \
           ('audit-1', 1, 'user-1', 'at-1', 'create-module', 'mod-1', NULL, 'ok')",
    );

    store::Store::migrate(&database.url).unwrap();

    let of = async |hash: &'static str| {
        database.read(move |session| store::tokens::find_principal(session, hash)).await.unwrap().principal
    };
    assert!(of("h1").await.owns_installation());
    let limited = of("h2").await;
    assert_eq!(limited.visible_scopes().unwrap(), [&"org-1".parse().unwrap()]);
    assert!(limited.may(domain::Action::Publish, &"org-1".parse().unwrap()));
    let lines = database.read(|session| audit::list_newest(session, 10)).await;
    assert_eq!((lines[0].username.as_str(), lines[0].request_id.as_str()), ("admin", ""));
}
