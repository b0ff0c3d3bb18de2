//! Text columns that hold checked values: parsed while the row is read.

use std::str::FromStr;

use diesel::{backend::Backend, deserialize, deserialize::FromSql, deserialize::Queryable, sql_types::Text};
use domain::{
    Error, Id, IdKind, ModuleName, ModuleStatus, Namespace, Provider, Publishing, VanishedTags, Version, VersionStatus,
    WebhookState,
};

/// `#[diesel(deserialize_as = Parsed<T>)]`: a row that holds anything else is broken, and reading it fails.
pub struct Parsed<T>(T);

impl<DB, T> Queryable<Text, DB> for Parsed<T>
where
    DB: Backend,
    String: FromSql<Text, DB>,
    T: FromStr<Err = Error>,
{
    type Row = String;

    fn build(text: String) -> deserialize::Result<Self> {
        Ok(Self(text.parse()?))
    }
}

impl<K: IdKind> From<Parsed<Id<K>>> for Id<K> {
    fn from(parsed: Parsed<Id<K>>) -> Self {
        parsed.0
    }
}

macro_rules! from_parsed {
    ($($name:ident)*) => {$(
        impl From<Parsed<$name>> for $name {
            fn from(parsed: Parsed<$name>) -> Self {
                parsed.0
            }
        }
    )*};
}
from_parsed!(ModuleName ModuleStatus Namespace Provider Publishing VanishedTags Version VersionStatus WebhookState);
