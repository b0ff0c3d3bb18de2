//! Each container of the overlay `small` as a process of this machine: it migrates, becomes ready, and stops in time.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use test_kit::{Api, wait_for};

use crate::container::{Machine, Process, make_secrets};
use crate::rendered::{environment_lines, read};

const ROLES: [&str; 4] = ["gateway", "archivist", "ingestor", "parser"];

#[tokio::test]
async fn every_container_starts_with_its_own_command_environment_and_probes() -> Result<()> {
    let machine = Machine::new()?;
    // As after the first `kubectl apply`: everything at once, and twice because a Job may be.
    let mut refused = machine.start("gateway")?;
    assert!(!finished(&mut refused).await?, "a role took a database that nobody has migrated");
    let mut migrations = [machine.start("migrate")?, machine.start("migrate")?];
    for migration in &mut migrations {
        assert!(finished(migration).await?, "{}", migration.log());
    }

    let mut roles = ROLES.iter().map(|role| machine.start(role)).collect::<Result<Vec<_>>>()?;
    for role in &mut roles {
        becomes_ready(role).await?;
        assert_eq!(status(&role.probe("livenessProbe")).await?, Some(200), "{}", role.name);
        assert_eq!(status(&role.probe("startupProbe")).await?, Some(200), "{}", role.name);
    }
    let gateway = roles.iter().find(|role| role.name == "gateway").context("no gateway")?;
    assert_eq!(status(&gateway.address("/.well-known/terraform.json")).await?, Some(200));

    for role in &roles {
        role.terminate()?;
    }
    let start = Instant::now();
    for role in &mut roles {
        assert!(finished(role).await?, "{} did not stop by itself:\n{}", role.name, role.log());
        assert!(start.elapsed() < Duration::from_secs(role.grace), "{} took {:?}", role.name, start.elapsed());
        assert_eq!(role.written_elsewhere()?, Vec::<String>::new(), "{} wrote beside its folders", role.name);
    }
    Ok(())
}

#[test]
fn the_script_makes_every_secret_once_and_for_its_owner_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("secrets.env");
    let made = make_secrets("small", &file)?;
    let example = environment_lines(&read("deploy/kubernetes/overlays/small/secrets.env.example"));

    assert_eq!(made.keys().collect::<BTreeSet<_>>(), example.keys().collect(), "made (left), example (right)");
    assert!(made.values().all(|value| !value.is_empty()), "a secret is empty: {:?}", made.keys());
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    assert!(make_secrets("small", &file).is_err(), "it wrote over secrets that may be in use");
    assert_eq!(environment_lines(&std::fs::read_to_string(&file)?), made);
    let others = make_secrets("compose", &folder.path().join("compose.env"))?;
    for (name, value) in others.iter().filter(|(name, _)| *name != "AWS_ACCESS_KEY_ID") {
        assert_ne!(made.get(name), Some(value), "{name} is the same each time");
    }
    Ok(())
}

/// As long as the startup probe lets it try.
async fn becomes_ready(role: &mut Process) -> Result<()> {
    let address = role.probe("readinessProbe");
    let ready = wait_for("readiness", || {
        let ended = role.process.try_wait();
        let address = address.clone();
        async move {
            ensure!(ended?.is_none(), "it ended");
            Ok((status(&address).await? == Some(200)).then_some(()))
        }
    });
    let outcome = ready.await;
    ensure!(outcome.is_ok(), "{} is not ready: {outcome:?}\n{}", role.name, role.log());
    Ok(())
}

/// Waits for the end, as long as the pod would be waited for; whether it was a good one.
async fn finished(process: &mut Process) -> Result<bool> {
    let deadline = Instant::now() + Duration::from_secs(process.grace);
    wait_for("the end", || {
        let ended = process.process.try_wait();
        let late = Instant::now() > deadline;
        async move {
            let ended = ended?;
            ensure!(ended.is_some() || !late, "still there after its grace period");
            Ok(ended.map(|status| status.success()))
        }
    })
    .await
    .with_context(|| format!("{}:\n{}", process.name, process.log()))
}

/// What the kubelet sees of a probe: GET, and the status. `None` if nobody listens yet.
async fn status(address: &str) -> Result<Option<u16>> {
    let answer = Api::new(address, "")?.download(address).await;
    Ok(answer.ok().map(|(status, _)| status.as_u16()))
}
