//! What can be typed about tokens, users and the audit log.

use clap::{Args, Subcommand, ValueEnum};

use super::ServerOptions;

#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token and prints it, alone, on standard output: it is never shown again.
    Create(NewTokenOptions),
    /// Shows tokens, newest first.
    List {
        #[command(flatten)]
        of: TokenOwner,
    },
    /// Revokes a token: from then on nobody is let in with it.
    Revoke {
        /// As `quarry token list` shows it: at-…
        id: String,
    },
}

/// Whose tokens.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct TokenOwner {
    /// Of this organization, for its pipelines. Default: of the user who calls.
    #[arg(long)]
    pub(crate) organization: Option<String>,
    /// Of this user.
    #[arg(long)]
    pub(crate) user: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct NewTokenOptions {
    #[command(flatten)]
    pub(crate) of: TokenOwner,
    /// How much it allows: of an organization `read` unless told otherwise, of a user all that the user may do.
    #[arg(long)]
    pub(crate) rights: Option<RightsName>,
    /// What it is for.
    #[arg(long, default_value = "")]
    pub(crate) description: String,
    /// Until when it is good, such as 2030-01-31T09:00:00Z. Default: until it is revoked.
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<String>,
    /// Of a user: only for this organization. May be repeated.
    #[arg(long, value_name = "ORGANIZATION", conflicts_with = "organization")]
    pub(crate) only: Vec<String>,
}

/// Each includes the one before.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RightsName {
    Read,
    Publish,
    Admin,
}

impl RightsName {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct UserOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(subcommand)]
    pub(crate) command: UserCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Makes a user, who may do nothing yet, and prints its id.
    Create {
        name: String,
        #[arg(long)]
        email: Option<String>,
        /// Takes the first line of standard input as the password. Without one the user cannot sign in with a password.
        #[arg(long)]
        password_stdin: bool,
        /// May do everything everywhere.
        #[arg(long)]
        admin: bool,
    },
    /// Shows users, and what they may do.
    List,
    /// Deletes a user with all tokens.
    Delete { name: String },
    /// Gives a user rights in an organization, instead of those that it had there.
    Grant {
        name: String,
        #[command(flatten)]
        place: Place,
        /// How much; in the whole installation only `admin`.
        #[arg(long, default_value = "read", default_value_if("installation", "true", "admin"))]
        rights: RightsName,
    },
    /// Takes a user's rights, at once, whatever tokens there are.
    RevokeGrant {
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where rights are.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    #[arg(long)]
    pub(crate) organization: Option<String>,
    /// Everywhere, as an administrator.
    #[arg(long)]
    pub(crate) installation: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    /// Only of this organization, which takes only its owner. Default: of the whole installation.
    #[arg(long)]
    pub(crate) organization: Option<String>,
    /// Only this action, such as create-module.
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only what this user did: name or id.
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// From this time on, such as 2026-03-02T09:14:55Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The newest ones, so many.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    pub(crate) limit: usize,
    /// One JSON object for each entry, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}
