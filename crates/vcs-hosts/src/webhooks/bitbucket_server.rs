//! Bitbucket Server and Data Center (wire-spec 16.3): one delivery may tell of several refs.

use domain::Error;
use serde::Deserialize;

use super::refs::{RefName, Refs};
use super::signature::{self, Signature};
use super::{Change, Event, Headers, News, Refused, Repository};
use crate::payload::{self, Entries, Id, List, Member, Object, Text};

const SIGNATURES: &[Signature] = &[Signature::prefixed("X-Hub-Signature")];

pub(super) fn authenticate(secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    signature::verify(SIGNATURES, secret, headers, body)
}

pub(super) fn read(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    let name = headers.event_name(&["X-Event-Key"])?;
    let payload: Payload = payload::parse(body)?;
    let news = match name.as_str() {
        "repo:refs_changed" => read_changes(payload.changes)?,
        "diagnostics:ping" => News::Ping,
        _ => News::Other,
    };
    let delivery_id = headers.delivery_id(&["X-Request-Id"]);
    Ok(Event { name, delivery_id, repository: named(payload.repository)?, news })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    changes: Member<List<RefChange>>,
    repository: Member<Object<RepositoryMember>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RefChange {
    #[serde(rename = "ref")]
    reference: Member<Object<Reference>>,
    #[serde(rename = "type")]
    kind: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference {
    /// The full name.
    id: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    id: Member<Id>,
    slug: Member<Text>,
    project: Member<Object<Project>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Project {
    /// `~user` for the repositories of a person.
    key: Member<Text>,
}

fn read_changes(changes: Member<List<RefChange>>) -> Result<News, Error> {
    let mut refs = Refs::default();
    if let Some(Entries { kept, has_more }) = changes.get("changes")? {
        for RefChange { reference, kind } in kept {
            let reference = reference.get("changes[].ref")?.unwrap_or_default();
            let name = reference.id.get("changes[].ref.id")?;
            let change = match kind.get("changes[].type")?.as_deref() {
                Some("ADD") => Some(Change::Added),
                Some("UPDATE") => Some(Change::Moved),
                Some("DELETE") => Some(Change::Deleted),
                _ => None,
            };
            refs.add(name.as_deref().map(RefName::parse), change);
        }
        if has_more {
            refs.add_untold();
        }
    }
    Ok(refs.into_news())
}

fn named(repository: Member<Object<RepositoryMember>>) -> Result<Repository, Error> {
    let repository = repository.get("repository")?.unwrap_or_default();
    let project = repository.project.get("repository.project")?.unwrap_or_default();
    let key = project.key.get("repository.project.key")?;
    let slug = repository.slug.get("repository.slug")?;
    let identifier = key.zip(slug).map(|(key, slug)| format!("{key}/{slug}"));
    Ok(Repository::new(identifier, repository.id.get("repository.id")?))
}
