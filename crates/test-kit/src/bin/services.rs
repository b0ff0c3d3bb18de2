//! Runs a command with private PostgreSQL, RabbitMQ and S3 servers, or keeps such servers for work.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;
use test_kit::services::{
    Kind, Leash, Services, end_children_until, install_missing, kill_tree, serve_s3, terminate_tree,
};
use tokio::signal::unix::{SignalKind, signal};

/// Starts private test servers, runs COMMAND with variables that name them, and stops them. What dies meanwhile is started
/// again. Without COMMAND it prints the variables and keeps the servers until Ctrl-C.
#[derive(Parser)]
#[command(name = "services", args_conflicts_with_subcommands = true)]
struct Options {
    /// Where data is kept; otherwise in a temporary folder that goes away
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Some of the servers only: postgres, rabbitmq, s3
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<Kind>,
    /// End as by Ctrl-C when the process that started this one ends, however that ends
    #[arg(long)]
    end_with_parent: bool,
    /// What to run, after `--`
    #[arg(last = true)]
    command: Vec<OsString>,
    #[command(subcommand)]
    server: Option<Server>,
}

#[derive(clap::Subcommand)]
enum Server {
    /// The S3 server itself, until it is killed
    #[command(hide = true)]
    S3 {
        #[arg(long)]
        root: PathBuf,
        #[arg(long)]
        listen: SocketAddr,
    },
}

/// What the main thread waits for.
enum Event {
    Started(Result<Box<Services>>),
    Ended(std::io::Result<ExitStatus>),
    /// By this signal.
    Interrupted(u8),
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if let Some(Server::S3 { root, listen }) = options.server {
        serve_s3(&root, listen)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.end_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM))?;
    }
    let kinds = if options.only.is_empty() { Kind::ALL.to_vec() } else { options.only };
    // Before anything is caught, so that an interruption here does not cut a package manager off.
    install_missing(&kinds)?;
    let temporary = if options.folder.is_none() { Some(TempDir::with_prefix("quarry-services-")?) } else { None };
    let _leash = temporary.as_ref().map(|folder| Leash::removes_folder(folder.path())).transpose()?;
    let folder = options.folder.as_deref().or(temporary.as_ref().map(TempDir::path)).context("no folder")?;
    let runner = Runner::new()?;
    let services = match runner.start(folder, &kinds)? {
        Ok(services) => services,
        Err(interrupted) => return Ok(interrupted),
    };
    let variables = services.variables();
    if options.command.is_empty() {
        describe(&services);
    }
    let watch = services.watch();
    let status = if options.command.is_empty() {
        runner.wait_for_interruption()
    } else {
        runner.run(&options.command, variables)
    };
    // Nobody needs what is in a temporary folder: there the servers are killed.
    let patience = if temporary.is_none() { Duration::from_secs(20) } else { Duration::ZERO };
    let mut services = watch.end(patience)?;
    if temporary.is_none() {
        services.stop()?;
    }
    status
}

/// Waits for processes and signals at the same time.
struct Runner {
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Runner {
    /// From now on signals do not end this process by themselves.
    fn new() -> Result<Self> {
        let (sender, events) = channel();
        catch_signals(sender.clone())?;
        Ok(Self { sender, events })
    }

    /// The servers, or the status to exit with if an interruption came before they were there.
    fn start(&self, folder: &Path, kinds: &[Kind]) -> Result<Result<Services, ExitCode>> {
        let (folder, kinds, sender) = (folder.to_owned(), kinds.to_owned(), self.sender.clone());
        let starting = thread::spawn(move || {
            let services = Services::start(&folder, &kinds);
            let _ = sender.send(Event::Started(services.map(Box::new)));
        });
        match self.events.recv()? {
            Event::Started(services) => Ok(Ok(*services?)),
            Event::Interrupted(signal) => {
                end_children_until(|| starting.is_finished())?;
                Ok(Err(ExitCode::from(128 + signal)))
            }
            Event::Ended(_) => bail!("no command runs yet"),
        }
    }

    /// Runs the command to its end. An interruption is passed on to it and all that it started; they have ten seconds.
    fn run(&self, command: &[OsString], variables: Vec<(&'static str, String)>) -> Result<ExitCode> {
        let (program, arguments) = command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(variables);
        let mut process = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let pid = process.id();
        let sender = self.sender.clone();
        thread::spawn(move || sender.send(Event::Ended(process.wait())));
        match self.events.recv()? {
            Event::Ended(status) => Ok(exit_code(status?)),
            Event::Interrupted(signal) => {
                terminate_tree(pid);
                let ended = self.events.recv_timeout(Duration::from_secs(10));
                if !matches!(ended, Ok(Event::Ended(_))) {
                    kill_tree(pid)?;
                }
                Ok(ExitCode::from(128 + signal))
            }
            Event::Started(_) => bail!("the servers run already"),
        }
    }

    fn wait_for_interruption(&self) -> Result<ExitCode> {
        while !matches!(self.events.recv()?, Event::Interrupted(_)) {}
        Ok(ExitCode::SUCCESS)
    }
}

/// As a shell has it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn describe(services: &Services) {
    for (name, value) in services.variables() {
        println!("export {name}='{value}'");
    }
    if let Some(rabbitmq) = &services.rabbitmq {
        let address = rabbitmq.api().replace("guest:guest@", "");
        println!(
            "# RabbitMQ shows its queues at {address} (guest/guest); `{} list_queues` does so, too.",
            rabbitmq.control()
        );
    }
    println!("# Ctrl-C or `kill {}` stops the servers; what dies is started again.", std::process::id());
}

/// From now on SIGINT, SIGTERM and SIGHUP are events.
fn catch_signals(sender: Sender<Event>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(entered);
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let number = tokio::select! {
                    _ = hangup.recv() => 1,
                    _ = interrupt.recv() => 2,
                    _ = terminate.recv() => 15,
                };
                if sender.send(Event::Interrupted(number)).is_err() {
                    return;
                }
            }
        });
    });
    Ok(())
}
