//! An S3 server of its own, which checks signatures.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::group::Group;
use super::ports::Port;
use super::watch::{Engine, take_ended};

/// `services s3` of this build. Killed on drop, its data is kept.
pub struct S3Server {
    folder: PathBuf,
    port: Port,
    group: Option<Group>,
}

impl S3Server {
    pub const BUCKET: &str = "quarry";
    pub const ACCESS_KEY_ID: &str = "quarry-test";
    pub const SECRET_ACCESS_KEY: &str = "a-secret-for-tests";
    pub const REGION: &str = "us-east-1";

    /// Objects are files of `folder`. The bucket exists.
    pub fn start(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder.join("objects").join(Self::BUCKET))?;
        let mut server = Self { folder: folder.canonicalize()?, port: Port::reserve()?, group: None };
        server.start_again()?;
        Ok(server)
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number)
    }

    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// Where the objects of the bucket lie as files, for tests that alter them.
    pub fn bucket_folder(&self) -> PathBuf {
        self.folder.join("objects").join(Self::BUCKET)
    }

    /// The standard variables by which clients find this server and log in.
    pub fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ACCESS_KEY_ID", Self::ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", Self::SECRET_ACCESS_KEY.to_owned()),
            ("AWS_REGION", Self::REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
        ]
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), Group::kill)
    }

    /// SIGTERM, which ends it at once: it keeps nothing in memory.
    pub fn stop(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), |group| group.stop(Signal::TERM))
    }

    /// Starts it on the same port and data. Nothing happens if it runs.
    pub fn start_again(&mut self) -> Result<()> {
        if self.group.is_some() {
            return Ok(());
        }
        let address = format!("127.0.0.1:{}", self.port.number);
        let mut command = Command::new(services_binary()?);
        command.env_clear().arg("s3").arg("--root").arg(self.folder.join("objects")).args(["--listen", &address]);
        let mut group = Group::start("the S3 server", command, &self.folder.join("log"), "KILL")?;
        group.wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number)).is_ok())?;
        std::fs::write(self.folder.join("pid"), group.pid().to_string())?;
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
}

impl Engine for S3Server {
    const NAME: &'static str = "s3";

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        take_ended(&mut self.group)
    }

    fn start_again(&mut self) -> Result<()> {
        Self::start_again(self)
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}

/// `target/<profile>/services`: this program, or the one beside a program of the same build.
fn services_binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("services")).find(|path| path.is_file());
    if found.is_none() {
        bail!("the program `services` is missing: build it first (cargo build -p test-kit)");
    }
    found.context("no folder")
}
