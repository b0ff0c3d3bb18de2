//! `quarry publish`: makes what is missing on a running server, and shows how its versions come.

mod outage;
mod progress;
mod report;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use url::Url;

use crate::{api::Api, command_line::PublishOptions};

use outage::{Outage, Passing};

/// Runs until every version is published or has failed.
pub(crate) async fn run(options: PublishOptions) -> anyhow::Result<()> {
    let repository = RepositoryAddress::parse(&options.url)?;
    let address = module_address(&options, &repository)?;
    let api = Api::open(&options.server)?;

    let (mut connection, mut outage) = (None, Outage::default());
    let before = loop {
        // Once more from the start: each step looks first whether it is done already.
        match prepare(&api, &options, &repository, &address, &mut connection).await {
            Ok(before) => break before,
            Err(error) => tokio::time::sleep(outage.pause_after(error, Passing::Told)?).await,
        }
    };
    outage.answered();
    let module = progress::watch(&api, &address.path, before.as_ref()).await?;
    report::print(&options, &address, &module)
}

/// Makes what is missing, or has the tags of a module looked at again that was there `before`, as it was then.
/// A `connection` that was made is kept even if a later step fails: with credentials, another would be made each time.
async fn prepare(
    api: &Api,
    options: &PublishOptions,
    repository: &RepositoryAddress,
    address: &Address,
    connection: &mut Option<String>,
) -> anyhow::Result<Option<Value>> {
    ensure_organization(api, &options.organization).await?;
    let before = api.find(&address.path).await?;
    if let Some(module) = &before {
        check_source(options, repository, module)?;
        if connection.is_none() && (options.git_user.is_some() || git_token().is_some()) {
            eprintln!("the module is there already: its connection keeps the credentials it has");
        }
        api.resync(module).await?;
        return Ok(before);
    }
    let connection = match connection {
        Some(made) => made,
        None => connection.insert(ensure_connection(api, options, repository).await?),
    };
    create_module(api, options, repository, connection).await?;
    Ok(None)
}

/// A clone address, taken apart.
struct RepositoryAddress {
    /// Of the server, without the path.
    base: String,
    identifier: String,
}

impl RepositoryAddress {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let url = Url::parse(text).map_err(|_| {
            anyhow::anyhow!(
                "{text:?} is no address of a repository: use https://host/path/name.git or ssh://host/path/name.git"
            )
        })?;
        if !matches!(url.scheme(), "http" | "https" | "ssh") {
            bail!("the repository must be reached over https, http or ssh, not {}", url.scheme());
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!("leave the credentials out of the address: use --git-user and QUARRY_GIT_TOKEN");
        }
        let path = url.path().trim_matches('/');
        let identifier = path.strip_suffix(".git").unwrap_or(path);
        if identifier.is_empty() {
            bail!("the address {text} names no repository");
        }
        // In the form that the server shows it.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let base = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
        let base: vcs_hosts::BaseUrl = base.parse().with_context(|| format!("the address {text} cannot be used"))?;
        Ok(Self { base: base.to_string(), identifier: identifier.to_owned() })
    }
}

/// Where the module will be found.
pub(crate) struct Address {
    organization: String,
    name: String,
    provider: String,
    path: String,
}

fn module_address(options: &PublishOptions, repository: &RepositoryAddress) -> anyhow::Result<Address> {
    let told = domain::RepositoryName::find(if options.directory.is_empty() {
        &repository.identifier
    } else {
        &options.directory
    });
    let name = options.name.clone().or_else(|| told.as_ref().map(|told| told.name.to_string()));
    let provider = options.provider.clone().or_else(|| told.as_ref().map(|told| told.provider.to_string()));
    let (Some(name), Some(provider)) = (name, provider) else {
        let named_by = if options.directory.is_empty() { &repository.identifier } else { &options.directory };
        bail!("{named_by} is not called terraform-<PROVIDER>-<NAME>: give --name and --provider");
    };
    let organization = options.organization.clone();
    let path = format!("/organizations/{organization}/registry-modules/private/{organization}/{name}/{provider}");
    Ok(Address { organization, name, provider, path })
}

