//! `quarry user`: makes, shows and deletes users of a running server, and says what they may do.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::{
    api::{Api, attribute, id, part},
    command_line::{Place, RightsName, UserCommand, UserOptions},
};

/// What a command is for is on standard output, everything else on standard error.
pub(crate) async fn run(options: UserOptions) -> anyhow::Result<()> {
    let api = Api::open(&options.server)?;
    match options.command {
        UserCommand::Create { name, email, password_stdin, admin } => {
            let password = if password_stdin { Some(read_password()?) } else { None };
            let attributes = json!({"username": name, "email": email, "password": password, "is-admin": admin});
            println!("{}", id(&api.create("/admin/users", "users", attributes).await?)?);
            Ok(())
        }
        UserCommand::List => list(&api).await,
        UserCommand::Delete { name } => {
            let user = find(&api, &name).await?;
            api.delete(&format!("/admin/users/{}", id(&user)?)).await?;
            eprintln!("deleted {name}");
            Ok(())
        }
        UserCommand::Grant { name, place, rights } => grant(&api, &name, &place, rights).await,
        UserCommand::RevokeGrant { name, place } => {
            let user = find(&api, &name).await?;
            match &place.organization {
                Some(organization) => api.delete(&membership(&user, organization)?).await?,
                None => api.act(&format!("/admin/users/{}/actions/revoke_admin", id(&user)?)).await?,
            }
            eprintln!("{name} lost these rights");
            Ok(())
        }
    }
}

/// A user by name, in any case of letters.
pub(crate) async fn find(api: &Api, name: &str) -> anyhow::Result<Value> {
    let found = api.list_pages(&format!("/admin/users?q={}", encode(part(name)?)), usize::MAX).await?;
    let is_it = |user: &Value| attribute(user, "username").eq_ignore_ascii_case(name);
    found.into_iter().find(is_it).with_context(|| format!("there is no user {name}"))
}

async fn list(api: &Api) -> anyhow::Result<()> {
    for user in api.list_pages("/admin/users", usize::MAX).await? {
        let is = |name: &str| user.pointer(&format!("/attributes/{name}")).and_then(Value::as_bool).unwrap_or_default();
        let memberships = user.pointer("/attributes/memberships").and_then(Value::as_array);
        let text =
            |membership: &Value, name: &str| membership.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
        let mut rights: Vec<String> = memberships
            .into_iter()
            .flatten()
            .map(|membership| format!("{}:{}", text(membership, "organization"), text(membership, "rights")))
            .collect();
        if is("is-admin") {
            rights.insert(0, "everywhere:admin".to_owned());
        }
        let suspended = if is("is-suspended") { "  suspended" } else { "" };
        println!("{}  {}  {}{suspended}", id(&user)?, attribute(&user, "username"), rights.join(" "));
    }
    Ok(())
}

async fn grant(api: &Api, name: &str, place: &Place, rights: RightsName) -> anyhow::Result<()> {
    let user = find(api, name).await?;
    match (&place.organization, rights) {
        (Some(organization), rights) => {
            let attributes = json!({"rights": rights.as_str()});
            api.put(&membership(&user, organization)?, "memberships", attributes).await?;
        }
        (None, RightsName::Admin) => api.act(&format!("/admin/users/{}/actions/grant_admin", id(&user)?)).await?,
        (None, _) => bail!("in the whole installation there is only --rights admin"),
    }
    eprintln!("{name} has these rights now");
    Ok(())
}

fn membership(user: &Value, organization: &str) -> anyhow::Result<String> {
    Ok(format!("/admin/users/{}/memberships/{}", id(user)?, part(organization)?))
}

/// For a query.
fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The first line, without its end.
fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password could not be read from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("there is no password on standard input");
    }
    Ok(password.to_owned())
}
