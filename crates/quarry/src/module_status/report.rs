//! A module as people read it: lines about the module, and a table of its versions.

use domain::ModuleAddress;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::api::attribute;

use super::{Found, table};

const SHORT_COMMIT: usize = 7;

const HEADS: [&str; 9] = ["VERSION", "STATUS", "TAG", "COMMIT", "QUEUED", "FETCHED", "ARCHIVED", "PARSED", ""];

pub(super) fn write(address: &ModuleAddress, found: &Found) -> String {
    let mut lines = table::write(&facts(address, found));
    lines.push(String::new());
    if found.versions.is_empty() {
        lines.push("no versions".to_owned());
    } else {
        lines.extend(versions(&found.versions));
    }
    let all = found.module.pointer("/attributes/version-statuses").and_then(Value::as_array).map_or(0, Vec::len);
    if let Some(more) = all.checked_sub(found.versions.len()).filter(|more| *more > 0) {
        lines.push(format!("and {more} older ones: see --all"));
    }
    let mut text = String::new();
    for line in lines {
        // Some of it was written by a Git server, and is shown by a terminal.
        text.extend(line.chars().map(|character| if character.is_control() { ' ' } else { character }));
        text.push('\n');
    }
    text
}

/// Name and value of each.
fn facts(address: &ModuleAddress, found: &Found) -> Vec<Vec<String>> {
    let module = &found.module;
    let fact = |name: &str, value: String| vec![name.to_owned(), value];
    let mut facts = vec![fact("module", address.to_string()), fact("status", attribute(module, "status").to_owned())];
    if !attribute(module, "error-message").is_empty() {
        facts.push(fact("error", attribute(module, "error-message").to_owned()));
    }
    if module.pointer("/attributes/vcs-repo").is_none_or(Value::is_null) {
        let source =
            if attribute(module, "publishing-mechanism") == "non_vcs" { "none: uploads" } else { "none any more" };
        facts.push(fact("repository", source.to_owned()));
        return facts;
    }
    facts.push(fact("repository", repository(module)));
    facts.push(fact("last sync", or(attribute(module, "vcs-repo/synced-at"), "none yet").to_owned()));
    facts.push(fact("webhook", webhook(module)));
    if let Some(deliveries) = &found.deliveries {
        facts.extend(deliveries.iter().map(|delivery| fact("delivery", delivery_line(delivery))));
        if deliveries.is_empty() {
            facts.push(fact("delivery", "none yet".to_owned()));
        }
    }
    facts
}

/// Where it is, and what of it belongs to the module.
fn repository(module: &Value) -> String {
    let of = |name: &str| attribute(module, &format!("vcs-repo/{name}"));
    let mut text = or(of("repository-http-url"), of("identifier")).to_owned();
    for (name, value) in
        [("branch", of("branch")), ("directory", of("source-directory")), ("tag prefix", of("tag-prefix"))]
    {
        if !value.is_empty() {
            text.push_str(&format!(", {name} {value}"));
        }
    }
    text
}

/// Its address, and whether the host knows it.
fn webhook(module: &Value) -> String {
    let of = |name: &str| attribute(module, &format!("vcs-repo/{name}"));
    match (of("webhook-status"), of("webhook-message")) {
        ("none" | "", "") => of("webhook-url").to_owned(),
        ("none" | "", message) => format!("{}, not registered yet: {message}", of("webhook-url")),
        ("manual", message) => format!("{}, to be made by hand: {message}", of("webhook-url")),
        (status, _) => format!("{}, {status}", of("webhook-url")),
    }
}

fn delivery_line(delivery: &Value) -> String {
    let parts = ["received-at", "outcome", "event", "message"].map(|name| attribute(delivery, name));
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("  ")
}

/// A row for each, and below it why it failed.
fn versions(versions: &[Value]) -> Vec<String> {
    let mut rows = vec![HEADS.map(str::to_owned).to_vec()];
    rows.extend(versions.iter().map(row));
    let mut lines = table::write(&rows).into_iter();
    let mut all: Vec<String> = lines.next().into_iter().collect();
    for (line, version) in lines.zip(versions) {
        all.push(line);
        all.extend(failure(version));
    }
    all
}

fn row(version: &Value) -> Vec<String> {
    let step = |name: &str| attribute(version, &format!("timeline/{name}"));
    let after = |name: &str| since(step("queued-at"), step(name));
    vec![
        attribute(version, "version").to_owned(),
        attribute(version, "status").to_owned(),
        or(attribute(version, "git-tag"), "-").to_owned(),
        or(&short(attribute(version, "commit-sha")), "-").to_owned(),
        or(step("queued-at"), "-").to_owned(),
        after("fetched-at"),
        after("archived-at"),
        after("parsed-at"),
        marks(version),
    ]
}

