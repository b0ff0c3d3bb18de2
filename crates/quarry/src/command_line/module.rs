//! What can be typed about modules.

use clap::{Args, Subcommand};

use super::ServerOptions;

#[derive(Debug, Args)]
pub(crate) struct ModuleOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) command: ModuleCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModuleCommand {
    /// Shows a module, its repository, what the Git server told of it, and its versions, newest first.
    Status(StatusOptions),
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// As in the source of a module block, without the host: NAMESPACE/NAME/PROVIDER
    #[arg(value_name = "NAMESPACE/NAME/PROVIDER")]
    pub(crate) address: String,
    /// Every version, and not only the newest 20.
    #[arg(long)]
    pub(crate) all: bool,
    /// One JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}
