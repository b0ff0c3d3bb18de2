//! What is said at the end: failures with their reasons, and the block to paste.

use anyhow::bail;
use serde_json::Value;
use url::Url;

use crate::command_line::PublishOptions;

use super::{Address, progress::statuses};

/// Prints the outcome. An error if the module has no version that can be installed.
pub(super) fn print(options: &PublishOptions, address: &Address, module: &Value) -> anyhow::Result<()> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    for version in statuses(module) {
        let status = text(version, "status");
        if status != "ok" {
            eprintln!("{}: {status}: {}", text(version, "version"), text(version, "error"));
        }
    }
    if let Some(message) = module.pointer("/attributes/error-message").and_then(Value::as_str) {
        eprintln!("the repository could not be read: {message}");
    }
    let Some(newest) = statuses(module)
        .iter()
        .filter(|version| text(version, "status") == "ok")
        .map(|version| text(version, "version"))
        .next()
    else {
        if statuses(module).is_empty() && module.pointer("/attributes/error-message").is_none_or(Value::is_null) {
            bail!("no tag of the repository is a version: tags look like v1.2.3{}", prefix_hint(options));
        }
        bail!("no version can be installed");
    };
    let host = registry_host(&options.server.server);
    println!(
        "module \"{name}\" {{\n  source  = \"{host}/{org}/{name}/{provider}\"\n  version = \"{newest}\"\n}}",
        name = address.name,
        org = address.organization,
        provider = address.provider,
    );
    Ok(())
}

fn prefix_hint(options: &PublishOptions) -> String {
    if options.tag_prefix.is_empty() { String::new() } else { format!(" after the prefix {:?}", options.tag_prefix) }
}

/// The CLIs want a host with a dot, and https; for a server of this machine there is a name for the CLI configuration.
fn registry_host(server: &str) -> String {
    let url = Url::parse(server).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    match url.as_ref().map(Url::scheme) {
        Some("https") if host.contains('.') => {
            url.as_ref().and_then(Url::port).map_or(host.to_owned(), |port| format!("{host}:{port}"))
        }
        _ => LOCAL_HOST.to_owned(),
    }
}

/// As in the README's CLI configuration for local use.
const LOCAL_HOST: &str = "quarry.local";