async fn ensure_organization(api: &Api, name: &str) -> anyhow::Result<()> {
    let path = format!("/organizations/{name}");
    if api.find(&path).await?.is_some() {
        return Ok(());
    }
    let attributes = json!({"name": name, "email": format!("admin@{name}.invalid")});
    match api.create("/organizations", "organizations", attributes).await {
        // Somebody else may have made it at the same moment.
        Err(error) => api.find(&path).await?.map(drop).ok_or(error),
        Ok(_) => Ok(()),
    }
}

/// A module stays with the repository it was made from: publishing another over it would quietly do nothing.
fn check_source(options: &PublishOptions, repository: &RepositoryAddress, module: &Value) -> anyhow::Result<()> {
    let of_module = |name: &str| module.pointer(&format!("/attributes/vcs-repo/{name}")).and_then(Value::as_str);
    if of_module("identifier").is_none() {
        bail!("the module is there already, and its versions are uploaded: publish under another --name");
    }
    if let Some(branch) = of_module("branch").filter(|branch| !branch.is_empty()) {
        bail!(
            "the module is there already, and its versions come from the branch {branch}: publish under another --name"
        );
    }
    let web_address = format!("{}/{}", repository.base, repository.identifier);
    let differs = [
        ("repository", of_module("repository-http-url"), web_address.as_str()),
        ("--directory", of_module("source-directory"), options.directory.trim_matches('/')),
        ("--tag-prefix", of_module("tag-prefix"), options.tag_prefix.as_str()),
    ];
    for (what, present, wanted) in differs {
        if present.unwrap_or_default() != wanted {
            bail!(
                "the module is there already with another {what} ({:?}, not {wanted:?}): \
                 delete it first, or publish under another --name",
                present.unwrap_or_default()
            );
        }
    }
    Ok(())
}

fn git_token() -> Option<String> {
    std::env::var("QUARRY_GIT_TOKEN").ok().filter(|secret| !secret.is_empty())
}

/// The id of the connection's token.
async fn ensure_connection(
    api: &Api,
    options: &PublishOptions,
    repository: &RepositoryAddress,
) -> anyhow::Result<String> {
    let path = format!("/organizations/{}/oauth-clients", options.organization);
    let secret = git_token();
    let is_ours = |client: &Value| {
        let attribute = |name: &str| client.pointer(&format!("/attributes/{name}")).and_then(Value::as_str);
        attribute("service-provider") == Some("git")
            && attribute("http-url") == Some(repository.base.as_str())
            && attribute("key") == options.git_user.as_deref()
    };
    let known = api.list(&path).await?.into_iter().find(is_ours).filter(|_| secret.is_none());
    let client = match known {
        Some(client) => client,
        None => {
            let attributes = json!({
                "service-provider": "git",
                "name": repository.base,
                "http-url": repository.base,
                "api-url": repository.base,
                "key": options.git_user,
                "oauth-token-string": secret,
            });
            api.create(&path, "oauth-clients", attributes).await?
        }
    };
    client
        .pointer("/relationships/oauth-tokens/data/0/id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .context("the server's answer names no token of the connection")
}

async fn create_module(
    api: &Api,
    options: &PublishOptions,
    repository: &RepositoryAddress,
    connection: &str,
) -> anyhow::Result<()> {
    let attributes = json!({
        "name": options.name,
        "provider": options.provider,
        "vcs-repo": {
            "identifier": repository.identifier,
            "display-identifier": repository.identifier,
            "oauth-token-id": connection,
            "organization-name": options.organization,
            "source-directory": options.directory,
            "tag-prefix": options.tag_prefix,
        },
    });
    let path = format!("/organizations/{}/registry-modules/vcs", options.organization);
    api.create(&path, "registry-modules", attributes).await.map(drop)
}
