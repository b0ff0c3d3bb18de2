//! The hidden command behind every child process.

use std::process::ExitCode;

use crate::command_line::Role;

/// Answers the parent until it goes. A parent that went away is no error of the child.
pub(crate) fn run(role: Role) -> ExitCode {
    let outcome = match role {
        Role::Git => ingestor::run_git_child(),
        Role::Unpack => ingestor::run_unpack_child(),
        Role::Read => parser::run_read_child(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quarry child: {error}");
            ExitCode::FAILURE
        }
    }
}
