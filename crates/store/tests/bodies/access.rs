//! Tokens, users, and what both may do together.

use domain::{Action, Error, Id, Principal, Rights, kinds};
use store::{
    Connection, memberships,
    scopes::{self, Scope},
    tokens::{self, NewToken},
    users::{self, NewUser},
};

use super::{database::Database, fixtures::scope};

for_each_database! { a_token_is_found_until_it_is_revoked a_token_is_good_until_it_expires
a_token_of_a_user_allows_what_its_user_may_do a_limited_token_stays_within_its_scopes
a_token_whose_scopes_are_gone_allows_nothing a_service_token_needs_no_membership
the_token_of_an_organization_is_replaced two_replace_the_token_of_an_organization_at_once
the_administrators_token_follows_its_setting a_disabled_user_is_nobody names_and_identities_are_unique
memberships_are_replaced_and_listed uses_are_noted_once_a_minute
organizations_are_found_in_order }

const ALL: [Action; 3] = [Action::Read, Action::Publish, Action::Own];

pub(super) fn token(rights: Rights, hash: &str) -> NewToken<'_> {
    NewToken { description: "for a test", rights, scopes: None, expires_at: None, hash }
}

pub(super) fn person(session: &mut Connection, username: &str) -> Result<Id<kinds::User>, Error> {
    let email = format!("{username}@acme.test");
    users::insert(session, &NewUser { username, email: &email, ..NewUser::default() }).map(|user| user.id)
}

async fn caller(database: &Database, hash: &'static str) -> Option<Principal> {
    database.read(move |session| tokens::find_principal(session, hash)).await.map(|found| found.principal)
}

async fn rights(database: &Database, hash: &'static str, scope: &Scope) -> [bool; 3] {
    let caller = caller(database, hash).await.unwrap();
    ALL.map(|action| caller.may(action, &scope.id))
}

/// Two organizations.
pub(super) async fn organizations(database: &Database) -> (Scope, Scope) {
    database.write(|session| Ok((scope(session, "acme")?, scope(session, "other")?))).await
}

async fn a_token_is_found_until_it_is_revoked(database: &Database) {
    let (user, id) = database
        .write(|session| {
            let user = person(session, "jdoe")?;
            let id = tokens::insert_for_user(session, &user, &token(Rights::Admin, "h1"))?;
            Ok((user, id))
        })
        .await;

    let found = caller(database, "h1").await.unwrap();
    assert!(found.has_full_token && !found.is_service && !found.owns_installation());
    assert_eq!((found.user, found.token, found.username.as_str()), (user, id.clone(), "jdoe"));
    assert!(caller(database, "h2").await.is_none());

    database.write(move |session| tokens::revoke(session, &id)).await;

    assert!(caller(database, "h1").await.is_none());
}

async fn a_token_is_good_until_it_expires(database: &Database) {
    database
        .write(|session| {
            let user = person(session, "jdoe")?;
            let now = store::now(session)?;
            let with_expiry = |at, hash| NewToken { expires_at: Some(at), ..token(Rights::Admin, hash) };
            tokens::insert_for_user(session, &user, &with_expiry(now, "over"))?;
            tokens::insert_for_user(session, &user, &with_expiry(now + 60_000, "good"))
        })
        .await;

    assert!(caller(database, "over").await.is_none());
    let rest = database.read(|session| tokens::find_principal(session, "good")).await.unwrap().rest.unwrap();
    assert!((50..=60).contains(&rest.as_secs()), "{rest:?}");
}

async fn a_token_of_a_user_allows_what_its_user_may_do(database: &Database) {
    let (acme, other) = organizations(database).await;
    let (scope, known) = (acme.id.clone(), other.id.clone());
    let user = database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            tokens::insert_for_user(session, &user, &token(Rights::Admin, "full"))?;
            tokens::insert_for_user(session, &user, &token(Rights::Read, "reads"))?;
            memberships::set(session, &user, Some(&scope), Rights::Admin)?;
            memberships::set(session, &user, Some(&known), Rights::Publish)?;
            Ok(user)
        })
        .await;

    assert_eq!(rights(database, "full", &acme).await, [true, true, true]);
    assert_eq!(rights(database, "full", &other).await, [true, true, false]);
    assert_eq!(rights(database, "reads", &acme).await, [true, false, false]);

    let (scope, of) = (acme.id.clone(), user.clone());
    assert!(database.write(move |session| memberships::remove(session, &of, Some(&scope))).await);

    assert_eq!(rights(database, "full", &acme).await, [false, false, false]);
    assert_eq!(rights(database, "full", &other).await, [true, true, false]);

    database.write(move |session| memberships::set(session, &user, None, Rights::Admin).map(drop)).await;

    assert!(caller(database, "full").await.unwrap().owns_installation());
    assert_eq!(rights(database, "reads", &acme).await, [true, false, false]);
}

