#![doc = include_str!("../README.md")]

mod api;
mod audit;
mod checks;
mod child;
mod command_line;
mod data_dir;
mod engines;
mod hear;
mod installation;
mod keys;
mod limits;
mod listeners;
mod migrate;
mod module_status;
mod process;
mod publish;
mod run_role;
mod scopes;
mod serve;
mod token;
mod user;

use clap::Parser;
use service_kit::Role;

use crate::command_line::{Command, CommandLine};

fn main() -> std::process::ExitCode {
    let command = CommandLine::parse().command;
    // Before anything else: a child has no settings, no log and no runtime.
    if let Command::Child { role } = command {
        return child::run(role);
    }
    match run(command) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quarry: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("the TLS library was set up twice"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match command {
        Command::Serve(options) => runtime.block_on(serve::run(&options)),
        Command::Gateway(options) => runtime.block_on(run_role::run(Role::Gateway, &options)),
        Command::Archivist(options) => runtime.block_on(run_role::run(Role::Archivist, &options)),
        Command::Ingestor(options) => runtime.block_on(run_role::run(Role::Ingestor, &options)),
        Command::Parser(options) => runtime.block_on(run_role::run(Role::Parser, &options)),
        Command::Migrate(options) => runtime.block_on(migrate::run(&options)),
        Command::Keys(options) => runtime.block_on(keys::run(&options)),
        Command::Publish(options) => runtime.block_on(publish::run(options)),
        Command::Token(options) => runtime.block_on(token::run(options)),
        Command::User(options) => runtime.block_on(user::run(options)),
        Command::Account(options) => runtime.block_on(scopes::run_account(options)),
        Command::Environment(options) => runtime.block_on(scopes::run_environment(options)),
        Command::Module(options) => runtime.block_on(module_status::run(&options)),
        Command::Audit(options) => runtime.block_on(audit::run(&options)),
        Command::Child { .. } => Ok(()),
    }
}
