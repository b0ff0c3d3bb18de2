//! Documentation and READMEs, once per distinct content, and the parts of versions that refer to them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    dsl::{exists, not, sql},
    sql_types::BigInt,
};
use domain::Error;

use crate::{
    Connection,
    dialect::on_each,
    error::During,
    schema::{documents, version_parts},
};

/// A statement may have 32,766 variables on SQLite, and 65,535 on PostgreSQL.
const ROWS_TOGETHER: usize = 1_000;

/// Values in one list of a statement: both databases limit the variables of one.
const MOST_AT_ONCE: usize = 10_000;

/// Characters of documentation that are read at once, of more than one version.
pub const MOST_TEXT: i64 = 16 * 1024 * 1024;

/// The kind of the part that a version is installed from.
const ROOT: &str = "root";

/// A body of text and the SHA-256 of it, in hexadecimal.
#[derive(Debug, Clone)]
pub struct Document {
    pub digest: String,
    /// `None`: known to be stored.
    pub body: Option<std::sync::Arc<str>>,
}

/// One documented directory of a version.
#[derive(Debug, Clone)]
pub struct NewPart {
    pub path: String,
    /// `root`, `submodule` or `example`.
    pub kind: &'static str,
    pub docs: Document,
    pub readme: Option<Document>,
}

/// A part as it is stored, with its texts.
#[derive(Debug, Clone)]
pub struct StoredPart {
    pub path: String,
    pub kind: String,
    pub docs: String,
    pub readme: Option<String>,
}

/// Replaces the parts of a version. Texts that are there already are not written again.
pub fn set_parts(session: &mut Connection, version: &str, parts: &[NewPart]) -> Result<(), Error> {
    insert_missing(session, parts)?;
    diesel::delete(version_parts::table.filter(version_parts::version_id.eq(version)))
        .execute(&mut session.db)
        .during("replacing the parts of a version")?;
    let rows: Vec<_> = parts
        .iter()
        .map(|part| {
            (
                version_parts::version_id.eq(version),
                version_parts::path.eq(&part.path),
                version_parts::kind.eq(part.kind),
                version_parts::docs_digest.eq(&part.docs.digest),
                version_parts::readme_digest.eq(part.readme.as_ref().map(|readme| &readme.digest)),
            )
        })
        .collect();
    for rows in rows.chunks(ROWS_TOGETHER) {
        on_each!(session, c => diesel::insert_into(version_parts::table).values(rows).execute(c))
            .during("saving the parts of a version")?;
    }
    Ok(())
}

fn insert_missing(session: &mut Connection, parts: &[NewPart]) -> Result<(), Error> {
    let mut bodies: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for document in parts.iter().flat_map(|part| std::iter::once(&part.docs).chain(&part.readme)) {
        bodies.insert(&document.digest, document.body.as_deref());
    }
    let missing = list_missing(session, bodies.keys().map(|digest| (*digest).to_owned()).collect())?;
    let mut rows = Vec::with_capacity(missing.len());
    for digest in &missing {
        // Deleted with the last version that had it, since the caller looked.
        let Some(Some(body)) = bodies.get(digest.as_str()) else {
            return Err(Error::unavailable("saving documents", "a document that was stored is gone"));
        };
        rows.push((documents::digest.eq(digest), documents::body.eq(*body)));
    }
    for rows in rows.chunks(ROWS_TOGETHER) {
        on_each!(session, c => diesel::insert_into(documents::table).values(rows).on_conflict_do_nothing().execute(c))
            .during("saving documents")?;
    }
    Ok(())
}

/// Those of `digests` that are not stored.
pub fn list_missing(session: &mut Connection, mut digests: BTreeSet<String>) -> Result<Vec<String>, Error> {
    let known: Vec<String> = documents::table
        .filter(documents::digest.eq_any(&digests))
        .select(documents::digest)
        .load(&mut session.db)
        .during("looking for known documents")?;
    for digest in known {
        digests.remove(&digest);
    }
    Ok(digests.into_iter().collect())
}

/// The parts of a version: root first, then by path.
pub fn list_parts(session: &mut Connection, version: &str) -> Result<Vec<StoredPart>, Error> {
    let rows: Vec<(String, String, String, Option<String>)> = version_parts::table
        .filter(version_parts::version_id.eq(version))
        .order(version_parts::path)
        .select((version_parts::path, version_parts::kind, version_parts::docs_digest, version_parts::readme_digest))
        .load(&mut session.db)
        .during("listing the parts of a version")?;
    let digests: BTreeSet<&str> =
        rows.iter().flat_map(|row| std::iter::once(row.2.as_str()).chain(row.3.as_deref())).collect();
    let bodies = read_bodies(session, &digests)?;
    let body = |digest: &str| bodies.get(digest).cloned();
    Ok(rows
        .into_iter()
        .map(|(path, kind, docs, readme)| StoredPart {
            path,
            kind,
            docs: body(&docs).unwrap_or_default(),
            readme: readme.and_then(|digest| body(&digest)),
        })
        .collect())
}

