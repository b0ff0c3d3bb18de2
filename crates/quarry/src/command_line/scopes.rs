//! What can be typed about accounts and environments.

use clap::{Args, Subcommand};

use super::ServerOptions;

#[derive(Debug, Args)]
pub(crate) struct AccountOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Makes an account and prints its id.
    Create {
        name: String,
        #[arg(long, default_value = "")]
        email: String,
    },
    /// Shows accounts, by name.
    List,
    /// Gives an account another name. The old one goes on in addresses until somebody else takes it.
    Rename { name: String, new_name: String },
    /// Deletes an account with everything in it. Its environments and module namespaces must be gone.
    Delete { name: String },
}

#[derive(Debug, Args)]
pub(crate) struct EnvironmentOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) command: EnvironmentCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EnvironmentCommand {
    /// Makes an environment and prints its id.
    Create {
        name: String,
        /// The account that it belongs to.
        #[arg(long, default_value = "default")]
        account: String,
    },
    /// Shows environments, by name.
    List {
        /// Only of this account.
        #[arg(long)]
        account: Option<String>,
    },
    /// Gives an environment another name. The old one goes on in addresses until somebody else takes it.
    Rename { name: String, new_name: String },
    /// Deletes an environment with everything in it.
    Delete { name: String },
}
