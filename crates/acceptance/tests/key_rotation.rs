//! Keys are changed in three steps while everything goes on: no request fails, and nothing is lost.

#[path = "distributed/world.rs"]
mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail, ensure};
use reqwest::StatusCode;
use test_kit::cluster::{Plan, Role, Roles};
use test_kit::{Api, SampleRepository, archive_address};
use tokio::task::JoinSet;

use world::World;

const MODULE: &str = "acme/net/test";
const LINK: &str = "QUARRY_LINK_KEYS";
const SEAL: &str = "QUARRY_SEAL_KEYS";

fn two_of_each() -> Plan {
    let roles = Roles { gateways: 2, archivists: 2, ..Roles::default() };
    Plan::new(roles).set("QUARRY_DRAIN_SECONDS", "1")
}

/// What `quarry keys rotate` prints on standard output, and the value in it.
fn rotate(world: &World, list: &str, step: &str) -> Result<String> {
    let output = world.cluster.command(&["keys", "rotate", list, "--step", step])?.output()?;
    let (said, advice) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(output.status.success(), "{list} {step}: {said}{advice}");
    ensure!(advice.contains("Start every process anew with this list"), "{list} {step}: {advice}");
    let (name, keys) = said.trim().split_once('=').context("it printed no setting")?;
    assert_eq!(name, if list == "link" { LINK } else { SEAL });
    assert!(keys.split(',').all(|key| !advice.contains(key)), "a key is in the advice: {advice}");
    Ok(keys.to_owned())
}

/// Starts the processes of these roles anew, one after the other, with this list of keys.
fn roll_out(world: &mut World, name: &str, keys: &str, roles: &[Role]) -> Result<()> {
    world.cluster.set(name, keys);
    for role in roles {
        for member in world.cluster.members_mut(*role) {
            let ended = member.terminate()?;
            ensure!(ended.status.success(), "{}: {}", ended.status, member.log());
            member.start()?;
            member.wait_until_ready()?;
        }
    }
    Ok(())
}

fn first(keys: &str) -> &str {
    keys.split(',').next().unwrap_or_default()
}

/// Clients that install all the time, and what they complained of.
struct Clients {
    stop: Arc<AtomicBool>,
    complaints: Arc<Mutex<Vec<String>>>,
    running: JoinSet<u32>,
}

impl Clients {
    /// Each with a connection of its own. `links` were issued before, and have to work as long as they run.
    fn start(world: &World, links: &[String]) -> Result<Self> {
        let mut clients = Self { stop: Arc::default(), complaints: Arc::default(), running: JoinSet::new() };
        for _ in 0..3 {
            let (api, links) = (world.cluster.api()?, links.to_owned());
            let (stop, complaints) = (Arc::clone(&clients.stop), Arc::clone(&clients.complaints));
            clients.running.spawn(async move {
                let mut rounds = 0;
                while !stop.load(Ordering::Relaxed) {
                    if let Err(error) = install(&api, &links).await {
                        complaints.lock().expect("nobody panicked").push(format!("round {rounds}: {error:#}"));
                    }
                    rounds += 1;
                }
                rounds
            });
        }
        Ok(clients)
    }

    /// Ends them; fails if any request did.
    async fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let rounds: u32 = self.running.join_all().await.into_iter().sum();
        let complaints = self.complaints.lock().expect("nobody panicked").clone();
        ensure!(complaints.is_empty(), "{} of {rounds} rounds failed: {complaints:#?}", complaints.len());
        ensure!(rounds > 50, "only {rounds} rounds: that proves nothing");
        Ok(())
    }
}

async fn install(api: &Api, links: &[String]) -> Result<()> {
    let installable = api.installable(MODULE).await.context("versions")?;
    ensure!(installable.len() >= 3, "versions are missing: {installable:?}");
    let package = api.package(MODULE, "1.1.0").await.context("a fresh link")?;
    ensure!(package.sha256() == package.promised_sha256(), "other bytes");
    for link in links {
        let (status, _) = api.download(&archive_address(link)).await.context("a link of before")?;
        ensure!(status == StatusCode::OK, "a link of before: {status}");
    }
    Ok(())
}

