//! The short form of `make torture`: some faults of each kind while clients work, and the audit of what they were told.
//! It breaks its own PostgreSQL and RabbitMQ, not those that the tests share.

use anyhow::Result;
use test_kit::torture::{self, Mode, Options, Scale, Scenario};

async fn survives(mode: Mode, scenarios: &[Scenario]) -> Result<()> {
    // Always the same choices: what fails here can be repeated.
    let seed = 20_260_101;
    let folder = std::env::temp_dir().join(format!("quarry-torture-{mode}-{}", std::process::id()));
    let options = Options { modes: vec![mode], scenarios: scenarios.to_vec(), scale: Scale::short(), seed, folder };

    let table = torture::run(&options).await?;

    assert!(table.holds(), "\n{table}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_registry_keeps_its_promises_whatever_breaks() -> Result<()> {
    survives(Mode::Embedded, &[Scenario::Kills, Scenario::Stop, Scenario::Poison]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_distributed_registry_keeps_its_promises_whatever_breaks() -> Result<()> {
    let scenarios = [
        Scenario::Kills,
        Scenario::Broker,
        Scenario::Pauses,
        Scenario::Database,
        Scenario::Store,
        Scenario::Stop,
        Scenario::Notices,
    ];
    survives(Mode::Distributed, &scenarios).await
}
