//! What is told to whoever tries it: where everything is, how to look at it, and what to do next.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use test_kit::{
    Cluster, binary,
    cluster::Member,
    services::{S3Server, s3_folder},
};

use super::Files;

/// Prints all of it.
pub(super) fn print(cluster: &Cluster, git: &str, files: &Files) -> Result<()> {
    print_processes(cluster)?;
    print_engines(cluster)?;
    print_next_steps(cluster, git, files)
}

/// The block by which tofu and terraform find a registry of this machine.
pub(super) fn cli_configuration(url: &str) -> String {
    format!("host \"quarry.local\" {{\n  services = {{ \"modules.v1\" = \"{url}/api/registry/v1/modules/\" }}\n}}\n")
}

/// Empty while it does not run.
pub(super) fn pid_of(member: &Member) -> String {
    member.pid().map_or_else(String::new, |pid| pid.to_string())
}

fn print_processes(cluster: &Cluster) -> Result<()> {
    println!("\n{:12} {:8} {:24} log", "process", "pid", "address");
    for member in cluster.all() {
        let log = member.data_dir().with_file_name("log");
        print_process(member.name(), &pid_of(member), &member.url()?, &log);
    }
    let endpoint = of_services("AWS_ENDPOINT_URL")?;
    let servers = [
        ("postgres", host(&cluster.engines().addresses.database_url)),
        ("rabbitmq", host(&cluster.engines().addresses.broker_url)),
        ("s3", host(&endpoint)),
    ];
    let folder = PathBuf::from(of_services("QUARRY_TEST_SERVICES")?);
    for (name, address) in servers {
        let pid = std::fs::read_to_string(folder.join(name).join("pid"))?;
        print_process(name, pid.trim(), address, &folder.join(name).join("log"));
    }
    println!(
        "\nKill what you like (`kill -9 PID`, also `kill -STOP PID` and `kill -CONT PID`): what dies is started again, which is\n\
         said here with its new pid. A process gets another address then; clients use the two below, which pass requests on to\n\
         those that are ready."
    );
    Ok(())
}

fn print_process(name: &str, pid: &str, address: &str, log: &Path) {
    println!("{name:12} {pid:8} {address:24} {}", log.display());
}

fn print_engines(cluster: &Cluster) -> Result<()> {
    let engines = cluster.engines();
    let (management, control) = (of_services("QUARRY_TEST_RABBITMQ_API")?, of_services("QUARRY_TEST_RABBITMQCTL")?);
    let virtual_host = engines.virtual_host.name();
    println!(
        "\nThe registry  {}    uploads and downloads {}\n\
         RabbitMQ      {} with guest / guest, virtual host {virtual_host}; over AMQP {}\n\
         \x20             {control} --vhost {virtual_host} list_queues name messages consumers\n\
         PostgreSQL    psql {}\n\
         S3            {} with {} / {}, region {}; blobs below {},\n\
         \x20             which are files in {}",
        cluster.url(),
        cluster.archivist_url(),
        management.replace("guest:guest@", ""),
        engines.addresses.broker_url,
        engines.addresses.database_url,
        of_services("AWS_ENDPOINT_URL")?,
        S3Server::ACCESS_KEY_ID,
        S3Server::SECRET_ACCESS_KEY,
        S3Server::REGION,
        engines.addresses.blobs_url,
        s3_folder()?.display(),
    );
    Ok(())
}

fn print_next_steps(cluster: &Cluster, git: &str, files: &Files) -> Result<()> {
    let quarry = from_here(&binary()?);
    let git_server = quarry.with_file_name("git-http-server");
    let (server, token_file) = (cluster.url(), files.token.display());
    println!(
        "\nTo install the sample with tofu or terraform, put the module block above into a file main.tf, and beside it:\n\
         \n\
         \x20 export TF_CLI_CONFIG_FILE={cli}\n\
         \x20 export TF_TOKEN_quarry_local=\"$(cat {token_file})\"\n\
         \x20 tofu init\n\
         \n\
         That file says where `quarry.local` is; see \"Use a module\" in README.md.\n\
         \n\
         To publish again (after a new tag), or another repository:\n\
         \n\
         \x20 {quarry} publish {git}/terraform-demo-sample.git --organization acme --server {server} --token-file {token_file}\n\
         \n\
         Any Git server may stand there that answers smart http or https, also one on 127.0.0.1. For the bare repositories of\n\
         a folder this is one: `{git_server} --root FOLDER --listen 127.0.0.1:3000`, with http://127.0.0.1:3000/NAME.git\n\
         \n\
         Ctrl-C or `kill {own}` stops everything; nothing is kept.",
        cli = files.cli.display(),
        quarry = quarry.display(),
        git_server = git_server.display(),
        own = std::process::id(),
    );
    Ok(())
}

/// What `services` says.
fn of_services(name: &str) -> Result<String> {
    std::env::var(name).context("run it through `make run-distributed`")
}

/// `host:port` of an address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// As one would type it in the current directory.
fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}