/// A new tag of the private repository is seen: its password can still be opened.
async fn can_still_fetch(world: &World, (repository, id): &(SampleRepository, String), tag: &str) -> Result<()> {
    repository.commit(&[("README.md", tag)])?;
    repository.tag(tag)?;
    let module = world.api.look_again(id, false).await?;
    let expected = format!("{} ok", tag.trim_start_matches('v'));
    ensure!(Api::version_statuses(&module).contains(&expected), "{tag}: {module}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn link_keys_are_changed_without_a_failed_request() -> Result<()> {
    let mut world = World::start(two_of_each()).await?;
    let module = world.begin("net").await?;
    world.api.settled(&module.1).await?;
    let everywhere = [Role::Gateway, Role::Archivist];
    let before = world.cluster.key(LINK)?.to_owned();
    let old_link = world.api.location(MODULE, "1.0.0").await?;
    let clients = Clients::start(&world, std::slice::from_ref(&old_link))?;

    let both = rotate(&world, "link", "prepare")?;
    assert_eq!(first(&both), before, "nothing uses the new key yet");
    roll_out(&mut world, LINK, &both, &everywhere)?;
    let between = world.api.location(MODULE, "1.0.0").await?;
    let switched = rotate(&world, "link", "switch")?;
    assert_ne!(first(&switched), before);
    roll_out(&mut world, LINK, &switched, &everywhere)?;
    clients.stop().await?;

    let new_link = world.api.location(MODULE, "1.0.0").await?;
    let clients = Clients::start(&world, std::slice::from_ref(&new_link))?;
    let retired = rotate(&world, "link", "retire")?;
    assert_eq!(retired, first(&switched));
    roll_out(&mut world, LINK, &retired, &everywhere)?;
    clients.stop().await?;

    for link in [old_link, between] {
        let (status, _) = world.api.download(&archive_address(&link)).await?;
        assert_eq!(status, StatusCode::FORBIDDEN, "the old key is gone: {link}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn seal_keys_are_changed_without_a_failed_request_and_secrets_still_open() -> Result<()> {
    let mut world = World::start(two_of_each()).await?;
    let module = world.begin("net").await?;
    world.api.settled(&module.1).await?;
    let everywhere = [Role::Gateway, Role::Ingestor];
    let before = world.cluster.key(SEAL)?.to_owned();
    let clients = Clients::start(&world, &[])?;

    let both = rotate(&world, "seal", "prepare")?;
    roll_out(&mut world, SEAL, &both, &everywhere)?;
    can_still_fetch(&world, &module, "v2.0.0").await?;
    let switched = rotate(&world, "seal", "switch")?;
    assert_ne!(first(&switched), before);
    roll_out(&mut world, SEAL, &switched, &everywhere)?;
    can_still_fetch(&world, &module, "v2.1.0").await?;
    let early = world.cluster.command(&["keys", "rotate", "seal", "--step", "retire"])?.output()?;
    let rewrapped = world.cluster.command(&["keys", "rewrap"])?.output()?;
    let again = world.cluster.command(&["keys", "rewrap"])?.output()?;
    let retired = rotate(&world, "seal", "retire")?;
    assert_eq!(retired, first(&switched));
    roll_out(&mut world, SEAL, &retired, &everywhere)?;
    can_still_fetch(&world, &module, "v2.2.0").await?;
    clients.stop().await?;

    let refusal = String::from_utf8(early.stderr)?;
    assert!(!early.status.success() && early.stdout.is_empty(), "keys that are needed were retired");
    assert!(refusal.contains("QUARRY_SEAL_KEYS must keep the old key"), "{refusal}");
    assert!(refusal.contains("run `quarry keys rewrap` first"), "{refusal}");
    assert_eq!(String::from_utf8(rewrapped.stdout)?, "sealed anew: 1\n", "the password of the repository");
    assert_eq!(String::from_utf8(again.stdout)?, "sealed anew: 0\n");
    world.cluster.migrate()
}

#[tokio::test]
async fn a_step_out_of_turn_is_refused_and_says_which_one_is_next() -> Result<()> {
    let mut world = World::start(Plan::new(Roles::default())).await?;
    let (one, two) = (world.cluster.key(LINK)?.to_owned(), rotate(&world, "link", "prepare")?);

    for (keys, step, hint) in [
        (&one, "switch", "begin with --step prepare"),
        (&one, "retire", "begin with --step prepare"),
        (&two, "prepare", "go on with --step switch, or --step retire"),
    ] {
        let mut command = world.cluster.command(&["keys", "rotate", "link", "--step", step])?;
        let output = command.env(LINK, keys).output()?;

        let said = String::from_utf8(output.stderr)?;
        assert!(!output.status.success() && output.stdout.is_empty(), "{step}");
        assert!(said.contains(LINK) && said.contains(hint), "{step}: {said}");
        assert!(keys.split(',').all(|key| !said.contains(key)), "{step}: a key is in {said}");
    }
    // Whoever forgets to start with the new list everywhere is stopped before links are refused.
    world.cluster.set(LINK, two.split(',').nth(1).context("two keys")?);
    let Err(refused) = world.cluster.add(Role::Archivist).start() else { bail!("an archivist with a foreign key") };
    assert!(format!("{refused:#}").contains("QUARRY_LINK_KEYS do not hold the key"), "{refused:#}");
    Ok(())
}