/// The roots of several versions, by version, in three queries. One that was not read yet has none, and neither has what
/// comes after the first [`MOST_TEXT`], in the order of `versions`: nobody can read so much, and it has to fit into memory.
pub fn list_roots(session: &mut Connection, versions: &[String]) -> Result<BTreeMap<String, StoredPart>, Error> {
    let rows: Vec<RootRow> = version_parts::table
        .filter(version_parts::version_id.eq_any(versions))
        .filter(version_parts::kind.eq(ROOT))
        .select((
            version_parts::version_id,
            version_parts::path,
            version_parts::docs_digest,
            version_parts::readme_digest,
        ))
        .load(&mut session.db)
        .during("listing the roots of versions")?;
    let rows = first_ones(session, versions, rows)?;
    let digests: BTreeSet<&str> =
        rows.iter().flat_map(|row| std::iter::once(row.2.as_str()).chain(row.3.as_deref())).collect();
    let bodies = read_bodies(session, &digests)?;
    let body = |digest: &str| bodies.get(digest).cloned();
    let part = |(version, path, docs, readme): (String, String, String, Option<String>)| {
        let docs = body(&docs).unwrap_or_default();
        let readme = readme.and_then(|digest| body(&digest));
        (version, StoredPart { path, kind: ROOT.to_owned(), docs, readme })
    };
    Ok(rows.into_iter().map(part).collect())
}

/// Version, path, and the digests of docs and README.
type RootRow = (String, String, String, Option<String>);

/// As many as fit, but one at least.
fn first_ones(session: &mut Connection, versions: &[String], rows: Vec<RootRow>) -> Result<Vec<RootRow>, Error> {
    let digests: BTreeSet<&str> =
        rows.iter().flat_map(|row| std::iter::once(row.2.as_str()).chain(row.3.as_deref())).collect();
    let lengths: BTreeMap<String, i64> = documents::table
        .filter(documents::digest.eq_any(digests))
        .select((documents::digest, sql::<BigInt>("CAST(length(documents.body) AS BIGINT)")))
        .load::<(String, i64)>(&mut session.db)
        .during("measuring documents")?
        .into_iter()
        .collect();
    let length = |digest: &str| lengths.get(digest).copied().unwrap_or_default();
    let mut by_version: BTreeMap<String, RootRow> = rows.into_iter().map(|row| (row.0.clone(), row)).collect();
    let (mut found, mut together) = (Vec::new(), 0);
    for row in versions.iter().filter_map(|version| by_version.remove(version)) {
        together += length(&row.2) + row.3.as_deref().map(length).unwrap_or_default();
        if together > MOST_TEXT && !found.is_empty() {
            break;
        }
        found.push(row);
    }
    Ok(found)
}

fn read_bodies(session: &mut Connection, digests: &BTreeSet<&str>) -> Result<BTreeMap<String, String>, Error> {
    let rows: Vec<(String, String)> = documents::table
        .filter(documents::digest.eq_any(digests))
        .select((documents::digest, documents::body))
        .load(&mut session.db)
        .during("reading documents")?;
    Ok(rows.into_iter().collect())
}

/// The documents that these versions refer to.
pub(crate) fn list_digests(session: &mut Connection, versions: &[String]) -> Result<BTreeSet<String>, Error> {
    let rows: Vec<(String, Option<String>)> = version_parts::table
        .filter(version_parts::version_id.eq_any(versions))
        .select((version_parts::docs_digest, version_parts::readme_digest))
        .load(&mut session.db)
        .during("listing documents")?;
    Ok(rows.into_iter().flat_map(|(docs, readme)| std::iter::once(docs).chain(readme)).collect())
}

/// Deletes those of `digests` that no version refers to any more.
pub(crate) fn delete_unused(session: &mut Connection, digests: &BTreeSet<String>) -> Result<(), Error> {
    let parts = || version_parts::table.select(version_parts::version_id);
    let digests: Vec<&String> = digests.iter().collect();
    for some in digests.chunks(MOST_AT_ONCE) {
        diesel::delete(
            documents::table
                .filter(documents::digest.eq_any(some))
                .filter(not(exists(parts().filter(version_parts::docs_digest.eq(documents::digest)))))
                .filter(not(exists(parts().filter(version_parts::readme_digest.eq(documents::digest.nullable()))))),
        )
        .execute(&mut session.db)
        .during("deleting unused documents")?;
    }
    Ok(())
}
