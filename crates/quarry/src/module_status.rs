//! `quarry module status`: how a module of a running server stands.

mod report;
mod table;

use anyhow::{Context, bail};
use domain::ModuleAddress;
use serde_json::{Value, json};

use crate::{
    api::{Api, id},
    command_line::{ModuleCommand, ModuleOptions, StatusOptions},
};

/// Unless all are asked for.
const NEWEST: usize = 20;
const LAST_DELIVERIES: usize = 5;

/// All that is known of a module.
struct Found {
    module: Value,
    /// Newest first.
    versions: Vec<Value>,
    /// Newest first; `None` for those who may not see them, and for modules without a repository.
    deliveries: Option<Vec<Value>>,
}

/// What the command is for is on standard output.
pub(crate) async fn run(options: &ModuleOptions) -> anyhow::Result<()> {
    let ModuleCommand::Status(wanted) = &options.command;
    let address = parse(&wanted.address)?;
    let found = read(&Api::open(&options.server)?, &address, wanted).await?;
    if wanted.json {
        println!(
            "{}",
            json!({"module": found.module, "versions": found.versions, "webhook-deliveries": found.deliveries})
        );
    } else {
        print!("{}", report::write(&address, &found));
    }
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<ModuleAddress> {
    let parts: Vec<&str> = text.split('/').collect();
    let [namespace, name, provider] = parts.as_slice() else {
        bail!("{text:?} is no address of a module: write NAMESPACE/NAME/PROVIDER, such as acme/vpc/aws");
    };
    let wrong = || format!("{text:?} is no address of a module");
    Ok(ModuleAddress {
        namespace: namespace.parse().with_context(wrong)?,
        name: name.parse().with_context(wrong)?,
        provider: provider.parse().with_context(wrong)?,
    })
}

async fn read(api: &Api, address: &ModuleAddress, options: &StatusOptions) -> anyhow::Result<Found> {
    // A module belongs to the organization that its namespace is called after.
    let path = format!("/organizations/{}/registry-modules/private/{address}", address.namespace);
    let missing = || format!("there is no module {address}, or the token may not see it");
    let module = api.find(&path).await?.with_context(missing)?;
    let most = if options.all { usize::MAX } else { NEWEST };
    let versions = api.list_pages(&format!("{path}/versions"), most).await?;
    let of_module = format!("/registry-modules/{}/webhook-deliveries", id(&module)?);
    let has_repository = module.pointer("/attributes/vcs-repo").is_some_and(Value::is_object);
    let deliveries = match has_repository {
        true => api.find(&format!("{of_module}?page%5Bsize%5D={LAST_DELIVERIES}")).await?,
        false => None,
    };
    Ok(Found { module, versions, deliveries: deliveries.and_then(|list| list.as_array().cloned()) })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_address_has_three_parts() {
        assert_eq!(parse("acme/vpc/aws").unwrap().to_string(), "acme/vpc/aws");
        for (text, said) in [
            ("vpc", "write NAMESPACE/NAME/PROVIDER"),
            ("registry.example.org/acme/vpc/aws", "write NAMESPACE/NAME/PROVIDER"),
            ("", "write NAMESPACE/NAME/PROVIDER"),
            ("acme/vpc/AWS", "Provider must be"),
            ("acme//aws", "Name must be"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
