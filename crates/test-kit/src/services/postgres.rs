//! A PostgreSQL of its own.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::Kind;
use super::group::Group;
use super::install::{find_postgres, install_missing, is_root};
use super::ports::Port;
use super::watch::{Engine, take_ended};

/// Listens on 127.0.0.1 only, lets everyone in as the superuser `postgres`. Stopped on drop, its data is kept.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    settings: Vec<(String, String)>,
    port: Port,
    group: Option<Group>,
}

impl Postgres {
    /// Makes a cluster in `folder`, unless there is one, and starts it. What it wrote survives its own death,
    /// not that of the machine: it does not wait for the disk.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::start_with(folder, &[])
    }

    /// The same with further settings of PostgreSQL, such as `("fsync", "on")`.
    pub fn start_with(folder: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        install_missing(&[Kind::Postgres])?;
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let mut server = Self {
            programs: find_postgres().context("PostgreSQL was installed, but it is not where it should be")?,
            settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            port: Port::reserve()?,
            group: None,
            folder,
        };
        server.give_folder_away()?;
        if !server.data().join("PG_VERSION").exists() {
            server.make_cluster()?;
        }
        server.start_again()?;
        Ok(server)
    }

    /// With the database `postgres`; others may be made there.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port.number)
    }

    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// SIGKILL to the server and to each of its sessions.
    pub fn kill(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), Group::kill)
    }

    /// An orderly stop that does not wait for sessions.
    pub fn stop(&mut self) -> Result<()> {
        self.group.take().map_or(Ok(()), |group| group.stop(Signal::INT))
    }

    /// Starts it on the same port and data, and waits until it has recovered. Nothing happens if it runs.
    pub fn start_again(&mut self) -> Result<()> {
        if self.group.is_some() {
            return Ok(());
        }
        let mut group = Group::start("PostgreSQL", self.command(), &self.folder.join("log"), "QUIT")?;
        let state = self.data().join("postmaster.pid");
        let pid = group.pid().to_string();
        // Its first line is the process, the eighth says how far it is; `pg_ctl` looks there, too.
        group.wait_until(|| {
            let text = std::fs::read_to_string(&state).unwrap_or_default();
            let line = |number| text.lines().nth(number).map(str::trim);
            line(0) == Some(pid.as_str()) && line(7) == Some("ready")
        })?;
        std::fs::write(self.folder.join("pid"), &pid)?;
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

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self) -> Command {
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data());
        let port = self.port.number.to_string();
        let ours = [
            ("port", port.as_str()),
            ("listen_addresses", "127.0.0.1"),
            // The path of a socket may have 107 bytes, and folders of tests have more.
            ("unix_socket_directories", ""),
            ("max_connections", "400"),
            ("fsync", "off"),
        ];
        let theirs = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in ours.into_iter().chain(theirs) {
            command.args(["-c", &format!("{name}={value}")]);
        }
        command
    }

    fn make_cluster(&self) -> Result<()> {
        let output = self
            .program("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(self.data())
            .output()
            .context("starting initdb")?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = match server_user() {
            None => Command::new(path),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                let (user, group) = (format!("--reuid={user}"), format!("--regid={group}"));
                command.args([&user, &group, "--clear-groups", "--"]).arg(path);
                command
            }
        };
        command.current_dir(&self.folder).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
        command
    }

    /// To the user that the server runs as; and that user must be able to walk there.
    fn give_folder_away(&self) -> Result<()> {
        let Some((user, group)) = server_user() else { return Ok(()) };
        chown(&self.folder, Some(user), Some(group))?;
        let temporary = std::env::temp_dir().canonicalize()?;
        for folder in self.folder.ancestors().skip(1) {
            let metadata = folder.metadata()?;
            if metadata.mode() & 0o001 != 0 {
                continue;
            }
            if !folder.starts_with(&temporary) {
                bail!("{} is closed to other users, and PostgreSQL does not run as root", folder.display());
            }
            std::fs::set_permissions(folder, PermissionsExt::from_mode(metadata.mode() | 0o011))?;
        }
        Ok(())
    }
}

impl Engine for Postgres {
    const NAME: &'static str = "postgres";

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

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once, but unlike SIGKILL it leaves no shared memory behind.
        if let Some(group) = self.group.take() {
            let _ = group.stop(Signal::QUIT);
        }
    }
}

/// Ids of the user and the group to run as, if this process is root.
fn server_user() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |wanted: &str| {
        let mut fields =
            users.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(wanted))?;
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    // `nobody` has this id where it has no line.
    ids("postgres").or_else(|| ids("nobody")).or(Some((65534, 65534)))
}
