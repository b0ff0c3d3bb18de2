//! The registry under test: one embedded process, or a cluster on engines of this run. Clients see addresses that stay.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::task::block_in_place;

use crate::cluster::{Member, Role};
use crate::sqlite::ask_sqlite;
use crate::{Cluster, QuarryServer};

use super::Mode;
use super::engines::Engines;
use super::front::Front;
use super::plan::Plan;

pub(crate) enum System {
    Embedded(Box<Embedded>),
    Distributed(Box<Cluster>),
}

/// `quarry serve`, on one data directory for ever.
pub(crate) struct Embedded {
    server: Option<QuarryServer>,
    front: Front,
    data_dir: PathBuf,
    settings: Vec<(String, String)>,
}

impl System {
    pub(crate) async fn start(mode: Mode, folder: &Path, engines: Option<&Engines>, plan: &Plan) -> Result<Self> {
        match (mode, engines) {
            (Mode::Embedded, _) => Ok(Self::Embedded(Box::new(Embedded::start(folder, plan).await?))),
            (Mode::Distributed, Some(engines)) => {
                Ok(Self::Distributed(Box::new(block_in_place(|| Cluster::start_as(engines.plan(folder, plan)?))?)))
            }
            (Mode::Distributed, None) => bail!("the distributed mode needs engines"),
        }
    }

    /// How many processes there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Embedded(_) => 1,
            Self::Distributed(cluster) => cluster.all().len(),
        }
    }

    /// SIGKILL to one process, which is started again at once. Its name.
    pub(crate) fn kill(&mut self, number: usize) -> Result<String> {
        block_in_place(|| match self {
            Self::Embedded(embedded) => {
                embedded.kill()?;
                embedded.start_again().map(|()| "serve".to_owned())
            }
            Self::Distributed(cluster) => {
                let member = cluster.all_mut().get_mut(number).context("no such process")?;
                member.kill()?;
                member.start()?;
                Ok(member.name().to_owned())
            }
        })
    }

    /// SIGTERM to one process; how long it took to stop. It is started again.
    pub(crate) fn stop(&mut self, number: usize) -> Result<(String, Duration)> {
        block_in_place(|| match self {
            Self::Embedded(embedded) => {
                let took = embedded.terminate()?;
                embedded.start_again()?;
                Ok(("serve".to_owned(), took))
            }
            Self::Distributed(cluster) => {
                let member = cluster.all_mut().get_mut(number).context("no such process")?;
                let ended = member.terminate()?;
                ensure!(ended.status.success(), "{} ended with {} after SIGTERM", member.name(), ended.status);
                member.start()?;
                member.wait_until_ready()?;
                Ok((member.name().to_owned(), ended.took))
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Embedded(embedded) => embedded.front.url(),
            Self::Distributed(cluster) => cluster.url(),
        }
    }

    /// Of every gateway, past the balancer.
    pub(crate) fn gateways(&self) -> Result<Vec<String>> {
        match self {
            Self::Embedded(embedded) => Ok(vec![embedded.front.url()]),
            Self::Distributed(cluster) => cluster.members(Role::Gateway).map(Member::url).collect(),
        }
    }

    pub(crate) fn admin_token(&self) -> Result<String> {
        match self {
            Self::Embedded(embedded) => embedded.server.as_ref().context("it does not run")?.admin_token(),
            Self::Distributed(cluster) => Ok(cluster.admin_token()?.to_owned()),
        }
    }

    pub(crate) fn cluster(&mut self) -> Result<&mut Cluster> {
        match self {
            Self::Embedded(_) => bail!("there is no cluster in the embedded mode"),
            Self::Distributed(cluster) => Ok(cluster),
        }
    }

    /// Lines of all logs that hold this text.
    pub(crate) fn log_lines(&self, text: &str) -> Vec<String> {
        let log = match self {
            Self::Embedded(embedded) => std::fs::read_to_string(embedded.data_dir.join("log")).unwrap_or_default(),
            Self::Distributed(cluster) => cluster.log(),
        };
        log.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// What the database answers to a statement: a line for each row, `|` between columns.
    pub(crate) fn ask(&self, statement: &str) -> Result<String> {
        block_in_place(|| match self {
            Self::Embedded(embedded) => ask_sqlite(&embedded.data_dir.join("quarry.db"), statement),
            Self::Distributed(cluster) => cluster.engines().database.ask(statement),
        })
    }
}

impl Embedded {
    async fn start(folder: &Path, plan: &Plan) -> Result<Self> {
        let front = Front::start().await?;
        let mut settings = plan.settings.clone();
        settings.push(("QUARRY_PUBLIC_URL".to_owned(), front.url()));
        let mut embedded = Self { server: None, front, data_dir: folder.join("serve"), settings };
        block_in_place(|| embedded.start_again())?;
        Ok(embedded)
    }

    fn start_again(&mut self) -> Result<()> {
        let settings: Vec<(&str, &str)> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let server = QuarryServer::start_with(&self.data_dir, &settings)?;
        let address = server.url().strip_prefix("http://").context("no address")?.parse()?;
        self.front.set(Some(address));
        self.server = Some(server);
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.front.set(None);
        self.server.take().map_or(Ok(()), |mut server| server.kill())
    }

    fn terminate(&mut self) -> Result<Duration> {
        let mut server = self.server.take().context("it does not run")?;
        let begun = Instant::now();
        let status = server.terminate()?;
        self.front.set(None);
        ensure!(status.success(), "it ended with {status} after SIGTERM");
        Ok(begun.elapsed())
    }
}
