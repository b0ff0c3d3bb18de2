//! GitHub and GitHub Enterprise Server (wire-spec 16.3).

use domain::Error;
use serde::Deserialize;

use super::refs::{RefName, Refs, pushed};
use super::signature::{self, Signature};
use super::{Change, Event, Headers, News, Refused, Repository};
use crate::payload::{self, Id, Member, Object, Text};

/// The older `X-Hub-Signature` with SHA-1 proves too little.
const SIGNATURES: &[Signature] = &[Signature::prefixed("X-Hub-Signature-256")];

pub(super) fn authenticate(secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    signature::verify(SIGNATURES, secret, headers, body)
}

pub(super) fn read(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    let name = headers.event_name(&["X-GitHub-Event"])?;
    read_payload(name, headers.delivery_id(&["X-GitHub-Delivery"]), body)
}

/// What a payload in the form of GitHub says, which is also that of Gitea and Forgejo.
pub(super) fn read_payload(name: String, delivery_id: Option<String>, body: &[u8]) -> Result<Event, Error> {
    let payload: Payload = payload::parse(body)?;
    let news = match name.as_str() {
        "push" => {
            let (before, after) = (payload.before.get("before")?, payload.after.get("after")?);
            pushed(payload.reference.get("ref")?.as_deref(), before.as_deref(), after.as_deref())
        }
        "create" => of_one_ref(payload.ref_type, payload.reference, Change::Added)?,
        "delete" => of_one_ref(payload.ref_type, payload.reference, Change::Deleted)?,
        "ping" => News::Ping,
        _ => News::Other,
    };
    Ok(Event { name, delivery_id, repository: named(payload.repository)?, news })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    /// The full name in a push, the short one where there is a `ref_type`.
    #[serde(rename = "ref")]
    reference: Member<Text>,
    ref_type: Member<Text>,
    before: Member<Text>,
    after: Member<Text>,
    repository: Member<Object<RepositoryMember>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    id: Member<Id>,
    full_name: Member<Text>,
}

fn of_one_ref(ref_type: Member<Text>, reference: Member<Text>, change: Change) -> Result<News, Error> {
    let (ref_type, name) = (ref_type.get("ref_type")?, reference.get("ref")?);
    let named = ref_type.zip(name).map(|(ref_type, name)| {
        // Some releases of Gitea write the full name here, too.
        let short = name.strip_prefix("refs/tags/").or_else(|| name.strip_prefix("refs/heads/")).unwrap_or(&name);
        RefName::of_type(&ref_type, short)
    });
    let mut refs = Refs::default();
    refs.add(named, Some(change));
    Ok(refs.into_news())
}

fn named(repository: Member<Object<RepositoryMember>>) -> Result<Repository, Error> {
    let repository = repository.get("repository")?.unwrap_or_default();
    Ok(Repository::new(repository.full_name.get("repository.full_name")?, repository.id.get("repository.id")?))
}
