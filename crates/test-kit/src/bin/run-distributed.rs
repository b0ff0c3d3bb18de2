//! `make run-distributed`: every role as processes of its own, on a private PostgreSQL, RabbitMQ and S3 server, with a sample
//! module; what dies is started again, so that one can kill whatever one likes and watch.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use test_kit::{
    Cluster, GitServer, SampleRepository, binary,
    cluster::{Plan, Role, Roles},
};
use tokio::signal::unix::{SignalKind, signal};

/// Between two looks whether all processes run.
const LOOK: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() -> Result<()> {
    let folder = TempDir::with_prefix("quarry-distributed-")?;
    let repositories = folder.path().join("repositories");
    std::fs::create_dir_all(&repositories)?;
    make_sample(&repositories)?;
    let git = GitServer::start(&repositories)?;
    let address = |setting: &str, default: &str| std::env::var(setting).unwrap_or_else(|_| default.to_owned());
    let plan = Plan::new(Roles { gateways: 2, archivists: 2, ingestors: 2, parsers: 2 })
        .in_folder(&folder.path().join("processes"))
        .listening(&address("QUARRY_LISTEN", "127.0.0.1:8080"), &address("QUARRY_ARCHIVIST_LISTEN", "127.0.0.1:8081"));
    let mut cluster = Cluster::start_as(plan)?;
    let token_file = folder.path().join("admin-token");
    std::fs::write(&token_file, cluster.admin_token()?)?;
    publish(&cluster, &git.url(), &token_file)?;
    explain(&cluster, &git.url(), &token_file)?;
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

fn publish(cluster: &Cluster, git: &str, token_file: &Path) -> Result<()> {
    let status = Command::new(binary()?)
        .args(["publish", &format!("{git}/terraform-demo-sample.git"), "--organization", "acme"])
        .args(["--server", &cluster.url(), "--token-file"])
        .arg(token_file)
        .status()?;
    ensure!(status.success(), "publishing the sample failed");
    Ok(())
}

fn explain(cluster: &Cluster, git: &str, token_file: &Path) -> Result<()> {
    let engines = cluster.engines();
    let management = std::env::var("QUARRY_TEST_RABBITMQ_API").context("run it through `make run-distributed`")?;
    println!(
        "\nThe registry    {}    uploads and downloads {}\n\
         its token       {}\n\
         RabbitMQ        {management}   guest / guest, virtual host {}\n\
         PostgreSQL      psql {}\n\
         blobs           {}\n",
        cluster.url(),
        cluster.archivist_url(),
        token_file.display(),
        engines.virtual_host.name(),
        engines.addresses.database_url,
        engines.addresses.blobs_url,
    );
    for member in cluster.all() {
        let pid = member.pid().map_or_else(String::new, |pid| pid.to_string());
        println!("{:15} pid {pid:8} log {}", member.name(), member.data_dir().with_file_name("log").display());
    }
    println!(
        "\nPublish something large, and kill what you like (`kill -9 PID`, `kill -STOP PID`): what dies is started again.\n\
         \n\
         \x20 quarry publish {git}/terraform-demo-sample.git --organization acme --server {} --token-file {}\n\
         \n\
         Ctrl-C stops everything; nothing is kept.",
        cluster.url(),
        token_file.display()
    );
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
        for role in Role::ALL {
            for member in cluster.members_mut(role) {
                if let Some(status) = member.ended()? {
                    member.start()?;
                    let pid = member.pid().map_or_else(String::new, |pid| pid.to_string());
                    println!("{} ended ({status}); started again, pid {pid}", member.name());
                }
            }
        }
    }
}
