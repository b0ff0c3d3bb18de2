//! `quarry token`: makes, shows and revokes tokens of a running server.

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    api::{Api, attribute, id, part},
    command_line::{NewTokenOptions, RightsName, TokenCommand, TokenOptions, TokenOwner},
    user,
};

/// What a command is for is on standard output, everything else on standard error.
pub(crate) async fn run(options: TokenOptions) -> anyhow::Result<()> {
    let api = Api::open(&options.server)?;
    match options.command {
        TokenCommand::Create(new) => create(&api, new).await,
        TokenCommand::List { of } => {
            for token in api.list(&list_of(&api, &of).await?).await? {
                println!("{}", line(&token)?);
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            api.delete(&format!("/authentication-tokens/{}", part(&id)?)).await?;
            eprintln!("revoked {id}");
            Ok(())
        }
    }
}

async fn create(api: &Api, new: NewTokenOptions) -> anyhow::Result<()> {
    let attributes = json!({
        "description": new.description,
        "rights": new.rights.map(RightsName::as_str),
        "expired-at": new.expires,
        "organizations": Some(new.only).filter(|only| !only.is_empty()),
    });
    let made = api.create(&list_of(api, &new.of).await?, "authentication-tokens", attributes).await?;
    let token = made.pointer("/attributes/token").and_then(Value::as_str);
    eprintln!("made {}", line(&made)?);
    println!("{}", token.context("the server's answer holds no token")?);
    Ok(())
}

/// The path of all tokens of an owner.
async fn list_of(api: &Api, of: &TokenOwner) -> anyhow::Result<String> {
    if let Some(organization) = &of.organization {
        return Ok(format!("/organizations/{}/service-tokens", part(organization)?));
    }
    let user = match &of.user {
        Some(name) => user::find(api, name).await?,
        None => api.find("/account/details").await?.context("the server does not know who calls")?,
    };
    Ok(format!("/users/{}/authentication-tokens", id(&user)?))
}

/// A token on one line; never the token itself.
fn line(token: &Value) -> anyhow::Result<String> {
    let or = |text: &'static str, name: &str| match attribute(token, name) {
        "" => text.to_owned(),
        known => known.to_owned(),
    };
    let reach = match token.pointer("/attributes/organizations").and_then(Value::as_array) {
        Some(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        None => "everywhere".to_owned(),
    };
    Ok(format!(
        "{}  {:<7}  {reach}  used {}  expires {}  {}",
        id(token)?,
        attribute(token, "rights"),
        or("never", "last-used-at"),
        or("never", "expired-at"),
        attribute(token, "description"),
    ))
}
