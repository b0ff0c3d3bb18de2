//! A distributed Quarry on this machine: real processes of every role, on a database, a virtual host and an S3 prefix
//! of their own.

mod balancer;
mod engines;
mod keeper;
mod member;
mod plan;
mod role;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

pub use balancer::Balancer;
pub use engines::{Engines, PrivateEngines};
pub use member::{Ended, Member};
pub use plan::Plan;
pub use role::{Role, Roles};

use crate::{Api, quarry_server::binary};
use keeper::Keeper;

/// Clients talk to two addresses that stay the same, whatever becomes of single processes: that of the gateways and that
/// of the archivists. All processes are killed on drop, or when this process ends.
pub struct Cluster {
    members: Vec<Member>,
    keeper: Keeper,
    gateways: Balancer,
    archivists: Balancer,
    keys: Vec<(String, String)>,
    settings: Vec<(Option<Role>, String, String)>,
    folder: PathBuf,
    engines: PrivateEngines,
    _temporary: Option<TempDir>,
}

impl Cluster {
    /// Comes back when every process is ready.
    pub fn start(roles: Roles) -> Result<Self> {
        Self::start_as(Plan::new(roles))
    }

    /// The same by a plan.
    pub fn start_as(plan: Plan) -> Result<Self> {
        let mut cluster = Self::prepare(plan)?;
        cluster.migrate()?;
        cluster.start_all()?;
        Ok(cluster)
    }

    /// Everything but the processes: the database is empty.
    pub fn prepare(plan: Plan) -> Result<Self> {
        let temporary = if plan.folder.is_none() { Some(TempDir::with_prefix("quarry-cluster-")?) } else { None };
        let folder = plan.folder.as_deref().or(temporary.as_ref().map(TempDir::path)).context("no folder")?.to_owned();
        std::fs::create_dir_all(&folder)?;
        let engines = plan.engines.map_or_else(PrivateEngines::create, Ok)?;
        let mut cluster = Self {
            members: Vec::new(),
            keeper: Keeper::start()?,
            gateways: balancer(plan.addresses.as_ref().map(|(gateways, _)| gateways))?,
            archivists: balancer(plan.addresses.as_ref().map(|(_, archivists)| archivists))?,
            keys: fresh_keys()?,
            settings: plan.settings,
            folder,
            engines,
            _temporary: temporary,
        };
        for role in Role::ALL {
            for _ in 0..plan.roles.count(role) {
                cluster.add(role);
            }
        }
        Ok(cluster)
    }

