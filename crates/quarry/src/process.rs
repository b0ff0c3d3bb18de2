//! One process: what runs in the background, and how it ends.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use archivist::Archivist;
use blobs::Blobs;
use gateway::Gateway;
use job_runner::{Runner, forward_notices, notice_queue, run_dispatcher};
use service_kit::{Downloads, KeyRing, Settings, StopTimes};
use store::{Notice, Store};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use vcs_hosts::api::HostApi;

use crate::{engines::Engines, hear::hear, limits::limits_of};

/// Workers hand back what they cannot finish. Who needs longer than this after the last request is cut off, and its
/// lease runs out; with the time for requests it stays within the 30 seconds that orchestrators give.
const STOP_TIME: Duration = Duration::from_secs(10);
/// Requests give up on the database after so long, so that clients are told within 2 s to come back.
const REQUEST_TIME: Duration = Duration::from_millis(1_500);

type CommitListener = Box<dyn Fn(&[Notice]) + Send + Sync>;

/// What the roles of a process are made from.
pub(crate) struct Process {
    pub(crate) settings: Settings,
    pub(crate) engines: Engines,
    pub(crate) stop: CancellationToken,
    hosts: Option<HostApi>,
    background: JoinSet<()>,
    /// The gateway counts downloads until the last request is answered, hence a stop of its own.
    answered: CancellationToken,
}

impl Process {
    pub(crate) fn new(settings: Settings, engines: Engines, stop: CancellationToken) -> Self {
        Self { settings, engines, stop, hosts: None, background: JoinSet::new(), answered: CancellationToken::new() }
    }

    pub(crate) fn stop_times(&self) -> StopTimes {
        StopTimes { stop: self.stop.clone(), drain: self.settings.drain }
    }

    /// The database as requests see it.
    fn request_store(&self) -> Store {
        self.engines.store.with_deadline(REQUEST_TIME)
    }

    pub(crate) fn archivist(&self, blobs: Blobs) -> anyhow::Result<Archivist> {
        let link_keys = KeyRing::new(&self.settings).link()?;
        let redirects = self.settings.downloads == Downloads::Redirect;
        let config = archivist::Config { link_keys, redirects };
        Ok(Archivist::new(config, self.request_store(), blobs))
    }

    /// A gateway that counts downloads in the background.
    pub(crate) fn gateway(&mut self, public_url: String, archivist_url: String) -> anyhow::Result<Gateway> {
        let hosts = self.hosts()?;
        let keys = KeyRing::new(&self.settings);
        let config = gateway::Config {
            public_url,
            archivist_url,
            link_keys: keys.link()?,
            seal_keys: keys.seal()?,
            token_key: keys.token()?,
            max_upload_bytes: limits_of(&self.settings).packed,
            rates: self.settings.rates,
            trusted_proxies: self.settings.trusted_proxies.clone(),
            sign_in: self.settings.sign_in.clone(),
            hosts,
        };
        let gateway = Gateway::new(config, self.request_store());
        let (counting, answered) = (gateway.clone(), self.answered.clone());
        self.background.spawn(async move { counting.run(answered).await });
        Ok(gateway)
    }

    /// Commits wake the dispatcher, drop cached answers here, and are announced to others, who are heard as well.
    pub(crate) fn start_notices(&mut self, gateway: Option<&Gateway>) {
        let wake = Arc::new(Notify::new());
        let (forward, queue) = notice_queue();
        let woken = Arc::clone(&wake);
        let mut listeners: Vec<CommitListener> = vec![
            Box::new(forward),
            Box::new(move |notices| {
                if notices.contains(&Notice::JobsDue) {
                    woken.notify_one();
                }
            }),
        ];
        let Engines { store, broker } = self.engines.clone();
        if let Some(gateway) = gateway {
            let committed = gateway.clone();
            // First: answers are dropped before anybody else is told.
            listeners.insert(0, Box::new(move |notices| committed.on_commit(notices)));
            self.background.spawn(hear(gateway.clone(), Arc::clone(&broker), self.stop.clone()));
        }
        store.set_listeners(listeners);
        self.background.spawn(forward_notices(Arc::clone(&broker), queue, self.stop.clone()));
        self.background.spawn(run_dispatcher(store, broker, wake, self.stop.clone()));
    }

    /// `public_url`: where hosts deliver their webhooks.
    pub(crate) fn start_ingestor(&mut self, blobs: Blobs, public_url: Option<String>) -> anyhow::Result<()> {
        let mirrors = self.settings.data_dir.join("mirrors");
        std::fs::create_dir_all(&mirrors).with_context(|| {
            format!("the folder for mirrors, {}, cannot be made (QUARRY_DATA_DIR)", mirrors.display())
        })?;
        let config = ingestor::Config {
            mirrors,
            child_program: self.child_program()?,
            seal_keys: KeyRing::new(&self.settings).seal()?,
            allowed: self.settings.vcs_allowed_networks.clone(),
            trust: self.trust()?,
            hosts: self.hosts()?,
            public_url,
            limits: limits_of(&self.settings),
            reconcile: self.settings.reconcile,
            audit_days: self.settings.audit_days,
            at_once: ingestor::AtOnce {
                syncs: self.settings.at_once.syncs,
                archivings: self.settings.at_once.archivings,
                versions: self.settings.at_once.ingests,
                uploads: self.settings.at_once.uploads,
            },
        };
        self.background.spawn(ingestor::run(config, blobs, self.runner()));
        Ok(())
    }

    pub(crate) fn start_parser(&mut self, blobs: Blobs) -> anyhow::Result<()> {
        let config = parser::Config {
            child_program: self.child_program()?,
            limits: limits_of(&self.settings),
            at_once: self.settings.at_once.parses,
        };
        self.background.spawn(parser::run(config, blobs, self.runner()));
        Ok(())
    }

    /// After the last request was answered: everything in the background ends.
    pub(crate) async fn finish(mut self) {
        self.stop.cancel();
        self.answered.cancel();
        let ended = async { while self.background.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_TIME, ended).await.is_err() {
            tracing::warn!("Some work did not stop in time; it will be taken up again by another process");
        }
        tracing::info!("Stopped");
    }

    /// What calls the APIs of Git hosts: one for all roles of the process.
    fn hosts(&mut self) -> anyhow::Result<HostApi> {
        if let Some(hosts) = &self.hosts {
            return Ok(hosts.clone());
        }
        let hosts = HostApi::new(self.settings.vcs_allowed_networks.clone(), self.settings.vcs_authorities.as_bytes())?;
        Ok(self.hosts.insert(hosts).clone())
    }

    fn trust(&self) -> anyhow::Result<ingestor::Trust> {
        let known_hosts = self.settings.vcs_known_hosts.clone();
        ingestor::check_known_hosts(&known_hosts).context("QUARRY_VCS_KNOWN_HOSTS")?;
        Ok(ingestor::Trust { authorities: self.settings.vcs_authorities.clone(), known_hosts })
    }

    fn runner(&self) -> Runner {
        let Engines { store, broker } = self.engines.clone();
        Runner { store, broker, stop: self.stop.clone() }
    }

    fn child_program(&self) -> anyhow::Result<std::path::PathBuf> {
        match &self.settings.child_program {
            Some(program) => Ok(program.clone()),
            None => std::env::current_exe().context("the path of this program is not known"),
        }
    }
}