/// How long after the first time the second was, or that it is still to come.
fn since(first: &str, second: &str) -> String {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    match (parse(first), parse(second)) {
        (Some(first), Some(second)) => format!("+{:.1} s", (second - first).as_seconds_f64()),
        _ => or(second, "-").to_owned(),
    }
}

/// What is special about a version, and needs somebody's eye.
fn marks(version: &Value) -> String {
    let is_pending = version.pointer("/attributes/pending-delete").and_then(Value::as_bool).unwrap_or_default();
    let said =
        |name: &str, text: fn(&str) -> String| Some(attribute(version, name)).filter(|it| !it.is_empty()).map(text);
    let marks = [
        // In full, since whoever accepts it has to name it.
        said("moved-to", |commit| format!("tag moved to {commit}")),
        said("accepted-commit", |commit| format!("being replaced by {}", short(commit))),
        said("tag-vanished-at", |at| format!("tag gone since {at}")),
        is_pending.then(|| "to be deleted".to_owned()),
    ];
    marks.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn failure(version: &Value) -> Option<String> {
    let error = attribute(version, "timeline/error");
    // Something is wrong with a version that did not fail: its stored archive is damaged.
    let trouble = attribute(version, "error");
    match (error, trouble) {
        ("", "") => None,
        ("", trouble) => Some(format!("    {trouble}")),
        (error, _) => Some(format!("    {} failed: {error}", attribute(version, "timeline/failed-stage"))),
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(SHORT_COMMIT).collect()
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(attributes: Value, versions: Vec<Value>) -> Found {
        Found { module: json!({"id": "mod-1", "attributes": attributes}), versions, deliveries: None }
    }

    fn written(found: &Found) -> String {
        let part = |text: &str| text.parse().unwrap();
        write(
            &ModuleAddress { namespace: "acme".parse().unwrap(), name: part("vpc"), provider: "aws".parse().unwrap() },
            found,
        )
    }

    #[test]
    fn a_module_from_git_shows_where_it_comes_from_and_how_its_versions_went() {
        let repository = json!({
            "identifier": "acme/mono", "repository-http-url": "https://git.example.org/acme/mono",
            "source-directory": "vpc", "tag-prefix": "vpc-", "synced-at": "2026-03-02T09:14:55.000Z",
            "webhook-url": "https://registry.example.org/webhooks/vcs/1",
        });
        let timeline = |archived: Value, stage: Value, error: Value| {
            json!({"queued-at": "2026-03-02T09:14:55.000Z", "fetched-at": "2026-03-02T09:14:55.000Z",
                   "archived-at": archived, "parsed-at": null, "failed-stage": stage, "error": error})
        };
        let commit = "0123456789012345678901234567890123456789";
        let version = |number: &str, status: &str, timeline: Value| {
            json!({"attributes": {"version": number, "status": status, "git-tag": format!("vpc-{number}"),
                   "commit-sha": commit, "timeline": timeline}})
        };
        let statuses = json!([{}, {}, {}]);
        let attributes = json!({"status": "setup_complete", "error-message": "the Git server asks for credentials",
                                "vcs-repo": repository, "version-statuses": statuses});
        let mut moved =
            version("1.1.0", "reg_ingressing", timeline(json!("2026-03-02T09:14:57.500Z"), json!(null), json!(null)));
        moved["attributes"]["moved-to"] = json!("f".repeat(40));
        let failed = version("1.0.0", "clone_failed", timeline(json!(null), json!("archive"), json!("too large")));
        let mut found = found(attributes, vec![moved, failed]);
        let delivery =
            json!({"received-at": "2026-03-02T09:14:54.000Z", "outcome": "sync", "event": "push", "message": ""});
        found.deliveries = Some(vec![json!({"attributes": delivery})]);

        assert_eq!(
            written(&found),
            "\
module      acme/vpc/aws
status      setup_complete
error       the Git server asks for credentials
repository  https://git.example.org/acme/mono, directory vpc, tag prefix vpc-
last sync   2026-03-02T09:14:55.000Z
webhook     https://registry.example.org/webhooks/vcs/1
delivery    2026-03-02T09:14:54.000Z  sync  push

VERSION  STATUS          TAG        COMMIT   QUEUED                    FETCHED  ARCHIVED  PARSED
1.1.0    reg_ingressing  vpc-1.1.0  0123456  2026-03-02T09:14:55.000Z  +0.0 s   +2.5 s    -       tag moved to ffffffffffffffffffffffffffffffffffffffff
1.0.0    clone_failed    vpc-1.0.0  0123456  2026-03-02T09:14:55.000Z  +0.0 s   -         -
    archive failed: too large
and 1 older ones: see --all
"
        );
    }

    #[test]
    fn a_module_for_uploads_has_no_repository() {
        let found = found(json!({"status": "pending", "publishing-mechanism": "non_vcs", "vcs-repo": null}), vec![]);

        assert_eq!(
            written(&found),
            "module      acme/vpc/aws\nstatus      pending\nrepository  none: uploads\n\nno versions\n"
        );
    }
}
