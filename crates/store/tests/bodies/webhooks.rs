//! Deliveries of webhooks are remembered once, in bounds, and for 30 days.

use domain::{Id, kinds};
use store::webhooks::{self, NewDelivery};

use super::{
    database::Database,
    fixtures::{repository, scope},
};

for_each_database! { a_delivery_is_remembered_once useless_deliveries_are_bounded old_deliveries_are_forgotten
a_secret_is_replaced_only_if_it_is_the_one_that_was_read }

/// Of the repository of the fixtures.
const UUID: &str = "hook-1";

async fn hooked(database: &Database) -> Id<kinds::Repository> {
    let make = |session: &mut store::Connection| {
        let acme = scope(session, "acme")?;
        repository(session, &acme.id, "a/b").map(|it| it.id)
    };
    database.write(make).await
}

fn delivery(id: Option<&'static str>) -> NewDelivery<'static> {
    NewDelivery { delivery_id: id, event: "push", outcome: webhooks::SYNC, message: "" }
}

async fn a_delivery_is_remembered_once(database: &Database) {
    let id = hooked(database).await;
    let (hook, kind, _) = database.read(|session| webhooks::find(session, UUID)).await.unwrap();
    assert_eq!((&hook.repository.id, kind.as_str(), hook.secret_sealed), (&id, "git", None));
    let of = id.clone();
    let insert = move |session: &mut store::Connection| {
        [Some("1"), Some("1"), None, None].iter().map(|it| webhooks::insert(session, &of, &delivery(*it))).collect()
    };

    let fresh: Vec<bool> = database.write(insert).await;

    assert_eq!(fresh, [true, false, true, true]);
    let (rows, total) = database.read(move |session| webhooks::list(session, id.as_str(), (0, 2))).await;
    assert_eq!((rows.len(), total), (2, 3));
}

async fn useless_deliveries_are_bounded(database: &Database) {
    let id = hooked(database).await;
    let (of, asked) = (id.clone(), id.clone());
    let refuse = move |session: &mut store::Connection| {
        let refused = NewDelivery { outcome: webhooks::REFUSED, ..delivery(None) };
        (0..20).try_for_each(|_| {
            assert!(webhooks::has_room(session, &of, webhooks::REFUSED)?);
            webhooks::insert(session, &of, &refused).map(drop)
        })
    };

    database.write(refuse).await;

    assert!(!database.read(move |session| webhooks::has_room(session, &asked, webhooks::REFUSED)).await);
    assert!(database.read(move |session| webhooks::has_room(session, &id, webhooks::MALFORMED)).await);
}

async fn old_deliveries_are_forgotten(database: &Database) {
    let id = hooked(database).await;
    let insert = move |session: &mut store::Connection| {
        webhooks::insert(session, &id, &delivery(Some("old")))?;
        webhooks::insert(session, &id, &delivery(Some("new")))
    };
    database.write(insert).await;
    database.execute(
        "UPDATE webhook_deliveries SET received_at = received_at - 2592000000 - 60000 WHERE delivery_id = 'old'",
    );

    assert!(!database.write(webhooks::sweep).await, "there is no more");

    assert_eq!(database.lines("SELECT delivery_id AS line FROM webhook_deliveries"), ["new"]);
}

async fn a_secret_is_replaced_only_if_it_is_the_one_that_was_read(database: &Database) {
    let id = hooked(database).await;
    let replace = move |session: &mut store::Connection| {
        webhooks::set_secret(session, &id, "one")?;
        let missed = webhooks::replace_sealed(session, &id, "other", "two")?;
        let replaced = webhooks::replace_sealed(session, &id, "one", "three")?;
        Ok((missed, replaced, webhooks::list_sealed(session)?))
    };

    let (missed, replaced, sealed) = database.write(replace).await;

    assert_eq!((missed, replaced, sealed[0].1.as_str()), (0, 1, "three"));
}
