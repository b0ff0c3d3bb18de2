//! What hosts tell of repositories: the secret by which they are known, and the log of their deliveries.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
};
use domain::{Error, Id, kinds};

use crate::{
    Connection,
    dialect::{now, on_each},
    error::During,
    repositories::Repository,
    row::Parsed,
    schema::{connections, repositories, webhook_deliveries},
};

/// A look at the tags was queued.
pub const SYNC: &str = "sync";
/// It says nothing about tags of this repository.
pub const IGNORED: &str = "ignored";
/// It is from the host, and not in a form that is known.
pub const MALFORMED: &str = "malformed";
/// Nobody knows whom it is from.
pub const REFUSED: &str = "refused";

/// Whom a delivery is for.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = repositories)]
pub struct Hook {
    #[diesel(embed)]
    pub repository: Repository,
    /// Sealed, bound to [`secret_binding`]; without one nothing is believed.
    #[diesel(column_name = webhook_secret_sealed)]
    pub secret_sealed: Option<String>,
}

/// A delivery as it is remembered.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub struct Delivery {
    #[diesel(deserialize_as = Parsed<Id<kinds::Delivery>>)]
    pub id: Id<kinds::Delivery>,
    /// The host's name for it, if it was of use.
    pub delivery_id: Option<String>,
    /// What happened, as the host calls it.
    pub event: String,
    /// [`SYNC`], [`IGNORED`], [`MALFORMED`] or [`REFUSED`].
    pub outcome: String,
    /// Why, for the owners; empty where there is nothing to say.
    pub message: String,
    pub received_at: i64,
}

/// What is remembered of a new delivery.
#[derive(Debug, Clone, Copy)]
pub struct NewDelivery<'a> {
    pub delivery_id: Option<&'a str>,
    pub event: &'a str,
    pub outcome: &'a str,
    pub message: &'a str,
}

/// The place to which the sealed secret of a repository is bound, for `SealKeys`.
pub fn secret_binding(id: &Id<kinds::Repository>) -> String {
    format!("repositories|{id}|webhook_secret_sealed")
}

/// The repository whose address this is, with the kind and the scope of its connection.
pub fn find(session: &mut Connection, uuid: &str) -> Result<Option<(Hook, String, String)>, Error> {
    repositories::table
        .inner_join(connections::table)
        .filter(repositories::webhook_uuid.eq(uuid))
        .select((Hook::as_select(), connections::kind, connections::scope_id))
        .first(&mut session.db)
        .optional()
        .during("looking up a webhook")
}

/// From now on deliveries are believed that know this secret, and no others.
pub fn set_secret(session: &mut Connection, id: &Id<kinds::Repository>, sealed: &str) -> Result<(), Error> {
    diesel::update(repositories::table.find(id.as_str()))
        .set(repositories::webhook_secret_sealed.eq(sealed))
        .execute(&mut session.db)
        .map(drop)
        .during("saving the secret of a webhook")
}

/// The same for a repository that has none yet; `false` if it has.
pub fn set_first_secret(session: &mut Connection, id: &Id<kinds::Repository>, sealed: &str) -> Result<bool, Error> {
    let unset = repositories::table.find(id.as_str()).filter(repositories::webhook_secret_sealed.is_null());
    let changed = diesel::update(unset)
        .set(repositories::webhook_secret_sealed.eq(sealed))
        .execute(&mut session.db)
        .during("saving the secret of a webhook")?;
    Ok(changed > 0)
}

/// The sealed secret of a repository.
pub fn find_secret(session: &mut Connection, id: &Id<kinds::Repository>) -> Result<Option<String>, Error> {
    repositories::table
        .find(id.as_str())
        .select(repositories::webhook_secret_sealed)
        .first(&mut session.db)
        .optional()
        .map(Option::flatten)
        .during("reading the secret of a webhook")
}

/// Every secret, for sealing anew; in the order in which repositories are locked.
pub fn list_sealed(session: &mut Connection) -> Result<Vec<(Id<kinds::Repository>, String)>, Error> {
    let rows: Vec<(String, Option<String>)> = repositories::table
        .filter(repositories::webhook_secret_sealed.is_not_null())
        .order(repositories::id)
        .select((repositories::id, repositories::webhook_secret_sealed))
        .load(&mut session.db)
        .during("listing the secrets of webhooks")?;
    let rows = rows.into_iter().filter_map(|(id, sealed)| Some((id, sealed?)));
    rows.map(|(id, sealed)| Ok((id.parse()?, sealed))).collect()
}

