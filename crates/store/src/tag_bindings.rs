//! Keys and values that owners put on modules and versions (wire-spec 6.5).

use std::collections::HashMap;

use diesel::{ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use domain::{Error, Id, Version, kinds};

use crate::{
    Connection,
    dialect::on_each,
    error::During,
    row::Parsed,
    schema::{module_versions, tag_bindings},
};

/// A key, once for each owner, and its value.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = tag_bindings)]
pub struct TagBinding {
    #[diesel(deserialize_as = Parsed<Id<kinds::TagBinding>>)]
    pub id: Id<kinds::TagBinding>,
    pub key: String,
    pub value: String,
}

/// What tags are on.
#[derive(Debug, Clone, Copy)]
pub enum Tagged<'a> {
    Module(&'a Id<kinds::Module>),
    Version(&'a Id<kinds::ModuleVersion>),
}

impl Tagged<'_> {
    fn columns(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Module(id) => (Some(id.to_string()), None),
            Self::Version(id) => (None, Some(id.to_string())),
        }
    }
}

/// By key.
pub fn list(session: &mut Connection, tagged: Tagged<'_>) -> Result<Vec<TagBinding>, Error> {
    let query = tag_bindings::table.order(tag_bindings::key).select(TagBinding::as_select()).into_boxed();
    let of_owner = match tagged {
        Tagged::Module(id) => query.filter(tag_bindings::module_id.eq(id.to_string())),
        Tagged::Version(id) => query.filter(tag_bindings::version_id.eq(id.to_string())),
    };
    of_owner.load(&mut session.db).during("listing tags")
}

/// Those of all versions of several modules in one query, by module and number; each list by key.
pub fn list_of_versions(
    session: &mut Connection,
    modules: &[String],
) -> Result<HashMap<String, HashMap<Version, Vec<TagBinding>>>, Error> {
    let rows: Vec<(String, String, TagBinding)> = tag_bindings::table
        .inner_join(module_versions::table)
        .filter(module_versions::module_id.eq_any(modules))
        .order(tag_bindings::key)
        .select((module_versions::module_id, module_versions::version, TagBinding::as_select()))
        .load(&mut session.db)
        .during("listing the tags of versions")?;
    let mut by_module: HashMap<String, HashMap<Version, Vec<TagBinding>>> = HashMap::new();
    for (module, version, tag) in rows {
        by_module.entry(module).or_default().entry(version.parse()?).or_default().push(tag);
    }
    Ok(by_module)
}

/// From now on exactly these (key, value), each key once. What was there already keeps its id. True if something changed.
pub fn set(session: &mut Connection, tagged: Tagged<'_>, wanted: &[(String, String)]) -> Result<bool, Error> {
    let present = list(session, tagged)?;
    let is_wanted = |tag: &TagBinding| wanted.iter().any(|(key, value)| *key == tag.key && *value == tag.value);
    let (kept, gone): (Vec<TagBinding>, Vec<TagBinding>) = present.into_iter().partition(is_wanted);
    let gone: Vec<String> = gone.iter().map(|tag| tag.id.to_string()).collect();
    if !gone.is_empty() {
        diesel::delete(tag_bindings::table.filter(tag_bindings::id.eq_any(&gone)))
            .execute(&mut session.db)
            .during("removing tags")?;
    }
    let (module, version) = tagged.columns();
    let new: Vec<_> = wanted
        .iter()
        .filter(|(key, _)| !kept.iter().any(|tag| tag.key == *key))
        .map(|(key, value)| {
            (
                tag_bindings::id.eq(Id::<kinds::TagBinding>::random().to_string()),
                tag_bindings::module_id.eq(module.clone()),
                tag_bindings::version_id.eq(version.clone()),
                tag_bindings::key.eq(key),
                tag_bindings::value.eq(value),
            )
        })
        .collect();
    if !new.is_empty() {
        on_each!(session, c => diesel::insert_into(tag_bindings::table).values(&new).execute(c))
            .during("saving tags")?;
    }
    Ok(!gone.is_empty() || !new.is_empty())
}
