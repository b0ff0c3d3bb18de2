//! `make run-distributed`: every role as processes of its own, on a private PostgreSQL, RabbitMQ and S3 server, with a sample
//! module; what dies is started again, so that one can kill whatever one likes and watch.

mod explain;

use std::{
    fs::{File, Permissions},
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;
use test_kit::{
    Cluster, GitServer, SampleRepository, binary,
    cluster::{Member, Plan, Roles},
    services::Leash,
};
use tokio::signal::unix::{SignalKind, signal};

/// Between two looks whether all processes run.
const LOOK: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() -> Result<()> {
    // `services`, which has the engines: without it there is nothing to run on.
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let folder =
        tempfile::Builder::new().prefix("quarry-distributed-").permissions(Permissions::from_mode(0o700)).tempdir()?;
    let _leash = Leash::removes_folder(folder.path())?;
    let repositories = folder.path().join("repositories");
    std::fs::create_dir_all(&repositories)?;
    make_sample(&repositories)?;
    let git = GitServer::start(&repositories)?;
    let mut cluster = start_cluster(&folder)?;
    let files = write_files(&folder, &cluster)?;
    publish(&cluster, &git.url(), &files.token)?;
    explain::print(&cluster, &git.url(), &files)?;
    supervise(&mut cluster).await?;
    println!("\nStopping");
    cluster.terminate_all()?;
    Ok(())
}

fn make_sample(repositories: &Path) -> Result<()> {
    let sample = SampleRepository::create(repositories, "terraform-demo-sample.git")?;
    for (tag, text) in [("v1.0.0", "The first release."), ("v1.1.0", "Now with tags."), ("v2.0.0", "A new name.")] {
        let main = format!(
            "# {text}\nvariable \"name\" {{\n  type = string\n}}\n\noutput \"name\" {{\n  value = var.name\n}}\n"
        );
        sample.commit(&[("README.md", &format!("# Sample\n\n{text}\n")), ("main.tf", &main)])?;
        sample.tag(tag)?;
    }
    Ok(())
}

fn start_cluster(folder: &TempDir) -> Result<Cluster> {
    let address = |setting: &str, default: &str| std::env::var(setting).unwrap_or_else(|_| default.to_owned());
    let plan = Plan::new(Roles { gateways: 2, archivists: 2, ingestors: 2, parsers: 2 })
        .in_folder(&folder.path().join("processes"))
        .listening(&address("QUARRY_LISTEN", "127.0.0.1:8080"), &address("QUARRY_ARCHIVIST_LISTEN", "127.0.0.1:8081"));
    Cluster::start_as(plan).context(
        "if an address is taken, choose others: \
         QUARRY_LISTEN=127.0.0.1:8180 QUARRY_ARCHIVIST_LISTEN=127.0.0.1:8181 make run-distributed",
    )
}

/// What is written for whoever tries it.
struct Files {
    /// The administrator's token.
    token: PathBuf,
    /// A configuration of tofu and terraform.
    cli: PathBuf,
}

fn write_files(folder: &TempDir, cluster: &Cluster) -> Result<Files> {
    let files = Files { token: folder.path().join("admin-token"), cli: folder.path().join("cli.tfrc") };
    let mut token = File::options().write(true).create_new(true).mode(0o600).open(&files.token)?;
    token.write_all(cluster.admin_token()?.as_bytes())?;
    std::fs::write(&files.cli, explain::cli_configuration(&cluster.url()))?;
    Ok(files)
}

fn publish(cluster: &Cluster, git: &str, token_file: &Path) -> Result<()> {
    let status = Command::new(binary()?)
        .args(["publish", &format!("{git}/terraform-demo-sample.git"), "--organization", "acme"])
        .args(["--server", &cluster.url(), "--token-file"])
        .arg(token_file)
        .status()?;
    ensure!(status.success(), "publishing the sample failed");
    Ok(())
}

/// Until Ctrl-C or SIGTERM.
async fn supervise(cluster: &mut Cluster) -> Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            () = tokio::time::sleep(LOOK) => {}
        }
        cluster.all_mut().iter_mut().try_for_each(start_again)?;
    }
}

/// Whoever does not start, because it was killed at once or misses something, is tried again at the next look.
fn start_again(member: &mut Member) -> Result<()> {
    let status = member.ended()?;
    if member.pid().is_some() {
        return Ok(());
    }
    let how = status.map_or_else(String::new, |status| format!(" ended ({status});"));
    match member.start() {
        Ok(()) => println!("{}{how} started again, pid {}", member.name(), explain::pid_of(member)),
        Err(error) => println!("{}{how} does not start: {error:#}", member.name()),
    }
    Ok(())
}
