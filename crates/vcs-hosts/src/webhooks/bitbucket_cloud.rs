//! Bitbucket Cloud (wire-spec 16.3): one delivery may tell of several refs.

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
        "repo:push" => read_push(payload.push)?,
        _ => News::Other,
    };
    let repository = payload.repository.get("repository")?.unwrap_or_default();
    let repository =
        Repository::new(repository.full_name.get("repository.full_name")?, repository.uuid.get("repository.uuid")?);
    Ok(Event { name, delivery_id: headers.delivery_id(&["X-Request-UUID"]), repository, news })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    push: Member<Object<Push>>,
    repository: Member<Object<RepositoryMember>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    uuid: Member<Id>,
    full_name: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Push {
    changes: Member<List<RefChange>>,
}

/// The ref before and after: the one is `null` for a new ref, the other for a deleted one.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RefChange {
    old: Member<Object<Reference>>,
    new: Member<Object<Reference>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reference {
    #[serde(rename = "type")]
    kind: Member<Text>,
    name: Member<Text>,
}

fn read_push(push: Member<Object<Push>>) -> Result<News, Error> {
    let push = push.get("push")?.unwrap_or_default();
    let mut refs = Refs::default();
    if let Some(Entries { kept, has_more }) = push.changes.get("push.changes")? {
        for RefChange { old, new } in kept {
            let (old, new) = (old.get("push.changes[].old")?, new.get("push.changes[].new")?);
            let change = match (&old, &new) {
                (None, None) => None,
                (None, Some(_)) => Some(Change::Added),
                (Some(_), Some(_)) => Some(Change::Moved),
                (Some(_), None) => Some(Change::Deleted),
            };
            let old = named(old, "push.changes[].old")?;
            let new = named(new, "push.changes[].new")?;
            refs.add(new.or(old), change);
        }
        if has_more {
            refs.add_untold();
        }
    }
    Ok(refs.into_news())
}

fn named(reference: Option<Reference>, path: &str) -> Result<Option<RefName>, Error> {
    let reference = reference.unwrap_or_default();
    let kind = reference.kind.get(&format!("{path}.type"))?;
    let name = reference.name.get(&format!("{path}.name"))?;
    Ok(kind.zip(name).map(|(kind, name)| RefName::of_type(&kind, &name)))
}
