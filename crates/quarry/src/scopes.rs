//! `quarry account` and `quarry environment`: makes, shows, renames and deletes the scopes of a running server.

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    api::{Api, attribute, id, part},
    command_line::{AccountCommand, AccountOptions, EnvironmentCommand, EnvironmentOptions},
};

/// What a command is for is on standard output, everything else on standard error.
pub(crate) async fn run_account(options: AccountOptions) -> anyhow::Result<()> {
    let api = Api::open_scalr(&options.server)?;
    match options.command {
        AccountCommand::Create { name, email } => {
            // Where accounts are made is the API that they have in common with others.
            let organizations = Api::open(&options.server)?;
            let attributes = json!({"name": name, "email": email});
            organizations.create("/organizations", "organizations", attributes).await?;
            println!("{}", id(&find(&api, "accounts", &name).await?)?);
        }
        AccountCommand::List => {
            for account in api.list_pages("/accounts", usize::MAX).await? {
                println!("{}  {}", id(&account)?, attribute(&account, "name"));
            }
        }
        AccountCommand::Rename { name, new_name } => rename(&api, "accounts", &name, &new_name).await?,
        AccountCommand::Delete { name } => {
            let name = part(&name)?;
            Api::open(&options.server)?.delete(&format!("/organizations/{name}")).await?;
            eprintln!("deleted {name}");
        }
    }
    Ok(())
}

/// The same for environments.
pub(crate) async fn run_environment(options: EnvironmentOptions) -> anyhow::Result<()> {
    let api = Api::open_scalr(&options.server)?;
    match options.command {
        EnvironmentCommand::Create { name, account } => {
            let account = find(&api, "accounts", &account).await?;
            let account = json!({"data": {"type": "accounts", "id": id(&account)?}});
            let resource = json!({
                "type": "environments",
                "attributes": {"name": name},
                "relationships": {"account": account},
            });
            println!("{}", id(&api.create_resource("/environments", resource).await?)?);
        }
        EnvironmentCommand::List { account } => list_environments(&api, account.as_deref()).await?,
        EnvironmentCommand::Rename { name, new_name } => rename(&api, "environments", &name, &new_name).await?,
        EnvironmentCommand::Delete { name } => {
            let environment = find(&api, "environments", &name).await?;
            api.delete(&format!("/environments/{}", id(&environment)?)).await?;
            eprintln!("deleted {name}");
        }
    }
    Ok(())
}

async fn list_environments(api: &Api, account: Option<&str>) -> anyhow::Result<()> {
    let path = match account {
        Some(name) => {
            let account = find(api, "accounts", name).await?;
            format!("/environments?filter%5Baccount%5D={}", id(&account)?)
        }
        None => "/environments".to_owned(),
    };
    let accounts = api.list_pages("/accounts", usize::MAX).await?;
    for environment in api.list_pages(&path, usize::MAX).await? {
        let of = environment.pointer("/relationships/account/data/id").and_then(Value::as_str).unwrap_or_default();
        let account = accounts.iter().find(|account| id(account).is_ok_and(|id| id == of));
        let account = account.map(|account| attribute(account, "name")).unwrap_or(of);
        println!("{}  {account}/{}", id(&environment)?, attribute(&environment, "name"));
    }
    Ok(())
}

async fn rename(api: &Api, kind: &str, name: &str, new_name: &str) -> anyhow::Result<()> {
    let scope = find(api, kind, name).await?;
    api.patch(&format!("/{kind}/{}", id(&scope)?), kind, json!({"name": new_name})).await?;
    eprintln!("{name} is called {new_name} now");
    Ok(())
}

/// By name, in any case of letters.
async fn find(api: &Api, kind: &str, name: &str) -> anyhow::Result<Value> {
    let found = api.list(&format!("/{kind}?filter%5Bname%5D={}", part(name)?)).await?;
    let what = kind.trim_end_matches('s');
    found.into_iter().next().with_context(|| format!("there is no {what} {name}"))
}