/// Puts the same secret there, sealed anew, unless somebody changed it meanwhile; how many rows that were.
pub fn replace_sealed(
    session: &mut Connection,
    id: &Id<kinds::Repository>,
    before: &str,
    after: &str,
) -> Result<usize, Error> {
    diesel::update(repositories::table.find(id.as_str()).filter(repositories::webhook_secret_sealed.eq(before)))
        .set(repositories::webhook_secret_sealed.eq(after))
        .execute(&mut session.db)
        .during("sealing the secret of a webhook anew")
}

/// Remembers a delivery; `false` if the host has sent it before.
pub fn insert(
    session: &mut Connection,
    repository: &Id<kinds::Repository>,
    new: &NewDelivery<'_>,
) -> Result<bool, Error> {
    let row = (
        webhook_deliveries::id.eq(Id::<kinds::Delivery>::random().to_string()),
        webhook_deliveries::repository_id.eq(repository.to_string()),
        webhook_deliveries::delivery_id.eq(new.delivery_id.map(str::to_owned)),
        webhook_deliveries::event.eq(new.event.to_owned()),
        webhook_deliveries::outcome.eq(new.outcome.to_owned()),
        webhook_deliveries::message.eq(new.message.to_owned()),
        webhook_deliveries::received_at.eq(now(session)?),
    );
    let inserted = on_each!(session, c => diesel::insert_into(webhook_deliveries::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))
    .during("remembering a delivery")?;
    Ok(inserted > 0)
}

/// Hosts may ask for a look at the tags of one repository so often, in milliseconds: in between lies at least one look for
/// all that came meanwhile.
const SPACING_MILLIS: i64 = 10_000;

/// How long the look that is asked for now has to wait, in milliseconds: not at all, unless one was asked for lately.
pub fn millis_to_wait(session: &mut Connection, repository: &Id<kinds::Repository>) -> Result<i64, Error> {
    let last: Option<i64> = webhook_deliveries::table
        .filter(webhook_deliveries::repository_id.eq(repository.as_str()))
        .filter(webhook_deliveries::outcome.eq(SYNC))
        .order(webhook_deliveries::received_at.desc())
        .select(webhook_deliveries::received_at)
        .first(&mut session.db)
        .optional()
        .during("looking for the last delivery")?;
    let now = now(session)?;
    Ok(last.map_or(0, |last| (last + SPACING_MILLIS - now).clamp(0, SPACING_MILLIS)))
}

/// So many useless deliveries of one outcome are remembered of a repository in an hour: there may be no end of them.
const MOST_USELESS: i64 = 20;
const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// Whether one more delivery with this outcome, which is of no use, is to be remembered.
pub fn has_room(session: &mut Connection, repository: &Id<kinds::Repository>, outcome: &str) -> Result<bool, Error> {
    let since = now(session)? - HOUR_MILLIS;
    let known: i64 = webhook_deliveries::table
        .filter(webhook_deliveries::repository_id.eq(repository.as_str()))
        .filter(webhook_deliveries::received_at.gt(since).and(webhook_deliveries::outcome.eq(outcome)))
        .count()
        .get_result(&mut session.db)
        .during("counting useless deliveries")?;
    Ok(known < MOST_USELESS)
}

/// Deliveries for a repository, newest first; with the total number before paging.
pub fn list(
    session: &mut Connection,
    repository: &str,
    (offset, limit): (i64, i64),
) -> Result<(Vec<Delivery>, i64), Error> {
    let known = || webhook_deliveries::table.filter(webhook_deliveries::repository_id.eq(repository.to_owned()));
    let total = known().count().get_result(&mut session.db).during("counting deliveries")?;
    let rows = known()
        .order((webhook_deliveries::received_at.desc(), webhook_deliveries::id))
        .offset(offset)
        .limit(limit)
        .select(Delivery::as_select())
        .load(&mut session.db)
        .during("listing deliveries")?;
    Ok((rows, total))
}

/// So long deliveries are remembered.
const KEPT_MILLIS: i64 = 30 * 24 * HOUR_MILLIS;
/// So many at once, so that nobody waits long for the database.
const BATCH: i64 = 500;

/// Forgets some of the deliveries that are older than 30 days; `true` if there may be more of them.
pub fn sweep(session: &mut Connection) -> Result<bool, Error> {
    let until = now(session)? - KEPT_MILLIS;
    let old: Vec<String> = webhook_deliveries::table
        .filter(webhook_deliveries::received_at.lt(until))
        .order(webhook_deliveries::received_at)
        .limit(BATCH)
        .select(webhook_deliveries::id)
        .load(&mut session.db)
        .during("looking for old deliveries")?;
    diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&old)))
        .execute(&mut session.db)
        .during("forgetting old deliveries")?;
    Ok(i64::try_from(old.len()).is_ok_and(|found| found == BATCH))
}
