//! What can be typed.

mod access;
mod module;
mod scopes;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use access::{
    AuditOptions, NewTokenOptions, Place, RightsName, TokenCommand, TokenOptions, TokenOwner, UserCommand, UserOptions,
};
pub(crate) use module::{ModuleCommand, ModuleOptions, StatusOptions};
pub(crate) use scopes::{AccountCommand, AccountOptions, EnvironmentCommand, EnvironmentOptions};

/// A private registry for Terraform and OpenTofu modules.
#[derive(Debug, Parser)]
#[command(name = "quarry", version, max_term_width = 110)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs every role in one process, on a data directory of its own.
    Serve(RoleOptions),
    /// Runs one role: what clients talk to. Needs PostgreSQL and RabbitMQ.
    Gateway(RoleOptions),
    /// Runs one role: downloads and uploads. Needs PostgreSQL, RabbitMQ and a store of blobs.
    Archivist(RoleOptions),
    /// Runs one role: Git tags and uploads to archives. Needs PostgreSQL, RabbitMQ and a store of blobs.
    Ingestor(RoleOptions),
    /// Runs one role: archives to documentation. Needs PostgreSQL, RabbitMQ and a store of blobs.
    Parser(RoleOptions),
    /// Brings a PostgreSQL database up to this release and sets it up. Safe to repeat.
    Migrate(RoleOptions),
    /// Makes and changes the keys of an installation.
    Keys(KeysOptions),
    /// Publishes a Git repository on a running server, and waits until its versions can be installed.
    Publish(PublishOptions),
    /// Makes, shows and revokes tokens of a running server.
    Token(TokenOptions),
    /// Makes, shows and deletes users of a running server, and says what they may do.
    User(UserOptions),
    /// Makes, shows, renames and deletes accounts of a running server, which own modules and connections.
    Account(AccountOptions),
    /// Makes, shows, renames and deletes environments of accounts.
    Environment(EnvironmentOptions),
    /// Shows how a module of a running server stands.
    Module(ModuleOptions),
    /// Shows who changed what on a running server, newest first.
    Audit(AuditOptions),
    /// Handles hostile bytes for a parent process.
    #[command(hide = true)]
    Child { role: Role },
}

#[derive(Debug, Args)]
pub(crate) struct RoleOptions {
    /// TOML file with settings; the environment (QUARRY_…) wins over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeysOptions {
    /// TOML file with settings; the environment (QUARRY_…) wins over it.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Prints a full set of fresh keys, as settings.
    New,
    /// One step of changing a list of keys while everything goes on: prepare, switch, retire.
    Rotate {
        list: RotatedList,
        #[arg(long)]
        step: RotationStep,
    },
    /// Seals every secret in the database anew, under the first key of QUARRY_SEAL_KEYS.
    Rewrap,
}

/// Which keys are changed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RotatedList {
    /// QUARRY_LINK_KEYS
    Link,
    /// QUARRY_SEAL_KEYS
    Seal,
}

/// Between two steps every process is started anew with the printed list, one after the other.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RotationStep {
    /// Adds a fresh key at the end: everybody learns to open with it.
    Prepare,
    /// Moves the last key to the front: it is used from now on.
    Switch,
    /// Leaves only the first key.
    Retire,
}

/// What a child is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    Git,
    Unpack,
    Read,
}

/// A running server, and the token for it.
#[derive(Debug, Args)]
pub(crate) struct ServerOptions {
    /// Address of the registry.
    #[arg(long, env = "QUARRY_SERVER", default_value = "http://127.0.0.1:8080", global = true)]
    pub(crate) server: String,
    /// File with the API token. QUARRY_TOKEN, if set, is used instead.
    #[arg(long, value_name = "FILE", default_value = "./data/admin-token", global = true)]
    pub(crate) token_file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PublishOptions {
    /// Address of the repository, as `git clone` takes it: `https://host/path/terraform-<PROVIDER>-<NAME>.git`
    #[arg(value_name = "GIT-URL")]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    /// Organization that the module belongs to; made if it is missing.
    #[arg(long, default_value = "main")]
    pub(crate) organization: String,
    /// Name of the module, where the repository is not called `terraform-<PROVIDER>-<NAME>`.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Provider of the module, likewise.
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// Directory of the module in the repository.
    #[arg(long, default_value = "")]
    pub(crate) directory: String,
    /// Text before the version in the tags.
    #[arg(long, default_value = "")]
    pub(crate) tag_prefix: String,
    /// User name at the Git server. Its token or password, or over ssh its private key, is read from QUARRY_GIT_TOKEN.
    #[arg(long)]
    pub(crate) git_user: Option<String>,
}
