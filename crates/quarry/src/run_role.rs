//! `quarry gateway`, `quarry archivist`, `quarry ingestor`, `quarry parser`: one role, beside others like it.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use archivist::Archivist;
use blobs::Blobs;
use domain::Error;
use gateway::Gateway;
use service_kit::{Readiness, Role, ServiceConfig, Settings};
use tokio_util::sync::CancellationToken;

use crate::{
    checks,
    command_line::RoleOptions,
    engines::{Engines, open_blobs},
    installation::{self, RoleKeys},
    process::Process,
};

/// Between two looks whether the database and the store of blobs can be used.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT. Settings that can never work stop it at once; engines that are down are waited for,
/// while probes are answered and, by an archivist, links.
pub(crate) async fn run(role: Role, options: &RoleOptions) -> anyhow::Result<()> {
    let settings = Settings::load(options.config.as_deref(), role)?;
    service_kit::init_logging(&settings.log, &settings.log_format)?;
    let keys = RoleKeys::load(role, &settings)?;
    let blobs = if role == Role::Gateway { None } else { Some(open_blobs(&settings)?) };
    let preparation = Preparation { role, keys, engines: Engines::open(&settings).await?, blobs };
    let prepared = Arc::new(AtomicBool::new(false));
    match preparation.run().await {
        Ok(()) => prepared.store(true, Ordering::Release),
        Err(error) if error.is_transient() => {
            tracing::warn!(error = error.chain(), "Waiting for what this process needs");
        }
        Err(error) => return Err(error.into()),
    }
    let stop = service_kit::stop_signal()?;
    start(settings, preparation, prepared, stop).await
}

/// What must hold before work begins: the schema fits, and the keys and the store of blobs belong to the database.
struct Preparation {
    role: Role,
    keys: RoleKeys,
    engines: Engines,
    blobs: Option<Blobs>,
}

impl Preparation {
    async fn run(&self) -> Result<(), Error> {
        let store = &self.engines.store;
        store.check_schema().await?;
        installation::verify(store, &self.keys).await?;
        if let Some(blobs) = &self.blobs {
            blobs.check().await?;
            installation::claim_blobs(store, blobs).await?;
        }
        Ok(())
    }

    /// Until it has run once. `Err`: it can never work.
    async fn wait(&self, prepared: &AtomicBool) -> Result<(), Error> {
        while !prepared.load(Ordering::Acquire) {
            match self.run().await {
                Ok(()) => prepared.store(true, Ordering::Release),
                Err(error) if error.is_transient() => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

async fn start(
    settings: Settings,
    preparation: Preparation,
    prepared: Arc<AtomicBool>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let role = preparation.role;
    let (address, setting) = match (role, settings.archivist_listen) {
        (Role::Archivist, Some(own)) => (own, "QUARRY_ARCHIVIST_LISTEN"),
        _ => (settings.listen, "QUARRY_LISTEN"),
    };
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address} ({setting})"))?;
    let listening = listener.local_addr()?;
    let readiness = readiness(&preparation, &prepared, stop.clone());
    let mut process = Process::new(settings, preparation.engines.clone(), stop.clone());
    let served = Served::new(&mut process, &preparation, listening)?;
    process.start_notices(served.gateway.as_ref());
    println!("listening on http://{listening}");
    tracing::info!(role = role.command(), %listening, "Quarry serves");
    let times = process.stop_times();
    let answering = async {
        let outcome = service_kit::serve_http(listener, move |app| served.configure(&readiness, app), times).await;
        // Whatever ended it, nobody is served any more.
        stop.cancel();
        outcome
    };
    let working = async {
        // Told to stop while it waits: nothing was begun.
        let outcome = tokio::select! {
            outcome = preparation.wait(&prepared) => outcome,
            () = stop.cancelled() => return Ok(()),
        };
        if let Err(error) = outcome {
            stop.cancel();
            return Err(anyhow::Error::from(error));
        }
        start_workers(&mut process, preparation)
    };
    let (answered, worked) = tokio::join!(answering, working);
    process.finish().await;
    worked?;
    Ok(answered?)
}

fn start_workers(process: &mut Process, preparation: Preparation) -> anyhow::Result<()> {
    let started = match (preparation.role, preparation.blobs) {
        (Role::Ingestor, Some(blobs)) => {
            let public_url = process.settings.public_url.clone();
            process.start_ingestor(blobs, public_url)
        }
        (Role::Parser, Some(blobs)) => process.start_parser(blobs),
        _ => Ok(()),
    };
    if started.is_err() {
        process.stop.cancel();
    }
    started
}

/// What the role answers over HTTP, besides probes.
#[derive(Clone)]
struct Served {
    gateway: Option<Gateway>,
    archivist: Option<Archivist>,
}

impl Served {
    fn new(process: &mut Process, preparation: &Preparation, listening: SocketAddr) -> anyhow::Result<Self> {
        let gateway = match preparation.role {
            Role::Gateway => {
                let public_url = process.settings.public_url_for(listening);
                let archivist_url = process.settings.archivist_url.clone().unwrap_or_else(|| public_url.clone());
                Some(process.gateway(public_url, archivist_url)?)
            }
            _ => None,
        };
        let archivist = match (preparation.role, &preparation.blobs) {
            (Role::Archivist, Some(blobs)) => Some(process.archivist(blobs.clone())?),
            _ => None,
        };
        Ok(Self { gateway, archivist })
    }

    fn configure(&self, readiness: &Readiness, app: &mut ServiceConfig) {
        service_kit::configure_health(readiness, app);
        if let Some(archivist) = &self.archivist {
            archivist::configure(archivist, app);
        }
        if let Some(gateway) = &self.gateway {
            gateway::configure(gateway, app);
        }
    }
}

/// An archivist stays ready without the database, because links that were issued keep working; a gateway stays ready
/// without the broker, because jobs wait in the database.
fn readiness(preparation: &Preparation, prepared: &Arc<AtomicBool>, stop: CancellationToken) -> Readiness {
    let Engines { store, broker } = &preparation.engines;
    let mut readiness = Readiness::new(stop);
    if preparation.role != Role::Archivist {
        let prepared = Arc::clone(prepared);
        readiness = checks::database(readiness, store).with("the checks of its start", move || {
            let prepared = prepared.load(Ordering::Acquire);
            async move { prepared }
        });
    }
    if let Some(blobs) = &preparation.blobs {
        readiness = checks::blobs(readiness, blobs);
    }
    if matches!(preparation.role, Role::Ingestor | Role::Parser) {
        readiness = checks::broker(readiness, broker);
    }
    readiness
}
