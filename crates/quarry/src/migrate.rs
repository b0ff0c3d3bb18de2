//! `quarry migrate`: brings the database up to this release and sets it up.

use anyhow::Context;
use service_kit::{Role, Settings};
use store::Store;

use crate::{
    command_line::RoleOptions,
    installation::{self, Founder},
};

/// Safe to repeat, and to run twice at once.
pub(crate) async fn run(options: &RoleOptions) -> anyhow::Result<()> {
    let settings = Settings::load(options.config.as_deref(), Role::Migrate)?;
    service_kit::init_logging(&settings.log, &settings.log_format)?;
    let founder = Founder::load(&settings)?;
    let url = settings.database_url.clone();
    let applied = tokio::task::spawn_blocking(move || Store::migrate(url.reveal())).await.context("migrating")??;
    for migration in &applied {
        println!("applied {migration}");
    }
    let store = Store::connect(settings.database_url.reveal(), settings.database_sessions)?;
    let is_first = installation::prepare(&store, &settings, founder).await?;
    println!("{}", if is_first { "The database is set up" } else { "The database is up to date" });
    Ok(())
}
