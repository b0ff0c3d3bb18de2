//! Azure DevOps, both services and server (wire-spec 16.3): no signature, and everything stands in the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Error;
use serde::Deserialize;
use url::Url;

use super::headers::{fit_delivery_id, printable};
use super::refs::{RefName, Refs, change_between};
use super::{Event, Headers, News, Refused, Repository, signature};
use crate::payload::{self, Entries, Id, List, Member, Object, Text};

const HEADER: &str = "Authorization";
const SCHEME: &[u8] = b"Basic ";
const USER: &str = "registry";

/// HTTP Basic with the user `registry` and the secret as password, which the subscription must be given.
pub(super) fn authenticate(secret: &str, headers: &Headers<'_>) -> Result<(), Refused> {
    let value = signature::once(headers, HEADER)?;
    let Some(given) = basic_credentials(value) else {
        let form = format!("Basic <base64 of {USER}:secret>");
        return Err(Refused::Malformed { header: HEADER, form });
    };
    signature::same(HEADER, &given, format!("{USER}:{secret}").as_bytes())
}

pub(super) fn read(body: &[u8]) -> Result<Event, Error> {
    let payload: Payload = payload::parse(body)?;
    let name = payload.event_type.get("eventType")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Error::invalid("eventType", "must be there and name the event"))?;
    let id = payload.id.get("id")?.or(payload.notification_id.get("notificationId")?);
    let delivery_id = id.and_then(|id| fit_delivery_id(id.as_bytes()));
    let (repository, news) = match name.as_str() {
        "git.push" => read_push(payload.resource)?,
        // Other events have a resource of another form.
        _ => (Repository::default(), News::Other),
    };
    Ok(Event { name: printable(name.as_bytes()), delivery_id, repository, news })
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Payload {
    id: Member<Id>,
    notification_id: Member<Id>,
    event_type: Member<Text>,
    /// `null` when the subscription was made without details.
    resource: Member<Object<Resource>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Resource {
    ref_updates: Member<List<RefUpdate>>,
    repository: Member<Object<RepositoryMember>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RefUpdate {
    name: Member<Text>,
    old_object_id: Member<Text>,
    new_object_id: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RepositoryMember {
    id: Member<Id>,
    name: Member<Text>,
    remote_url: Member<Text>,
    project: Member<Object<Project>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Project {
    name: Member<Text>,
}

fn read_push(resource: Member<Object<Resource>>) -> Result<(Repository, News), Error> {
    let resource = resource.get("resource")?.unwrap_or_default();
    let mut refs = Refs::default();
    if let Some(Entries { kept, has_more }) = resource.ref_updates.get("resource.refUpdates")? {
        for RefUpdate { name, old_object_id, new_object_id } in kept {
            let old = old_object_id.get("resource.refUpdates[].oldObjectId")?;
            let new = new_object_id.get("resource.refUpdates[].newObjectId")?;
            let name = name.get("resource.refUpdates[].name")?;
            refs.add(name.as_deref().map(RefName::parse), change_between(old.as_deref(), new.as_deref()));
        }
        if has_more {
            refs.add_untold();
        }
    }
    Ok((named(resource.repository)?, refs.into_news()))
}

fn named(repository: Member<Object<RepositoryMember>>) -> Result<Repository, Error> {
    let repository = repository.get("resource.repository")?.unwrap_or_default();
    let project = repository.project.get("resource.repository.project")?.unwrap_or_default();
    let project = project.name.get("resource.repository.project.name")?;
    let name = repository.name.get("resource.repository.name")?;
    let remote = repository.remote_url.get("resource.repository.remoteUrl")?;
    let identifier = project.zip(name).zip(remote).and_then(|((project, name), remote)| {
        let organization = organization(&remote, &project)?;
        Some(format!("{organization}/{project}/_git/{name}"))
    });
    Ok(Repository::new(identifier, repository.id.get("resource.repository.id")?))
}

/// The organization, or the collection of a server, which only the address names:
/// `https://dev.azure.com/org/project/_git/x`, `https://org.visualstudio.com/project/_git/x`, or
/// `https://host/any/path/collection/project/_git/x`.
/// A repository called like its project has an address without the project.
fn organization(remote: &str, project: &str) -> Option<String> {
    let remote = Url::parse(remote).ok()?;
    if let Some(organization) = remote.host_str()?.strip_suffix(".visualstudio.com") {
        return Some(organization.to_owned());
    }
    let before = remote.path_segments()?.take_while(|segment| *segment != "_git");
    let before: Vec<&str> = before.filter(|segment| !segment.is_empty()).collect();
    match before.as_slice() {
        [.., collection, last] if last.eq_ignore_ascii_case(&escaped(project)?) => Some((*collection).to_owned()),
        [.., last] => Some((*last).to_owned()),
        [] => None,
    }
}

/// As it stands in the path of an address.
fn escaped(segment: &str) -> Option<String> {
    let mut url = Url::parse("https://host").ok()?;
    url.path_segments_mut().ok()?.push(segment);
    Some(url.path().trim_start_matches('/').to_owned())
}

fn basic_credentials(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, encoded) = value.split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    STANDARD.decode(encoded).ok()
}
