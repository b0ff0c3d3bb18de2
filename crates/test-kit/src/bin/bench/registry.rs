//! A running Quarry with the module of the bench.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use test_kit::{Api, GitServer, QuarryServer};

use crate::{
    input::IDENTIFIER,
    module::{Module, Publisher},
};

/// Namespace, name and provider.
pub(crate) const MODULE: &str = "bench/module/bench";
/// The second part of it.
pub(crate) const NAME: &str = "module";

/// Gone with its data when dropped.
pub(crate) struct Registry {
    pub(crate) server: QuarryServer,
    pub(crate) data: PathBuf,
    pub(crate) api: Api,
    publisher: Publisher,
    module: Option<Module>,
}

impl Registry {
    /// Nothing is published yet.
    pub(crate) async fn start(data: &Path, git: &GitServer) -> Result<Self> {
        let server = QuarryServer::start(data)?;
        let api = server.api()?;
        let publisher = Publisher::new(api.clone(), git).await?;
        Ok(Self { server, data: data.to_owned(), api, publisher, module: None })
    }

    /// From the request until every version has ended; the time, and how many of them are `ok`.
    pub(crate) async fn publish(&mut self) -> Result<(Duration, usize)> {
        let start = Instant::now();
        let module = self.publisher.begin(IDENTIFIER, NAME).await?;
        let ok = module.settled().await.with_context(|| self.log())?;
        let time = start.elapsed();
        self.module = Some(module);
        Ok((time, ok))
    }

    /// From the request to look again until `version` is `ok`.
    pub(crate) async fn resync_until(&self, version: &str) -> Result<Duration> {
        self.module()?.resync_until(version).await.with_context(|| self.log())
    }

    /// Numbers of the versions that can be installed, newest first, without pre-releases.
    pub(crate) async fn stable_versions(&self) -> Result<Vec<String>> {
        self.module()?.stable_versions().await
    }

    pub(crate) fn token(&self) -> Result<String> {
        self.server.admin_token()
    }

    fn module(&self) -> Result<&Module> {
        self.module.as_ref().context("nothing is published")
    }

    fn log(&self) -> String {
        format!("the log: {}", self.server.log())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
