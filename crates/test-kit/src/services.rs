//! Private PostgreSQL, RabbitMQ and S3 servers for tests: each on free ports of this machine and in a folder of its own,
//! never those of the system. They end with the process that started them, however that ends.
//!
//! Tests find running ones by the variables of [`Services::variables`], which `make test` and `make services` set.

mod contract;
mod database;
mod group;
mod http;
mod install;
mod leash;
mod ports;
mod postgres;
mod process_tree;
mod rabbitmq;
mod s3_server;
mod serve_s3;
mod virtual_host;
mod watch;

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Result, anyhow};

pub use contract::{s3_folder, s3_prefix};
pub use database::Database;
pub use install::install_missing;
pub use leash::Leash;
pub use postgres::Postgres;
pub use process_tree::{end_children_until, kill_tree, terminate_tree};
pub use rabbitmq::RabbitMq;
pub use s3_server::S3Server;
pub use serve_s3::serve_s3;
pub use virtual_host::VirtualHost;
pub use watch::Watch;

/// One of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    RabbitMq,
    S3,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Postgres, Self::RabbitMq, Self::S3];
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "postgres" => Ok(Self::Postgres),
            "rabbitmq" => Ok(Self::RabbitMq),
            "s3" => Ok(Self::S3),
            _ => Err("servers are called postgres, rabbitmq and s3".to_owned()),
        }
    }
}

/// The servers that were asked for, killed on drop.
pub struct Services {
    pub postgres: Option<Postgres>,
    pub rabbitmq: Option<RabbitMq>,
    pub s3: Option<S3Server>,
    folder: PathBuf,
}

impl Services {
    /// Starts these servers at the same time, in folders of `folder`, and comes back when all of them answer.
    /// Data that is there already is kept.
    pub fn start(folder: &Path, kinds: &[Kind]) -> Result<Self> {
        let asked = |kind| kinds.contains(&kind);
        thread::scope(|scope| {
            let postgres = asked(Kind::Postgres).then(|| scope.spawn(|| Postgres::start(&folder.join("postgres"))));
            let rabbitmq = asked(Kind::RabbitMq).then(|| scope.spawn(|| RabbitMq::start(&folder.join("rabbitmq"))));
            let s3 = asked(Kind::S3).then(|| scope.spawn(|| S3Server::start(&folder.join("s3"))));
            let (postgres, rabbitmq, s3) = (join(postgres), join(rabbitmq), join(s3));
            let folder = folder.canonicalize()?;
            Ok(Self { postgres: postgres?, rabbitmq: rabbitmq?, s3: s3?, folder })
        })
    }

    /// Names and values of the environment variables by which tests, and `quarry`, find these servers.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if let Some(postgres) = &self.postgres {
            variables.push((contract::POSTGRES_URL, postgres.url()));
        }
        if let Some(rabbitmq) = &self.rabbitmq {
            variables.push((contract::RABBITMQ_URL, rabbitmq.url()));
            variables.push((contract::RABBITMQ_API, rabbitmq.api()));
            variables.push((contract::RABBITMQ_CONTROL, rabbitmq.control()));
        }
        if let Some(s3) = &self.s3 {
            variables.push((contract::S3_ENDPOINT, s3.endpoint()));
            variables.push((contract::S3_BUCKET, S3Server::BUCKET.to_owned()));
            variables.push((contract::S3_FOLDER, s3.bucket_folder().display().to_string()));
            variables.extend(s3.variables());
        }
        variables.push((contract::FOLDER, self.folder.display().to_string()));
        variables
    }

    /// Stops all of them in order, so that their data can be used again.
    pub fn stop(&mut self) -> Result<()> {
        // Each is stopped, whatever became of the one before.
        let rabbitmq = self.rabbitmq.as_mut().map_or(Ok(()), RabbitMq::stop);
        let postgres = self.postgres.as_mut().map_or(Ok(()), Postgres::stop);
        let s3 = self.s3.as_mut().map_or(Ok(()), S3Server::stop);
        rabbitmq.and(postgres).and(s3)
    }
}

fn join<T>(starting: Option<thread::ScopedJoinHandle<'_, Result<T>>>) -> Result<Option<T>> {
    starting.map(|thread| thread.join().map_err(|_| anyhow!("starting a server panicked"))?).transpose()
}
