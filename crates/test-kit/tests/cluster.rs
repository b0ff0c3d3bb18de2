//! A cluster of real processes: it starts, its members can be stopped and started, and it leaves nothing behind.

use std::time::{Duration, Instant};

use anyhow::Result;
use test_kit::Cluster;
use test_kit::cluster::{Role, Roles};

/// Over a connection of its own: those to a process that was killed are gone.
async fn is_there(cluster: &Cluster) -> Result<()> {
    let (status, answer) = cluster.api()?.get("/api/v2/organizations/acme").await?;
    assert_eq!(status, 200, "{answer}");
    Ok(())
}

#[tokio::test]
async fn members_can_be_stopped_and_started_again_behind_one_address() -> Result<()> {
    let start = Instant::now();
    let mut cluster = Cluster::start(Roles { gateways: 2, ..Roles::default() })?;
    println!("started in {:?}", start.elapsed());
    cluster.api()?.make_organization("acme").await?;

    cluster.member(Role::Gateway, 1)?.kill()?;
    for _ in 0..10 {
        is_there(&cluster).await?;
    }
    cluster.member(Role::Gateway, 1)?.start()?;
    let ended = cluster.member(Role::Gateway, 2)?.terminate()?;
    assert!(ended.status.success() && ended.took < Duration::from_secs(30), "{ended:?}");
    is_there(&cluster).await?;

    for ended in cluster.terminate_all()? {
        assert!(ended.status.success(), "{ended:?} {}", cluster.log());
    }
    assert!(cluster.all().iter().all(|member| member.pid().is_none()));
    cluster.start_all()?;
    is_there(&cluster).await?;
    Ok(())
}
