//! Sessions of the pages, and codes of `terraform login`.

use domain::{Error, Id, kinds};
use store::{
    Connection,
    login_codes::{self, NewCode, Taken},
    sessions, tokens, users,
};

use super::database::Database;

for_each_database! { a_session_ends_after_twelve_hours_and_after_one_without_a_request
a_session_ends_with_its_user_and_by_itself a_code_is_good_for_a_minute of_many_that_take_a_code_one_gets_it
old_rows_go_with_the_next_ones }

const HASH: &str = "hash-of-a-secret";

async fn has_user(database: &Database) -> Id<kinds::User> {
    database.write(|session| users::find_or_insert(session, "jdoe")).await
}

async fn has_session(database: &Database) -> Id<kinds::User> {
    let user = has_user(database).await;
    let owner = user.clone();
    database.write(move |session| sessions::insert(session, &owner, HASH)).await;
    user
}

/// The time since which the session of [`HASH`] is there, and was seen, lies so far back.
fn let_pass(database: &Database, since_made: i64, since_seen: i64) {
    database.execute(&format!(
        "UPDATE sessions SET created_at = created_at - {since_made}, seen_at = seen_at - {since_seen}"
    ));
}

async fn find(database: &Database) -> Option<sessions::Session> {
    database.read(|session| sessions::find(session, HASH)).await
}

const MINUTE: i64 = 60_000;

async fn a_session_ends_after_twelve_hours_and_after_one_without_a_request(database: &Database) {
    has_session(database).await;
    let found = find(database).await.unwrap();
    assert_eq!((found.username.as_str(), found.is_stale), ("jdoe", false));

    let_pass(database, 59 * MINUTE, 59 * MINUTE);
    assert!(find(database).await.unwrap().is_stale);
    database.write(|session| sessions::touch(session, HASH)).await;
    assert!(!find(database).await.unwrap().is_stale);
    let_pass(database, 61 * MINUTE, 61 * MINUTE);
    assert_eq!(find(database).await, None, "nobody was there for an hour");

    database.write(|session| sessions::touch(session, HASH)).await;
    assert!(find(database).await.is_some());
    let_pass(database, 10 * 60 * MINUTE, 0);
    assert_eq!(find(database).await, None, "twelve hours are over");
}

async fn a_session_ends_with_its_user_and_by_itself(database: &Database) {
    let user = has_session(database).await;
    let (disabled, enabled) = (user.clone(), user.clone());
    database.write(move |session| users::set_disabled(session, &disabled, true)).await;
    assert_eq!(find(database).await, None);
    database.write(move |session| users::set_disabled(session, &enabled, false)).await;
    assert_eq!(find(database).await, None, "a stolen one must not come back with its user");

    database.write(move |session| sessions::insert(session, &user, HASH)).await;
    assert!(find(database).await.is_some());
    database.write(|session| sessions::delete(session, HASH)).await;
    assert_eq!(find(database).await, None);
    database.write(|session| sessions::delete(session, HASH)).await;

    let user = has_session(database).await;
    database.write(move |session| users::delete(session, &user)).await;
    assert_eq!(database.count("sessions"), 0);
}

fn insert_code(session: &mut Connection, user: &Id<kinds::User>, hash: &str) -> Result<(), Error> {
    let (client, redirect_uri) = ("terraform-cli", "http://localhost:10000/login");
    login_codes::insert(session, &NewCode { hash, user, client, redirect_uri, challenge: "c" })
}

async fn has_code(database: &Database) -> Id<kinds::User> {
    let user = has_user(database).await;
    let owner = user.clone();
    database.write(move |session| insert_code(session, &owner, HASH)).await;
    user
}

async fn take(database: &Database) -> Taken {
    database.write(|session| login_codes::take(session, HASH)).await
}

async fn a_code_is_good_for_a_minute(database: &Database) {
    let user = has_code(database).await;
    database.execute("UPDATE login_codes SET created_at = created_at - 55000");
    let Taken::Fresh(code) = take(database).await else { panic!("it was good") };
    assert_eq!((code.user, code.client.as_str(), code.challenge.as_str()), (user.clone(), "terraform-cli", "c"));
    assert_eq!(take(database).await, Taken::Used(None));
    let make = move |session: &mut Connection| {
        let token = tokens::insert(session, &user, None, domain::Rights::Read, "hash-of-a-token")?;
        login_codes::set_token(session, HASH, &token)?;
        Ok(token)
    };
    let token = database.write(make).await;
    assert_eq!(take(database).await, Taken::Used(Some(token)));

    database.execute("UPDATE login_codes SET used_at = NULL, created_at = created_at - 6000");
    assert_eq!(take(database).await, Taken::Missing);
    assert!(database.read(|session| login_codes::is_known(session, HASH)).await);
    assert!(!database.read(|session| login_codes::is_known(session, "another")).await);
    let other = database.write(|session| login_codes::take(session, "another")).await;
    assert_eq!(other, Taken::Missing);
}

async fn of_many_that_take_a_code_one_gets_it(database: &Database) {
    has_code(database).await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = database.store.clone();
        takers.spawn(async move { store.write(|session| login_codes::take(session, HASH)).await.unwrap() });
    }
    let taken = takers.join_all().await;
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Fresh(_))).count(), 1, "{taken:?}");
    assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Used(None))).count(), 7, "{taken:?}");
}

async fn old_rows_go_with_the_next_ones(database: &Database) {
    let user = has_session(database).await;
    has_code(database).await;
    database.execute("UPDATE sessions SET created_at = created_at - 12 * 60 * 60 * 1000");
    database.execute("UPDATE login_codes SET created_at = created_at - 25 * 60 * 60 * 1000");
    let next = move |session: &mut Connection| {
        sessions::insert(session, &user, "next")?;
        insert_code(session, &user, "next")
    };
    database.write(next).await;
    assert_eq!((database.count("sessions"), database.count("login_codes")), (1, 1));
}
