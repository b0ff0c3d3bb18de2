//! `quarry serve`: every role in one process.

use anyhow::Context;
use service_kit::{KeyRing, Readiness, Role, Settings};
use store::Store;

use crate::{
    checks,
    command_line::RoleOptions,
    data_dir::DataDir,
    engines::{Engines, open_blobs},
    installation::{self, Founder},
    listeners::Listeners,
    process::Process,
};

/// Runs until SIGTERM or SIGINT.
pub(crate) async fn run(options: &RoleOptions) -> anyhow::Result<()> {
    let settings = Settings::load(options.config.as_deref(), Role::Serve)?;
    service_kit::init_logging(&settings.log, &settings.log_format)?;
    let _data_dir = DataDir::take(&settings.data_dir)?;
    // Made before the database is: a database without its keys would be of no use.
    KeyRing::new(&settings).link()?;
    let founder = Founder::load(&settings)?;
    Store::migrate(settings.database_url.reveal())?;
    let engines = Engines::open(&settings).await?;
    let blobs = open_blobs(&settings)?;
    blobs.check().await.context("QUARRY_BLOBS_URL cannot be used")?;
    let listeners = Listeners::bind(&settings)?;
    let listening = listeners.address()?;
    let public_url = settings.public_url_for(listening);
    let is_first = installation::prepare(&engines.store, &settings, founder).await?;
    installation::claim_blobs(&engines.store, &blobs).await?;
    if is_first {
        installation::greet(&settings, &public_url);
    }
    let stop = service_kit::stop_signal()?;
    println!("listening on http://{listening}");
    if listening.ip().is_unspecified() && settings.public_url.is_none() {
        tracing::warn!("Links begin with {public_url}, which nobody can reach: set QUARRY_PUBLIC_URL");
    }
    tracing::info!(url = public_url, data = %settings.data_dir.display(), "Quarry serves");
    let archivist_url = listeners.archivist_url(&settings, &public_url)?;
    let mut process = Process::new(settings, engines, stop.clone());
    // Only what was set: hosts elsewhere could not reach an address of this machine.
    let reachable = process.settings.public_url.clone();
    let gateway = process.gateway(public_url, archivist_url)?;
    let archivist = process.archivist(blobs.clone())?;
    process.start_notices(Some(&gateway));
    process.start_ingestor(blobs.clone(), reachable)?;
    process.start_parser(blobs.clone())?;
    let readiness = checks::blobs(checks::database(Readiness::new(stop), &process.engines.store), &blobs);
    let served = listeners.serve(gateway, archivist, readiness, process.stop_times()).await;
    process.finish().await;
    Ok(served?)
}
