//! Connections to Git hosts.

mod change;

pub use change::{Changes, delete, delete_token, lock, update};

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use domain::{Error, Id, kinds};

use crate::{Connection as Session, dialect::now, error::During, row::Parsed, schema::connections};

/// A connection as it stands. The secret stays sealed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Connection {
    #[diesel(deserialize_as = Parsed<Id<kinds::Connection>>)]
    pub id: Id<kinds::Connection>,
    #[diesel(deserialize_as = Parsed<Id<kinds::Scope>>)]
    pub scope_id: Id<kinds::Scope>,
    pub kind: String,
    pub name: Option<String>,
    pub http_url: String,
    pub api_url: String,
    pub client_key: Option<String>,
    pub secret_sealed: Option<String>,
    pub organization_scoped: bool,
    pub created_at: i64,
    /// Its owner took the token away, and gave it no other one yet.
    pub token_deleted_at: Option<i64>,
    pub rsa_public_key: Option<String>,
}

impl Connection {
    /// The id of its one token; `None` while that is deleted. A server that needs no token has one all the same.
    pub fn token_id(&self) -> Option<Id<kinds::ConnectionToken>> {
        self.token_deleted_at.is_none().then(|| self.id.face())
    }
}

/// What a new connection needs. The id comes from the caller, because the sealed secret is bound to it.
#[derive(Debug)]
pub struct NewConnection<'a> {
    pub id: &'a Id<kinds::Connection>,
    pub scope: &'a Id<kinds::Scope>,
    pub kind: &'a str,
    pub name: Option<&'a str>,
    pub http_url: &'a str,
    pub api_url: &'a str,
    pub client_key: Option<&'a str>,
    pub secret_sealed: Option<&'a str>,
    pub organization_scoped: bool,
}

/// The place to which the sealed secret of a connection is bound, for `SealKeys`.
pub fn secret_binding(id: &Id<kinds::Connection>) -> String {
    format!("connections|{id}|secret_sealed")
}

/// Saves a connection.
pub fn insert(session: &mut Session, new: &NewConnection<'_>) -> Result<Connection, Error> {
    let now = now(session)?;
    diesel::insert_into(connections::table)
        .values((
            connections::id.eq(new.id.as_str()),
            connections::scope_id.eq(new.scope.as_str()),
            connections::kind.eq(new.kind),
            connections::name.eq(new.name),
            connections::http_url.eq(new.http_url),
            connections::api_url.eq(new.api_url),
            connections::client_key.eq(new.client_key),
            connections::secret_sealed.eq(new.secret_sealed),
            connections::organization_scoped.eq(new.organization_scoped),
            connections::created_at.eq(now),
            connections::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .during("saving a connection")?;
    load(session, new.id)
}

/// By id, whoever asks: callers check the scope.
pub fn load(session: &mut Session, id: &Id<kinds::Connection>) -> Result<Connection, Error> {
    connections::table
        .find(id.as_str())
        .select(Connection::as_select())
        .first(&mut session.db)
        .optional()
        .during("reading a connection")?
        .ok_or_else(|| Error::not_found("OAuth client"))
}

/// The same, by whoever names its token: one that was deleted does not exist.
pub fn load_with_token(session: &mut Session, id: &Id<kinds::Connection>) -> Result<Connection, Error> {
    let connection = load(session, id)?;
    if connection.token_id().is_none() {
        return Err(Error::not_found("OAuth token"));
    }
    Ok(connection)
}

/// Those of one scope, oldest first; with the total number before paging.
pub fn list(
    session: &mut Session,
    scope: &Id<kinds::Scope>,
    page: (i64, i64),
) -> Result<(Vec<Connection>, i64), Error> {
    let (offset, limit) = page;
    let of_scope = || connections::table.filter(connections::scope_id.eq(scope.to_string()));
    let total = of_scope().count().get_result(&mut session.db).during("counting connections")?;
    let rows = of_scope()
        .order((connections::created_at, connections::id))
        .offset(offset)
        .limit(limit)
        .select(Connection::as_select())
        .load(&mut session.db)
        .during("listing connections")?;
    Ok((rows, total))
}

/// Those of one scope that have a token, oldest first, if asked for of one kind of host alone; with the total number before
/// paging.
pub fn list_with_token(
    session: &mut Session,
    scope: &Id<kinds::Scope>,
    kind: Option<&str>,
    page: (i64, i64),
) -> Result<(Vec<Connection>, i64), Error> {
    let (offset, limit) = page;
    let query = || {
        let mut query = connections::table
            .filter(connections::scope_id.eq(scope.to_string()))
            .filter(connections::token_deleted_at.is_null())
            .into_boxed();
        if let Some(kind) = kind {
            query = query.filter(connections::kind.eq(kind.to_owned()));
        }
        query
    };
    let total = query().count().get_result(&mut session.db).during("counting the tokens of connections")?;
    let rows = query()
        .order((connections::created_at, connections::id))
        .offset(offset)
        .limit(limit)
        .select(Connection::as_select())
        .load(&mut session.db)
        .during("listing the tokens of connections")?;
    Ok((rows, total))
}

/// Every sealed secret, with the connection that it belongs to.
pub fn list_sealed(session: &mut Session) -> Result<Vec<(Id<kinds::Connection>, String)>, Error> {
    let rows: Vec<(String, Option<String>)> = connections::table
        .filter(connections::secret_sealed.is_not_null())
        .order(connections::id)
        .select((connections::id, connections::secret_sealed))
        .load(&mut session.db)
        .during("listing the secrets of connections")?;
    rows.into_iter().filter_map(|(id, sealed)| sealed.map(|sealed| Ok((id.parse()?, sealed)))).collect()
}

/// Those of one kind that have a token, of all scopes, oldest first.
pub fn list_of_kind(session: &mut Session, kind: &str) -> Result<Vec<Connection>, Error> {
    connections::table
        .filter(connections::kind.eq(kind))
        .filter(connections::token_deleted_at.is_null())
        .order((connections::created_at, connections::id))
        .select(Connection::as_select())
        .load(&mut session.db)
        .during("listing connections of a kind")
}

/// Replaces a sealed secret unless it is another one by now; the number of rows changed.
pub fn replace_sealed(
    session: &mut Session,
    id: &Id<kinds::Connection>,
    known: &str,
    anew: &str,
) -> Result<usize, Error> {
    diesel::update(connections::table.find(id.as_str()).filter(connections::secret_sealed.eq(known)))
        .set(connections::secret_sealed.eq(anew))
        .execute(&mut session.db)
        .during("sealing the secret of a connection anew")
}
