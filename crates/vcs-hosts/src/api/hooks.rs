//! Webhooks on the side of the host, the same way for all of them.

use domain::Error;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::answer::Answer;
use super::call::{Place, Session};
use super::dialect::Dialect;
use super::{NewWebhook, Registered, failure};
use crate::Identifier;

const LONGEST_ID: usize = 200;
const LONGEST_COMPLAINT: usize = 200;

/// Where and how a host keeps the webhooks of a repository.
pub(super) struct Hooks {
    /// One of them is below it, under its id.
    pub(super) place: Place,
    /// The place to list them at, in one answer.
    pub(super) list: Place,
    pub(super) read_list: fn(&[u8]) -> Result<Vec<Listed>, Error>,
    pub(super) read_id: fn(&[u8]) -> Result<String, Error>,
    pub(super) renewal: Renewal,
    /// What the token needs, for owners.
    pub(super) right: &'static str,
}

/// A webhook that is there.
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) url: String,
}

/// How one that is there gets a new secret.
pub(super) enum Renewal {
    /// The body that makes one is put in its place.
    Put,
    /// The same, without a member that cannot change.
    PatchWithout(&'static str),
    /// It is removed and made anew, since some releases keep the old secret.
    Anew,
}

/// Why there is no webhook.
struct Denied {
    status: StatusCode,
    reason: String,
}

pub(super) async fn register(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    identifier: &Identifier,
    hook: &NewWebhook<'_>,
) -> Result<Registered, Error> {
    let hooks = dialect.hooks(&session.access, identifier)?;
    let body = dialect.hook_body(session, identifier, hook).await?;
    let attempt = Attempt { session, identifier, hook, hooks, body };
    let mut done = attempt.make_or_renew().await?;
    // Somebody else made it between our looking and our making.
    if matches!(&done, Err(denied) if matches!(denied.status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY))
    {
        done = attempt.make_or_renew().await?;
    }
    Ok(match done {
        Ok(hook_id) => Registered::Made { hook_id },
        Err(denied) => Registered::manual(denied.reason),
    })
}

/// The id of the webhook that calls `url`, if there is one.
pub(super) async fn find(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    identifier: &Identifier,
    url: &str,
) -> Result<Option<String>, Error> {
    let hooks = dialect.hooks(&session.access, identifier)?;
    let answer = session.get(&hooks.list)?.send().await?;
    if !answer.status().is_success() || answer.is_unauthorized() {
        return Err(failure::refused(denied(session, identifier, &hooks, (answer, &[])).await.reason));
    }
    let listed = answer.read(hooks.read_list).await?;
    let found = listed.into_iter().find(|listed| listed.url == url);
    found.map(|listed| session.understand(|| checked(&listed.id).map(str::to_owned))).transpose()
}

pub(super) async fn remove(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    identifier: &Identifier,
    hook_id: &str,
) -> Result<(), Error> {
    let hooks = dialect.hooks(&session.access, identifier)?;
    let answer = session.call(Method::DELETE, &hooks.place.clone().below(checked(hook_id)?))?.send().await?;
    match answer.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
        status if status.is_success() && !answer.is_unauthorized() => Ok(()),
        _ => Err(failure::refused(denied(session, identifier, &hooks, (answer, &[])).await.reason)),
    }
}

struct Attempt<'a> {
    session: &'a Session<'a>,
    identifier: &'a Identifier,
    hook: &'a NewWebhook<'a>,
    hooks: Hooks,
    body: Value,
}

type Done<T> = Result<Result<T, Denied>, Error>;

