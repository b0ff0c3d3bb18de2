//! A gateway on PostgreSQL, while nobody ingests anything.

use std::path::Path;

use anyhow::{Context, Result};
use test_kit::{
    Cluster, GitServer,
    cluster::{Role, Roles},
};

use super::{engines::PrivateServers, filled_database};
use crate::{
    input::IDENTIFIER,
    load::Target,
    many_modules,
    module::Publisher,
    registry::{MODULE, NAME},
    serving,
    table::Row,
};

pub(crate) struct Gateway {
    cluster: Cluster,
    url: String,
    pid: u32,
}

impl Gateway {
    /// With the module of the bench. Whoever brought it in is stopped then; gateway and archivist stay.
    pub(crate) async fn start(git: &GitServer, servers: &PrivateServers) -> Result<Self> {
        let mut cluster = servers.start_cluster(Roles::default(), &[])?;
        let module = Publisher::new(cluster.api()?, git).await?.begin(IDENTIFIER, NAME).await?;
        module.settled().await.with_context(|| cluster.log())?;
        for role in [Role::Ingestor, Role::Parser] {
            cluster.member(role, 1)?.terminate()?;
        }
        let gateway = cluster.member(Role::Gateway, 1)?;
        let (url, pid) = (gateway.url()?, gateway.pid().context("the gateway does not run")?);
        Ok(Self { cluster, url, pid })
    }

    /// The same answer again and again, against a bare server that repeats it.
    pub(crate) fn compare_warm(&self, scratch: &Path) -> Result<Vec<Row>> {
        let ours = self.target(MODULE)?;
        let what = ("versions on PostgreSQL, warm : bare actix-web", serving::VERSIONS);
        serving::compare_with_anchor(scratch, what, self.cluster.admin_token()?, (&ours, self.pid))
    }

    /// Adds modules whose answers nobody has asked for.
    pub(crate) fn fill(&self) -> Result<()> {
        self.ask(filled_database::FILL).map(drop)
    }

    /// Up to ten thousand modules, all of which can be installed.
    pub(crate) fn fill_more(&self) -> Result<()> {
        self.ask(filled_database::FILL_MORE)?;
        self.ask("VACUUM (ANALYZE) modules, module_versions").map(drop)
    }

    pub(crate) fn measure_many_modules(&self) -> Result<Vec<Row>> {
        many_modules::measure("PostgreSQL", &self.url, self.cluster.admin_token()?)
    }

    /// Past any balancer.
    pub(crate) fn target(&self, module: &str) -> Result<Target> {
        let path = format!("/api/registry/v1/modules/{module}/versions");
        Target::new(&self.url, &path, self.cluster.admin_token()?)
    }

    /// Of the modules that were added, with these numbers.
    pub(crate) fn cold_targets(&self, numbers: impl IntoIterator<Item = usize>) -> Result<Vec<Target>> {
        numbers.into_iter().map(|number| self.target(&filled_database::address(number))).collect()
    }

    /// SQL for its database.
    pub(crate) fn ask(&self, statement: &str) -> Result<String> {
        self.cluster.engines().database.ask(statement)
    }

    pub(crate) fn database_name(&self) -> &str {
        self.cluster.engines().database.name()
    }
}
