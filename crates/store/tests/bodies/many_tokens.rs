//! Lists of tokens, and how many there may be.

use domain::{Error, Rights};
use store::{
    Connection,
    tokens::{self, NewToken},
};

use super::{
    access::{organizations, person, token},
    database::Database,
};

for_each_database! { lists_show_what_is_not_revoked expired_tokens_come_last one_too_many_good_tokens_is_refused }

async fn lists_show_what_is_not_revoked(database: &Database) {
    let (acme, other) = organizations(database).await;
    let (of, reach) = (acme.clone(), [acme.id.clone(), other.id.clone()]);
    let user = database
        .write(move |session| {
            let user = person(session, "jdoe")?;
            let gone = tokens::insert_for_user(session, &user, &token(Rights::Read, "gone"))?;
            tokens::revoke(session, &gone)?;
            tokens::insert_for_user(session, &user, &NewToken { scopes: Some(&reach), ..token(Rights::Read, "here") })?;
            tokens::insert_for_organization(session, &of, &user, &token(Rights::Read, "service"))?;
            tokens::replace_of_organization(session, &of, &user, &token(Rights::Admin, "organization"))?;
            Ok(user)
        })
        .await;

    let (found, total) = database.read(move |session| tokens::list_of_user(session, &user, (0, 10))).await;
    assert_eq!((found.len(), total), (1, 1));
    let id = found[0].id.clone();
    let reach = database.read(move |session| tokens::list_reach(session, &[&id])).await;
    assert_eq!(reach.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["acme", "other"]);

    let (found, total) = database.read(move |session| tokens::list_of_organization(session, &acme.id, (0, 10))).await;
    assert_eq!((found[0].kind.as_str(), total), (tokens::SERVICE, 1));
}

async fn expired_tokens_come_last(database: &Database) {
    let fill = move |session: &mut Connection| {
        let user = person(session, "jdoe")?;
        tokens::insert_for_user(session, &user, &token(Rights::Read, "good"))?;
        for number in 0..3 {
            let label = format!("expired {number}");
            let expired = NewToken { expires_at: Some(1), ..token(Rights::Read, &label) };
            tokens::insert_for_user(session, &user, &expired)?;
        }
        Ok(user)
    };
    let user = database.write(fill).await;

    let (found, total) = database.read(move |session| tokens::list_of_user(session, &user, (0, 2))).await;
    assert_eq!((found[0].expires_at, found.len(), total), (None, 2, 4));
}

async fn one_too_many_good_tokens_is_refused(database: &Database) {
    let (acme, _) = organizations(database).await;
    let of = acme.clone();
    let fill = move |session: &mut Connection| {
        let user = person(session, "jdoe")?;
        let gone = tokens::insert_for_user(session, &user, &token(Rights::Read, "gone"))?;
        tokens::revoke(session, &gone)?;
        let expired = NewToken { expires_at: Some(1), ..token(Rights::Read, "expired") };
        tokens::insert_for_user(session, &user, &expired)?;
        for number in 0..tokens::MOST {
            tokens::insert_for_user(session, &user, &token(Rights::Read, &format!("of jdoe {number}")))?;
            tokens::insert_for_organization(session, &of, &user, &token(Rights::Read, &format!("of acme {number}")))?;
        }
        tokens::replace_of_organization(session, &of, &user, &token(Rights::Read, "the one"))?;
        Ok(user)
    };
    let user = database.write(fill).await;

    let (of, maker) = (acme.clone(), user.clone());
    let more = move |session: &mut Connection| {
        tokens::insert_for_organization(session, &of, &maker, &token(Rights::Read, "more")).map(drop)
    };
    let of_user =
        move |session: &mut Connection| tokens::insert_for_user(session, &user, &token(Rights::Read, "more")).map(drop);
    for refused in [database.store.write(more).await, database.store.write(of_user).await] {
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
}
