//! GitLab in all its editions: webhooks of projects and groups, and system hooks (wire-spec 16.3).

use domain::Error;
use serde::Deserialize;

use super::refs::pushed;
use super::{Event, Headers, News, Refused, Repository, signature};
use crate::payload::{self, Id, Member, Object, Text};

const TOKEN: &str = "X-Gitlab-Token";

/// The first is the same when a delivery is tried again; the last may be shared by all that one push sends.
const DELIVERY_IDS: &[&str] = &["Idempotency-Key", "X-Gitlab-Webhook-UUID", "X-Gitlab-Event-UUID"];

pub(super) fn authenticate(secret: &str, headers: &Headers<'_>) -> Result<(), Refused> {
    signature::same(TOKEN, signature::once(headers, TOKEN)?, secret.as_bytes())
}

/// The body alone says what happened: system hooks have one name for everything, and the test of a tag push may send
/// the push of a branch.
pub(super) fn read(headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    let name = headers.event_name(&["X-Gitlab-Event"])?;
    let payload: Payload = payload::parse(body)?;
    let kind = payload.object_kind.get("object_kind")?.or(payload.event_name.get("event_name")?);
    let news = match kind.as_deref() {
        Some("push" | "tag_push") => {
            let (before, after) = (payload.before.get("before")?, payload.after.get("after")?);
            pushed(payload.reference.get("ref")?.as_deref(), before.as_deref(), after.as_deref())
        }
        // Sent once for a push of many refs.
        Some("repository_update") => News::Tags(Vec::new()),
        _ => News::Other,
    };
    let project = payload.project.get("project")?.unwrap_or_default();
    let repository = Repository::new(
        project.path_with_namespace.get("project.path_with_namespace")?,
        project.id.get("project.id")?.or(payload.project_id.get("project_id")?),
    );
    Ok(Event { name, delivery_id: headers.delivery_id(DELIVERY_IDS), repository, news })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    object_kind: Member<Text>,
    /// System hooks have only this for some events.
    event_name: Member<Text>,
    #[serde(rename = "ref")]
    reference: Member<Text>,
    before: Member<Text>,
    after: Member<Text>,
    project_id: Member<Id>,
    project: Member<Object<Project>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Project {
    id: Member<Id>,
    path_with_namespace: Member<Text>,
}