async fn a_limited_token_stays_within_its_scopes(database: &Database) {
    let (acme, other) = organizations(database).await;
    let reach = [acme.id.clone()];
    database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            memberships::set(session, &user, None, Rights::Admin)?;
            let new = NewToken { scopes: Some(&reach), ..token(Rights::Publish, "limited") };
            tokens::insert_for_user(session, &user, &new)
        })
        .await;

    assert_eq!(rights(database, "limited", &acme).await, [true, true, false]);
    assert_eq!(rights(database, "limited", &other).await, [false, false, false]);
    let found = caller(database, "limited").await.unwrap();
    assert_eq!(found.visible_scopes(), Some(vec![&acme.id]));
    assert!(!found.has_full_token && !found.may_make_scopes());
    let seen =
        database.read(move |session| scopes::list_visible(session, &found, &scopes::Search::default(), (0, 10))).await;
    assert_eq!((seen.0[0].name.as_str(), seen.1), ("acme", 1));
}

async fn a_token_whose_scopes_are_gone_allows_nothing(database: &Database) {
    let (acme, other) = organizations(database).await;
    let reach = [acme.id.clone()];
    database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            memberships::set(session, &user, None, Rights::Admin)?;
            let new = NewToken { scopes: Some(&reach), ..token(Rights::Admin, "limited") };
            tokens::insert_for_user(session, &user, &new)
        })
        .await;

    database.execute(&format!("DELETE FROM token_scopes WHERE scope_id = '{}'", acme.id));

    assert_eq!(rights(database, "limited", &acme).await, [false, false, false]);
    assert_eq!(rights(database, "limited", &other).await, [false, false, false]);
    let found = caller(database, "limited").await.unwrap();
    assert_eq!(found.visible_scopes(), Some(Vec::new()));
    let seen =
        database.read(move |session| scopes::list_visible(session, &found, &scopes::Search::default(), (0, 10))).await;
    assert_eq!(seen.1, 0);
}

async fn a_service_token_needs_no_membership(database: &Database) {
    let (acme, other) = organizations(database).await;
    let of = acme.clone();
    database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            tokens::insert_for_organization(session, &of, &user, &token(Rights::Publish, "service"))?;
            tokens::insert_for_organization(session, &of, &user, &token(Rights::Read, "another"))
        })
        .await;

    assert_eq!(rights(database, "service", &acme).await, [true, true, false]);
    assert_eq!(rights(database, "service", &other).await, [false, false, false]);
    let (one, another) = (caller(database, "service").await.unwrap(), caller(database, "another").await.unwrap());
    assert!(one.is_service && one.username.starts_with("api-org-acme-"), "{one:?}");
    assert_eq!(one.user, another.user, "an organization has one service user");
    let name = one.username.clone();
    assert!(database.read(move |session| users::find_by_name(session, &name)).await.is_none(), "it is no person");
}

async fn the_token_of_an_organization_is_replaced(database: &Database) {
    let (acme, _) = organizations(database).await;
    for hash in ["first", "second"] {
        let of = acme.clone();
        database
            .write(move |session| {
                let user = users::find_or_insert(session, "jdoe")?;
                tokens::replace_of_organization(session, &of, &user, &token(Rights::Admin, hash))
            })
            .await;
    }

    assert!(caller(database, "first").await.is_none());
    assert_eq!(rights(database, "second", &acme).await, [true, true, true]);
    let id = acme.id.clone();
    let known = database.read(move |session| tokens::find_of_organization(session, &id)).await.unwrap();
    assert_eq!(known.kind, tokens::ORGANIZATION);
}

async fn two_replace_the_token_of_an_organization_at_once(database: &Database) {
    let (acme, _) = organizations(database).await;
    let maker = database.write(|session| person(session, "jdoe")).await;
    let mut makers = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (store, of, maker) = (database.store.clone(), acme.clone(), maker.clone());
        makers.spawn(async move {
            let make = move |session: &mut Connection| {
                let hash = format!("h{number}");
                tokens::replace_of_organization(session, &of, &maker, &token(Rights::Admin, &hash))
            };
            store.write(make).await
        });
    }

    for made in makers.join_all().await {
        made.unwrap();
    }

    let alive = database.lines("SELECT hash AS line FROM tokens WHERE revoked_at IS NULL");
    assert_eq!(alive.len(), 1);
    assert_eq!(database.count("users"), 2);
}

