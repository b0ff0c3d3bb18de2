//! `quarry serve`: every role in one process.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use archivist::Archivist;
use blobs::Blobs;
use broker::{Broker, Listener, MemoryBroker};
use gateway::Gateway;
use job_runner::{Runner, forward_notices, notice_queue, run_dispatcher};
use service_kit::{Keys, Settings};
use store::{Notice, Store};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{command_line::ServeOptions, data_dir::DataDir, first_start, listeners::Listeners};

/// Workers hand back what they cannot finish. Who needs longer than this after the last request is cut off, and its
/// lease runs out; with the time for requests it stays within the 30 seconds that orchestrators give.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(options: &ServeOptions) -> anyhow::Result<()> {
    let settings = Settings::load(options.config.as_deref())?;
    service_kit::init_logging(&settings.log, &settings.log_format)?;
    let _data_dir = DataDir::take(&settings.data_dir)?;
    let keys = service_kit::load_keys(&settings)?;
    let store = Store::open(&settings.database_url)?;
    let blobs = Blobs::open(&settings.blobs_url).context("QUARRY_BLOBS_URL cannot be used")?;
    blobs.check().await?;
    let listeners = Listeners::bind(&settings)?;
    let listening = listeners.address()?;
    let public_url = settings.public_url_for(listening);
    if first_start::prepare(&store, &settings, &keys).await? {
        first_start::greet(&settings, &public_url);
    }
    let stop = service_kit::stop_signal()?;
    let process = Process { settings, store, blobs, stop };
    println!("listening on http://{listening}");
    if listening.ip().is_unspecified() && process.settings.public_url.is_none() {
        tracing::warn!("Links begin with {public_url}, which nobody can reach: set QUARRY_PUBLIC_URL");
    }
    tracing::info!(url = public_url, data = %process.settings.data_dir.display(), "Quarry serves");
    process.run(listeners, public_url, keys).await?;
    tracing::info!("Stopped");
    Ok(())
}

/// The defaults, with what the settings say instead.
fn limits_of(settings: &Settings) -> archive::Limits {
    let (set, mut limits) = (&settings.archive_limits, archive::Limits::default());
    for (limit, value) in [
        (&mut limits.packed, set.packed),
        (&mut limits.unpacked, set.unpacked),
        (&mut limits.entries, set.entries),
        (&mut limits.file, set.file),
        (&mut limits.path, set.path),
        (&mut limits.depth, set.depth),
        (&mut limits.ratio, set.ratio),
    ] {
        *limit = value.unwrap_or(*limit);
    }
    limits
}

/// What the roles are made from.
struct Process {
    settings: Settings,
    store: Store,
    blobs: Blobs,
    stop: CancellationToken,
}

impl Process {
    async fn run(self, listeners: Listeners, public_url: String, keys: Keys) -> anyhow::Result<()> {
        let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::default());
        let limits = limits_of(&self.settings);
        let archivist =
            Archivist::new(archivist::Config { link_keys: keys.link.clone() }, self.store.clone(), self.blobs.clone());
        let gateway = Gateway::new(
            gateway::Config {
                archivist_url: listeners.archivist_url(&self.settings, &public_url)?,
                public_url,
                link_keys: keys.link,
                seal_keys: keys.seal.clone(),
                token_key: keys.token,
                max_upload_bytes: limits.packed,
            },
            self.store.clone(),
        );
        let mut background = JoinSet::new();
        self.start_notices(&mut background, &gateway, &broker).await?;
        self.start_workers(&mut background, keys.seal, limits, broker)?;
        // Counts downloads until the last request is answered, hence a stop of its own.
        let answered = CancellationToken::new();
        background.spawn({
            let (gateway, answered) = (gateway.clone(), answered.clone());
            async move { gateway.run(answered).await }
        });
        let served = listeners.serve(gateway, archivist, self.stop.clone()).await;
        self.stop.cancel();
        answered.cancel();
        served?;
        let drained = tokio::time::timeout(STOP_TIME, async { while background.join_next().await.is_some() {} });
        if drained.await.is_err() {
            tracing::warn!("Some work did not stop in time; it will be taken up again at the next start");
        }
        Ok(())
    }

    /// Commits wake the dispatcher, drop cached answers here, and are announced to others.
    async fn start_notices(
        &self,
        background: &mut JoinSet<()>,
        gateway: &Gateway,
        broker: &Arc<dyn Broker>,
    ) -> anyhow::Result<()> {
        let wake = Arc::new(Notify::new());
        let (forward, queue) = notice_queue();
        let (committed, woken) = (gateway.clone(), Arc::clone(&wake));
        self.store.set_listeners(vec![
            Box::new(move |notices| committed.on_commit(notices)),
            Box::new(forward),
            Box::new(move |notices| {
                if notices.contains(&Notice::JobsDue) {
                    woken.notify_one();
                }
            }),
        ]);
        let listener = broker.listen().await?;
        background.spawn(hear(gateway.clone(), listener, self.stop.clone()));
        background.spawn(forward_notices(Arc::clone(broker), queue, self.stop.clone()));
        background.spawn(run_dispatcher(self.store.clone(), Arc::clone(broker), wake, self.stop.clone()));
        Ok(())
    }

    fn start_workers(
        &self,
        background: &mut JoinSet<()>,
        seal_keys: seal::SealKeys,
        limits: archive::Limits,
        broker: Arc<dyn Broker>,
    ) -> anyhow::Result<()> {
        let child_program = std::env::current_exe().context("the path of this program is not known")?;
        let mirrors = self.settings.data_dir.join("mirrors");
        std::fs::create_dir_all(&mirrors).context("the folder for mirrors cannot be made")?;
        let runner = Runner { store: self.store.clone(), broker, stop: self.stop.clone() };
        let ingestor = ingestor::Config {
            mirrors,
            child_program: child_program.clone(),
            seal_keys,
            allowed: self.settings.vcs_allowed_networks.clone(),
            limits: limits.clone(),
            reconcile: self.settings.reconcile,
        };
        background.spawn(ingestor::run(ingestor, self.blobs.clone(), runner.clone()));
        background.spawn(parser::run(parser::Config { child_program, limits }, self.blobs.clone(), runner));
        Ok(())
    }
}

/// Drops what other processes changed.
async fn hear(gateway: Gateway, mut listener: Box<dyn Listener>, stop: CancellationToken) {
    loop {
        let notice = tokio::select! {
            () = stop.cancelled() => return,
            notice = listener.next() => notice,
        };
        match notice {
            Ok(Some(notice)) => gateway.on_change(&notice),
            Ok(None) => gateway.on_commit(&[Notice::ScopesChanged]),
            Err(_) => return,
        }
    }
}
