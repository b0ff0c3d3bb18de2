//! What belongs to connections for the Scalr API alone: which environments may use one, and attributes that are only kept.

use std::collections::HashMap;

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, dsl::exists};
use domain::{Error, Id, kinds};

use crate::{
    Connection as Session,
    connections::Connection,
    dialect::on_each,
    error::During,
    schema::{connection_settings, connection_shares},
    scopes::{self, INSTALLATION, Scope},
};

/// Connection and environment of each share of these connections, in no particular order.
pub fn list(session: &mut Session, connections: &[String]) -> Result<Vec<(String, String)>, Error> {
    connection_shares::table
        .filter(connection_shares::connection_id.eq_any(connections))
        .order((connection_shares::connection_id, connection_shares::scope_id))
        .select((connection_shares::connection_id, connection_shares::scope_id))
        .load(&mut session.db)
        .during("listing who may use connections")
}

/// The environments that may use a connection, instead of those that might before.
pub fn set(
    session: &mut Session,
    connection: &Id<kinds::Connection>,
    scopes: &[Id<kinds::Scope>],
) -> Result<(), Error> {
    diesel::delete(connection_shares::table.filter(connection_shares::connection_id.eq(connection.as_str())))
        .execute(&mut session.db)
        .during("taking a connection from environments")?;
    let rows: Vec<_> = scopes
        .iter()
        .map(|scope| {
            (connection_shares::connection_id.eq(connection.as_str()), connection_shares::scope_id.eq(scope.as_str()))
        })
        .collect();
    on_each!(session, c => diesel::insert_into(connection_shares::table).values(&rows).on_conflict_do_nothing().execute(c))
        .map(drop)
        .during("giving a connection to environments")
}

/// Whether modules of `scope` may come through a connection: one of its own, one that its account or the installation opened
/// for everybody in it, or one that was given to it.
pub fn is_usable(session: &mut Session, connection: &Connection, scope: &Scope) -> Result<bool, Error> {
    if connection.scope_id == scope.id {
        return Ok(true);
    }
    if connection.organization_scoped {
        let is_within = scope.parent_id.as_deref() == Some(connection.scope_id.as_str());
        let owner = scopes::load(session, &connection.scope_id)?;
        if is_within || owner.kind == INSTALLATION {
            return Ok(true);
        }
    }
    let is_it = connection_shares::connection_id
        .eq(connection.id.as_str())
        .and(connection_shares::scope_id.eq(scope.id.as_str()));
    diesel::select(exists(connection_shares::table.filter(is_it)))
        .get_result(&mut session.db)
        .during("looking up who may use a connection")
}

/// JSON objects of attributes, by connection.
pub fn list_settings(session: &mut Session, connections: &[String]) -> Result<HashMap<String, String>, Error> {
    let rows: Vec<(String, String)> = connection_settings::table
        .filter(connection_settings::connection_id.eq_any(connections))
        .select((connection_settings::connection_id, connection_settings::settings))
        .load(&mut session.db)
        .during("reading the settings of connections")?;
    Ok(rows.into_iter().collect())
}

/// Keeps a JSON object of attributes.
pub fn set_settings(session: &mut Session, connection: &Id<kinds::Connection>, settings: &str) -> Result<(), Error> {
    on_each!(session, c => diesel::insert_into(connection_settings::table)
        .values((
            connection_settings::connection_id.eq(connection.as_str()),
            connection_settings::settings.eq(settings),
        ))
        .on_conflict(connection_settings::connection_id)
        .do_update()
        .set(connection_settings::settings.eq(settings))
        .execute(c))
    .map(drop)
    .during("keeping the settings of a connection")
}
