//! PostgreSQL, RabbitMQ and S3 of one run, with proxies in front of two of them.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::task::block_in_place;

use crate::cluster;
use crate::services::{Database, Kind, Postgres, RabbitMq, S3Server, Services, VirtualHost};

use super::faults::{DatabaseProxy, StoreProxy};
use super::plan::Plan;

/// Each system has a database, a virtual host and a prefix of its own on them.
pub(crate) struct Engines {
    pub(crate) database_proxy: DatabaseProxy,
    pub(crate) store_proxy: StoreProxy,
    postgres: Postgres,
    rabbitmq: Mutex<RabbitMq>,
    s3: S3Server,
}

impl Engines {
    pub(crate) async fn start(folder: &Path) -> Result<Self> {
        let mut services = block_in_place(|| Services::start(folder, &Kind::ALL))?;
        let postgres = services.postgres.take().context("no PostgreSQL")?;
        let s3 = services.s3.take().context("no S3 server")?;
        Ok(Self {
            database_proxy: DatabaseProxy::start(postgres.port()).await?,
            store_proxy: StoreProxy::start(s3.port()).await?,
            rabbitmq: Mutex::new(services.rabbitmq.take().context("no RabbitMQ")?),
            postgres,
            s3,
        })
    }

    /// To stop, kill and restart.
    pub(crate) fn rabbitmq(&self) -> MutexGuard<'_, RabbitMq> {
        self.rabbitmq.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cluster on these engines, in rooms of its own.
    pub(crate) fn plan(&self, folder: &Path, plan: &Plan) -> Result<cluster::Plan> {
        let rooms = self.rooms(plan)?;
        let mut cluster = cluster::Plan::new(plan.roles).on(rooms).in_folder(folder);
        for (name, value) in self.s3.variables().iter().filter(|(name, _)| *name != "AWS_ENDPOINT_URL") {
            cluster = cluster.set(name, value);
        }
        for (name, value) in &plan.settings {
            cluster = cluster.set(name, value);
        }
        Ok(cluster)
    }

    fn rooms(&self, plan: &Plan) -> Result<cluster::PrivateEngines> {
        let database = Database::create_at(&self.postgres.url())?;
        let virtual_host = {
            let rabbitmq = self.rabbitmq();
            VirtualHost::create_at(&rabbitmq.url(), &rabbitmq.api())?
        };
        let mut database_url = reqwest::Url::parse(&database.url())?;
        if plan.database_proxy {
            let port = Some(self.database_proxy.port());
            database_url.set_port(port).map_err(|()| anyhow::anyhow!("the address of the database takes no port"))?;
        }
        let s3_endpoint = if plan.store_proxy { self.store_proxy.url() } else { self.s3.endpoint() };
        let addresses = cluster::Engines {
            database_url: database_url.to_string(),
            broker_url: virtual_host.url(),
            blobs_url: format!("s3://{}/{}", S3Server::BUCKET, database.name()),
            s3_endpoint: Some(s3_endpoint),
        };
        Ok(cluster::PrivateEngines { database, virtual_host, addresses })
    }
}
