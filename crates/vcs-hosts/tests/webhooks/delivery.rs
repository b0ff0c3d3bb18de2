//! A delivery as a test sends it, and what tests say about many of them.

use domain::Error;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{self, Change, Event, Headers, News, Refused, TagChange};

pub(crate) const SECRET: &str = "a long secret";
/// The id of a ref that does not exist.
pub(crate) const NONE: &str = "0000000000000000000000000000000000000000";
pub(crate) const OLD: &str = "6cbc5c0f00d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5";
pub(crate) const NEW: &str = "9b1f00d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7";

#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) kind: HostKind,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    pub(crate) fn new(kind: HostKind, body: impl Into<Vec<u8>>) -> Self {
        Self { kind, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn json(kind: HostKind, payload: &Value) -> Self {
        Self::new(kind, payload.to_string())
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn authenticate(&self, secret: &str) -> Result<(), Refused> {
        webhooks::authenticate(self.kind, secret, &self.headers(), &self.body)
    }

    pub(crate) fn read(&self) -> Result<Event, Error> {
        webhooks::read(self.kind, &self.headers(), &self.body)
    }

    pub(crate) fn event(&self) -> Event {
        self.read().unwrap()
    }

    pub(crate) fn news(&self) -> News {
        self.event().news
    }

    /// The message that says what is wrong with it.
    pub(crate) fn complaint(&self) -> String {
        let error = self.read().unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
        error.to_string()
    }

    fn headers(&self) -> Headers<'_> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect()
    }
}

/// The signature of `body`, without a prefix.
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(hmac.chain_update(body).finalize().into_bytes())
}

pub(crate) fn tag(name: &str, change: Option<Change>) -> News {
    News::Tags(vec![TagChange { name: name.to_owned(), change }])
}

pub(crate) fn branch(name: &str) -> News {
    News::Branch(name.to_owned())
}

/// The tags changed, and it is not known which.
pub(crate) fn some_tags() -> News {
    News::Tags(Vec::new())
}

/// What a member has to be.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    Text,
    Id,
    Object,
    List,
}

/// Puts every other type in the place of each of `members` (a JSON pointer and its type), and wants a message that
/// begins with the path of it: `/a/0/b` is `a[].b`. `null`, and to leave it out, are fine with everybody.
pub(crate) fn refuses_other_types(send: impl Fn(&Value) -> Delivery, payload: &Value, members: &[(&str, Type)]) {
    send(payload).event();
    for (pointer, wanted) in members {
        let path = pointer.trim_start_matches('/').replace("/0", "[]").replace('/', ".");
        for wrong in wrong_values(*wanted) {
            let complaint = send(&with(payload, pointer, wrong.clone())).complaint();
            assert!(complaint.starts_with(&format!("{path} must be ")), "{pointer} = {wrong}: {complaint}");
        }
        send(&with(payload, pointer, Value::Null)).event();
        send(&without(payload, pointer)).event();
    }
}

pub(crate) fn with(payload: &Value, pointer: &str, value: Value) -> Value {
    let mut payload = payload.clone();
    *payload.pointer_mut(pointer).unwrap() = value;
    payload
}

pub(crate) fn without(payload: &Value, pointer: &str) -> Value {
    let mut payload = payload.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    payload
}

fn wrong_values(wanted: Type) -> Vec<Value> {
    let mut wrong = vec![json!(true), json!(-1), json!(1.5)];
    match wanted {
        Type::Text => wrong.extend([json!(5), json!([]), json!({}), json!("a\u{7}b"), json!("a".repeat(4097))]),
        Type::Id => wrong.extend([json!([1]), json!({"id": 1}), json!("a\nb")]),
        Type::Object => wrong.extend([json!(5), json!("text"), json!([]), json!([{}])]),
        Type::List => wrong.extend([json!(5), json!("text"), json!({}), json!([5, {}]), json!([{}, null, {}])]),
    }
    wrong
}
