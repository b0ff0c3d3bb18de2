//! Servers for the bench alone, and clusters on them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use test_kit::{
    Cluster,
    cluster::{Engines, Plan, PrivateEngines, Role, Roles},
    services::{Database, Postgres, RabbitMq, S3Server, VirtualHost},
};

/// Roles that get the login of the S3 server.
const WITH_BLOBS: [Role; 3] = [Role::Archivist, Role::Ingestor, Role::Parser];

/// Stopped on drop.
pub(crate) struct PrivateServers {
    postgres: Postgres,
    rabbitmq: RabbitMq,
    s3: S3Server,
    folder: PathBuf,
}

impl PrivateServers {
    /// Unlike in tests, PostgreSQL waits for the disk, as the embedded mode and RabbitMQ do.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        // Each line of the log says whose it is.
        let settings = [("fsync", "on"), ("log_line_prefix", "%p %d ")];
        std::thread::scope(|scope| {
            let rabbitmq = scope.spawn(|| RabbitMq::start(&folder.join("rabbitmq")));
            let postgres = Postgres::start_with(&folder.join("postgres"), &settings);
            let s3 = S3Server::start(&folder.join("s3"));
            let rabbitmq = rabbitmq.join().map_err(|_| anyhow::anyhow!("starting RabbitMQ panicked"))?;
            Ok(Self { postgres: postgres?, rabbitmq: rabbitmq?, s3: s3?, folder: folder.to_owned() })
        })
    }

    /// On an empty database, an empty virtual host and an unused prefix.
    pub(crate) fn start_cluster(&self, roles: Roles, settings: &[(Role, &str, &str)]) -> Result<Cluster> {
        let database = Database::create_at(&self.postgres.url())?;
        let virtual_host = VirtualHost::create_at(&self.rabbitmq.url(), &self.rabbitmq.api())?;
        let addresses = Engines {
            database_url: database.url(),
            broker_url: virtual_host.url(),
            blobs_url: format!("s3://{}/{}", S3Server::BUCKET, database.name()),
            s3_endpoint: Some(self.s3.endpoint()),
        };
        let mut plan = Plan::new(roles).on(PrivateEngines { database, virtual_host, addresses });
        for role in WITH_BLOBS {
            for (name, value) in self.s3.variables() {
                plan = plan.set_for(role, name, &value);
            }
        }
        for (role, name, value) in settings {
            plan = plan.set_for(*role, name, value);
        }
        Cluster::start_as(plan)
    }

    /// What PostgreSQL logged so far.
    pub(crate) fn postgres_log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder.join("postgres").join("log"))?)
    }
}