async fn the_administrators_token_follows_its_setting(database: &Database) {
    let set = |hash: &'static str| {
        database.write(move |session| {
            let user = users::find_or_insert(session, "admin")?;
            tokens::set_administrator_token(session, &user, "administrator", hash)
        })
    };
    set("a").await;
    set("a").await;
    set("b").await;

    assert!(caller(database, "a").await.is_none());
    assert!(caller(database, "b").await.unwrap().owns_installation());

    set("a").await;

    assert!(caller(database, "b").await.is_none());
    let administrator = caller(database, "a").await.unwrap();
    assert!(administrator.owns_installation() && administrator.has_full_token);
    database
        .write(move |session| {
            memberships::remove(session, &administrator.user, None)?;
            assert!(tokens::is_administrator(session, &administrator.user)?);
            Ok(())
        })
        .await;
    assert!(caller(database, "a").await.unwrap().owns_installation(), "nothing limits it");
}

async fn a_disabled_user_is_nobody(database: &Database) {
    let user = database
        .write(|session| {
            let user = person(session, "jdoe")?;
            tokens::insert_for_user(session, &user, &token(Rights::Admin, "h1"))?;
            users::set_disabled(session, &user, true)?;
            Ok(user)
        })
        .await;
    assert!(caller(database, "h1").await.is_none());

    let again = user.clone();
    database.write(move |session| users::set_disabled(session, &again, false)).await;
    assert!(caller(database, "h1").await.is_some());

    database.write(move |session| users::delete(session, &user)).await;
    assert!(caller(database, "h1").await.is_none());
    assert_eq!(database.count("tokens"), 0);
}

async fn names_and_identities_are_unique(database: &Database) {
    let of = |username: &'static str, subject: Option<&'static str>| {
        let store = database.store.clone();
        async move {
            let new = NewUser { username, issuer: subject.map(|_| "https://id.test"), subject, ..NewUser::default() };
            store.write(move |session| users::insert(session, &new)).await
        }
    };
    let made = of("JDoe", Some("1")).await.unwrap();
    assert!(matches!(of("jdoe", None).await, Err(Error::AlreadyExists { .. })));
    assert!(matches!(of("another", Some("1")).await, Err(Error::AlreadyExists { .. })));
    of("without", None).await.unwrap();
    of("also-without", None).await.unwrap();

    let found = database.read(|session| users::find_by_identity(session, "https://id.test", "1")).await.unwrap();
    assert_eq!(found.id, made.id);
    let found = database.read(|session| users::find_by_name(session, "jDOE")).await.unwrap();
    assert_eq!(found.id, made.id);
    assert!(database.read(|session| users::find_by_identity(session, "https://id.test", "2")).await.is_none());
    let (all, total) = database.read(|session| users::list(session, "WITHOUT", (1, 1))).await;
    assert_eq!((all[0].username.as_str(), total), ("without", 2));
}

async fn memberships_are_replaced_and_listed(database: &Database) {
    let (acme, other) = organizations(database).await;
    let user = database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            memberships::set(session, &user, Some(&other.id), Rights::Read)?;
            memberships::set(session, &user, Some(&acme.id), Rights::Read)?;
            memberships::set(session, &user, Some(&acme.id), Rights::Publish)?;
            memberships::set(session, &user, None, Rights::Read)?;
            Ok(user)
        })
        .await;

    let known = database.read(move |session| memberships::list_of(session, &[&user])).await;

    let shown: Vec<_> = known.iter().map(|it| (it.organization.as_deref(), it.rights)).collect();
    assert_eq!(shown, [(None, Rights::Read), (Some("acme"), Rights::Publish), (Some("other"), Rights::Read)]);
}

async fn uses_are_noted_once_a_minute(database: &Database) {
    let id = database
        .write(|session| {
            let user = person(session, "jdoe")?;
            tokens::insert_for_user(session, &user, &token(Rights::Admin, "h1"))
        })
        .await;
    let last_use = || {
        let id = id.clone();
        async { database.read(move |session| tokens::load(session, &id)).await.last_used_at }
    };
    assert_eq!(last_use().await, None);
    let used = vec![id.to_string()];

    database
        .write({
            let used = used.clone();
            move |session| tokens::note_uses(session, &used)
        })
        .await;
    let first = last_use().await.unwrap();
    database.execute(&format!("UPDATE tokens SET last_used_at = {}", first - 59_000));
    database
        .write({
            let used = used.clone();
            move |session| tokens::note_uses(session, &used)
        })
        .await;
    assert_eq!(last_use().await, Some(first - 59_000));
    database.execute(&format!("UPDATE tokens SET last_used_at = {}", first - 61_000));
    database.write(move |session| tokens::note_uses(session, &used)).await;
    assert!(last_use().await.unwrap() >= first);
}

async fn organizations_are_found_in_order(database: &Database) {
    organizations(database).await;
    let names = ["OTHER", "nobody", "acme"].map(str::to_owned);

    let found = database.read(move |session| scopes::find_organizations(session, &names)).await;

    let names: Vec<_> = found.iter().map(|scope| scope.as_ref().map(|scope| scope.name.as_str())).collect();
    assert_eq!(names, [Some("other"), None, Some("acme")]);
}