impl Attempt<'_> {
    async fn make_or_renew(&self) -> Done<String> {
        match self.renew().await? {
            Some(done) => Ok(done),
            None => self.make().await,
        }
    }

    /// `None` if there is nothing to renew.
    async fn renew(&self) -> Result<Option<Result<String, Denied>>, Error> {
        let found = match self.find().await? {
            Ok(found) => found,
            Err(denied) => return Ok(Some(Err(denied))),
        };
        let Some(id) = found else { return Ok(None) };
        let place = self.hooks.place.clone().below(&id);
        let (method, body) = match self.hooks.renewal {
            Renewal::Put => (Method::PUT, Some(self.body.clone())),
            Renewal::PatchWithout(member) => (Method::PATCH, Some(without(&self.body, member))),
            Renewal::Anew => (Method::DELETE, None),
        };
        let call = self.session.call(method, &place)?;
        let answer = body.iter().fold(call, |call, body| call.json(body)).send().await?;
        // Gone since it was listed.
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(match self.accepted(answer).await {
            Err(denied) => Some(Err(denied)),
            Ok(_) if body.is_none() => None,
            Ok(_) => Some(Ok(id)),
        })
    }

    async fn find(&self) -> Done<Option<String>> {
        let answer = match self.accepted(self.session.get(&self.hooks.list)?.send().await?).await {
            Ok(answer) => answer,
            Err(denied) => return Ok(Err(denied)),
        };
        let listed = answer.read(self.hooks.read_list).await?;
        let found = listed.into_iter().find(|listed| listed.url == self.hook.url);
        found.map(|listed| self.known(&listed.id)).transpose().map(Ok)
    }

    async fn make(&self) -> Done<String> {
        let call = self.session.call(Method::POST, &self.hooks.place)?.json(&self.body);
        match self.accepted(call.send().await?).await {
            Ok(answer) => {
                let id = answer.read(self.hooks.read_id).await?;
                self.known(&id).map(Ok)
            }
            Err(denied) => Ok(Err(denied)),
        }
    }

    /// An id that the host gave, which is not trusted either.
    fn known(&self, id: &str) -> Result<String, Error> {
        self.session.understand(|| checked(id).map(str::to_owned))
    }

    async fn accepted<'b>(&self, answer: Answer<'b>) -> Result<Answer<'b>, Denied> {
        if answer.status().is_success() && !answer.is_unauthorized() {
            return Ok(answer);
        }
        Err(denied(self.session, self.identifier, &self.hooks, (answer, &[self.hook.secret])).await)
    }
}

/// What an answer that is no success means for the webhooks, for owners: never with the token, nor with `secrets`.
async fn denied(
    session: &Session<'_>,
    identifier: &Identifier,
    hooks: &Hooks,
    (answer, secrets): (Answer<'_>, &[&str]),
) -> Denied {
    let (host, status) = (session.host(), answer.status());
    let reason = match status {
        _ if answer.is_unauthorized() => format!("{host} does not accept the token"),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            format!("{host} does not let the token manage the webhooks of {identifier}; it needs {}", hooks.right)
        }
        _ => {
            let answered = format!("{host} answered {} to the webhook of {identifier}", status.as_u16());
            let complaint = answer.complaint().await;
            // All of it is searched, before it is cut.
            let is_clean =
                |text: &String| !session.has_secret_in(text) && !secrets.iter().any(|secret| text.contains(secret));
            match complaint.filter(is_clean) {
                Some(complaint) => {
                    format!("{answered}: {}", complaint.chars().take(LONGEST_COMPLAINT).collect::<String>())
                }
                None => answered,
            }
        }
    };
    Denied { status, reason }
}

/// Ids are numbers or UUIDs, perhaps in braces; anything else could bend a path.
fn checked(hook_id: &str) -> Result<&str, Error> {
    let fits = !hook_id.is_empty()
        && hook_id.len() <= LONGEST_ID
        && hook_id.chars().all(|letter| letter.is_ascii_alphanumeric() || "{}-_".contains(letter));
    if fits { Ok(hook_id) } else { Err(Error::invalid("the id of the webhook", "must be a number or a UUID")) }
}

fn without(body: &Value, member: &str) -> Value {
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove(member);
    }
    body
}
