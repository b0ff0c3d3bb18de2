//! `quarry audit`: shows who changed what on a running server.

use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::{
    api::{Api, attribute, part},
    command_line::AuditOptions,
};

/// The newest entry is the first line.
pub(crate) async fn run(options: &AuditOptions) -> anyhow::Result<()> {
    let api = Api::open(&options.server)?;
    for entry in api.list_pages(&path(options)?, options.limit).await? {
        if options.json {
            println!("{entry}");
        } else {
            println!("{}", line(&entry));
        }
    }
    Ok(())
}

fn path(options: &AuditOptions) -> anyhow::Result<String> {
    let path = match &options.organization {
        Some(organization) => format!("/organizations/{}/audit-entries", part(organization)?),
        None => "/audit-entries".to_owned(),
    };
    let mut query = Serializer::new(String::new());
    let filters = [
        ("filter[action]", &options.action),
        ("filter[user]", &options.user),
        ("filter[since]", &options.since),
        ("filter[until]", &options.until),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    Ok(format!("{path}?{}", query.finish()))
}

/// Time, who, from where, what came of it, what, and to what.
fn line(entry: &Value) -> String {
    let parts =
        ["created-at", "user", "address", "outcome", "action", "object"].map(|name| match attribute(entry, name) {
            "" => "-",
            text => text,
        });
    let token = entry.pointer("/relationships/authentication-token/data/id").and_then(Value::as_str).unwrap_or("-");
    let [at, user, address, outcome, action, object] = parts;
    format!("{at}  {user}  {token}  {address}  {outcome}  {action}  {object}")
}
