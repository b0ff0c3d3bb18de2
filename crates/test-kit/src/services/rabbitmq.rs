//! A RabbitMQ of its own, with the management plugin.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::Kind;
use super::group::Group;
use super::http::request;
use super::install::{find_epmd, find_rabbitmq, install_missing};
use super::ports::Port;
use super::watch::{Engine, take_ended};

/// The same for all: each has a directory of nodes to itself, and the name is in the paths of its data.
const NODE: &str = "quarry-test@localhost";

/// Listens on 127.0.0.1 only; the login is `guest`/`guest`. Killed on drop, its data is kept.
pub struct RabbitMq {
    folder: PathBuf,
    program: PathBuf,
    listener: Port,
    management: Port,
    /// Between nodes of a cluster, and for `rabbitmqctl`.
    nodes: Port,
    directory: Port,
    group: Option<Group>,
    /// Erlang's directory of nodes. The one of the system stays out of it.
    epmd: Group,
}

impl RabbitMq {
    /// Makes a node in `folder`, unless there is one, and starts it.
    pub fn start(folder: &Path) -> Result<Self> {
        install_missing(&[Kind::RabbitMq])?;
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let directory = Port::reserve()?;
        let mut server = Self {
            program: find_rabbitmq().context("RabbitMQ was installed, but it is not where it should be")?,
            listener: Port::reserve()?,
            management: Port::reserve()?,
            nodes: Port::reserve()?,
            group: None,
            epmd: start_epmd(&directory, &folder)?,
            directory,
            folder,
        };
        server.write_settings()?;
        server.start_again()?;
        Ok(server)
    }

    /// With the virtual host `/`.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.listener.number)
    }

    /// The address of the management API, with its login; virtual hosts may be made there.
    pub fn api(&self) -> String {
        format!("http://guest:guest@127.0.0.1:{}", self.management.number)
    }

    /// The command `rabbitmqctl` for this node, with what it needs in the environment; arguments may follow.
    pub fn control(&self) -> String {
        let beside = self.program.with_file_name("rabbitmqctl");
        let program = if beside.is_file() { beside } else { PathBuf::from("rabbitmqctl") };
        format!(
            "env HOME={} ERL_EPMD_PORT={} {} --node {NODE}",
            self.folder.display(),
            self.directory.number,
            program.display()
        )
    }

    pub fn port(&self) -> u16 {
        self.listener.number
    }

    /// SIGKILL to all its processes.
    pub fn kill(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), Group::kill)
    }

    /// An orderly stop; takes seconds.
    pub fn stop(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), |group| group.stop(Signal::TERM))
    }

    /// Starts it on the same ports and data, and waits until it answers. Nothing happens if it runs.
    pub fn start_again(&mut self) -> Result<()> {
        if self.group.is_some() {
            return Ok(());
        }
        let mut group = Group::start("RabbitMQ", self.command(), &self.folder.join("log"), "KILL")?;
        let api = self.api();
        let manages = || request(&api, "GET", "/api/overview", "").is_ok_and(|answer| answer.status == 200);
        group.wait_until(|| answers(self.listener.number) && manages())?;
        self.group = Some(group);
        Ok(())
    }

    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.start_again()
    }

    /// Nobody answers until [`Self::resume`]; connections stay open.
    pub fn pause(&self) {
        self.group.iter().for_each(Group::pause);
    }

    pub fn resume(&self) {
        self.group.iter().for_each(Group::resume);
    }

    fn write_settings(&self) -> Result<()> {
        let settings = format!(
            "listeners.tcp.1 = 127.0.0.1:{}\n\
             management.tcp.ip = 127.0.0.1\n\
             management.tcp.port = {}\n\
             vm_memory_high_watermark.absolute = 2GB\n\
             disk_free_limit.absolute = 50MB\n",
            self.listener.number, self.management.number
        );
        std::fs::write(self.folder.join("rabbitmq.conf"), settings)?;
        std::fs::write(self.folder.join("enabled_plugins"), "[rabbitmq_management].\n")?;
        std::fs::write(self.folder.join("environment"), "")?;
        std::fs::create_dir_all(self.folder.join("conf.d"))?;
        Ok(())
    }

    /// Every file and folder that it would look for in those of the system is named.
    fn command(&self) -> Command {
        let own = |name| self.folder.join(name);
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", &self.folder)
            .env("RABBITMQ_NODENAME", NODE)
            .env("RABBITMQ_DIST_PORT", self.nodes.number.to_string())
            .env("ERL_EPMD_PORT", self.directory.number.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_CONF_ENV_FILE", own("environment"))
            .env("RABBITMQ_CONFIG_FILE", own("rabbitmq.conf"))
            .env("RABBITMQ_CONFIG_FILES", own("conf.d"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", own("advanced.config"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", own("generated"))
            .env("RABBITMQ_SCHEMA_DIR", own("schema"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", own("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", own("mnesia"))
            .env("RABBITMQ_LOG_BASE", own("logs"))
            .env("RABBITMQ_PID_FILE", own("pid"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
        command
    }
}

impl Engine for RabbitMq {
    const NAME: &'static str = "rabbitmq";

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if let Some(status) = self.epmd.ended()? {
            // The node enters itself again.
            self.epmd = start_epmd(&self.directory, &self.folder)?;
            eprintln!("epmd of rabbitmq ended ({status}); started again, pid {}", self.epmd.pid());
        }
        take_ended(&mut self.group)
    }

    fn start_again(&mut self) -> Result<()> {
        Self::start_again(self)
    }

    /// The node itself writes its process id there; the program that we started is a script around it.
    fn folder(&self) -> &Path {
        &self.folder
    }
}

fn start_epmd(port: &Port, folder: &Path) -> Result<Group> {
    let mut command = Command::new(find_epmd().context("Erlang was installed, but epmd is not where it should be")?);
    command.args(["-address", "127.0.0.1", "-port", &port.number.to_string()]).env_clear();
    let mut epmd = Group::start("epmd", command, &folder.join("epmd.log"), "KILL")?;
    epmd.wait_until(|| answers(port.number))?;
    Ok(epmd)
}

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
