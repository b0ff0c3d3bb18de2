#![doc = include_str!("../README.md")]

mod child;
mod command_line;
mod data_dir;
mod first_start;
mod listeners;
mod publish;
mod serve;

use clap::Parser;

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
        Command::Publish(options) => runtime.block_on(publish::run(options)),
        Command::Child { .. } => Ok(()),
    }
}