    /// Runs `quarry migrate`.
    pub fn migrate(&self) -> Result<()> {
        let output = self.command(&["migrate"])?.output()?;
        let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "quarry migrate failed ({}): {said}{logged}", output.status);
        Ok(())
    }

    /// A command of `quarry` with the database and all keys, such as `migrate` or `keys rewrap`.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env_clear().envs(self.engines.addresses.of_database()).envs(self.keys.clone());
        for (role, name, value) in &self.settings {
            if role.is_none() {
                command.env(name, value);
            }
        }
        Ok(command)
    }

    /// One more process of a role, which is not started yet.
    pub fn add(&mut self, role: Role) -> &mut Member {
        let number = self.members(role).count() + 1;
        let backend = match role {
            Role::Gateway => Some(self.gateways.add()),
            Role::Archivist => Some(self.archivists.add()),
            Role::Ingestor | Role::Parser => None,
        };
        let mut member = Member::new(role, number, &self.folder, self.keeper.group(), backend);
        member.set_settings(self.settings_of(role));
        self.members.push(member);
        let last = self.members.len() - 1;
        &mut self.members[last]
    }

    /// From the next start of a process on. Also a key is replaced in this way.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.keys.iter_mut().find(|(key, _)| key == name) {
            Some((_, known)) => value.clone_into(known),
            None => self.settings.push((None, name.to_owned(), value.to_owned())),
        }
        for number in 0..self.members.len() {
            let settings = self.settings_of(self.members[number].role());
            self.members[number].set_settings(settings);
        }
    }

    fn settings_of(&self, role: Role) -> Vec<(String, String)> {
        let mut settings = vec![
            ("QUARRY_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("QUARRY_DRAIN_SECONDS".to_owned(), "0".to_owned()),
            ("QUARRY_VCS_ALLOWED_NETWORKS".to_owned(), "127.0.0.0/8".to_owned()),
            // In place, and never reached: one token does all the work of a test.
            ("QUARRY_RATE_LIMIT".to_owned(), "100000".to_owned()),
        ];
        match role {
            Role::Gateway => settings.extend([
                ("QUARRY_PUBLIC_URL".to_owned(), self.gateways.url()),
                ("QUARRY_ARCHIVIST_URL".to_owned(), self.archivists.url()),
            ]),
            Role::Archivist => settings.push(("QUARRY_ARCHIVIST_LISTEN".to_owned(), "127.0.0.1:0".to_owned())),
            Role::Ingestor => settings.push(("QUARRY_PUBLIC_URL".to_owned(), self.gateways.url())),
            Role::Parser => {}
        }
        settings.extend(role.engines(&self.engines.addresses));
        settings.extend(self.keys.iter().filter(|(name, _)| role.keys().contains(&name.as_str())).cloned());
        let chosen = self.settings.iter().filter(|(of, ..)| of.is_none_or(|of| of == role));
        settings.extend(chosen.map(|(_, name, value)| (name.clone(), value.clone())));
        settings
    }

    /// Starts all that do not run, at the same time; comes back when they are ready.
    pub fn start_all(&mut self) -> Result<()> {
        let mut idle: Vec<_> = self.members.iter_mut().filter(|member| member.pid().is_none()).collect();
        idle.iter_mut().try_for_each(|member| member.spawn())?;
        idle.iter_mut().try_for_each(|member| member.wait_until_it_listens())?;
        idle.iter_mut().try_for_each(|member| member.wait_until_ready())
    }

    /// SIGKILL to all of them.
    pub fn kill_all(&mut self) -> Result<()> {
        self.members.iter_mut().try_for_each(Member::kill)
    }

    /// SIGTERM to all that run, at the same time, and wait until they have stopped by themselves.
    pub fn terminate_all(&mut self) -> Result<Vec<Ended>> {
        let mut running: Vec<_> = self.members.iter_mut().filter(|member| member.pid().is_some()).collect();
        let start = Instant::now();
        running.iter().try_for_each(|member| member.begin_to_terminate())?;
        running.iter_mut().map(|member| member.wait_for_end(start)).collect()
    }

    /// Of the gateways.
    pub fn url(&self) -> String {
        self.gateways.url()
    }

    pub fn archivist_url(&self) -> String {
        self.archivists.url()
    }

    /// The value of a key, such as `QUARRY_LINK_KEYS`.
    pub fn key(&self, name: &str) -> Result<&str> {
        let found = self.keys.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("there is no key {name}"))
    }

    pub fn admin_token(&self) -> Result<&str> {
        self.key("QUARRY_ADMIN_TOKEN")
    }

    /// A client with the administrator's token.
    pub fn api(&self) -> Result<Api> {
        Api::new(&self.url(), self.admin_token()?)
    }

    pub fn engines(&self) -> &PrivateEngines {
        &self.engines
    }

    /// With a folder for each process.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn all(&self) -> &[Member] {
        &self.members
    }

    pub fn all_mut(&mut self) -> &mut [Member] {
        &mut self.members
    }

    /// In the order of their numbers.
    pub fn members(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.role() == role)
    }

    pub fn members_mut(&mut self, role: Role) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut().filter(move |member| member.role() == role)
    }

    /// The process with this number, from 1.
    pub fn member(&mut self, role: Role, number: usize) -> Result<&mut Member> {
        let found = self.members_mut(role).nth(number.saturating_sub(1));
        found.with_context(|| format!("there is no {} {number}", role.name()))
    }

    /// What all of them logged so far, one after the other.
    pub fn log(&self) -> String {
        self.members.iter().map(|member| format!("{}:\n{}", member.name(), member.log())).collect()
    }
}

fn balancer(address: Option<&String>) -> Result<Balancer> {
    address.map_or_else(Balancer::start, |address| Balancer::start_at(address))
}

/// As `quarry keys new` prints them.
fn fresh_keys() -> Result<Vec<(String, String)>> {
    let output = Command::new(binary()?).args(["keys", "new"]).env_clear().output()?;
    ensure!(output.status.success(), "quarry keys new failed: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout)?;
    let lines = printed.lines().filter_map(|line| line.split_once('='));
    Ok(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
