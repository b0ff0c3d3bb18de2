//! Processes that die in the middle of an ingest, the registry's own and its children: nothing is lost, doubled or left
//! half done.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use test_kit::{Api, QuarryServer, Registry, SampleRepository, wait_for};

const TAGS: usize = 60;
const NAME: &str = "terraform-test-many";
const MANY: &str = "acme/many/test";

/// Every tag has files of its own, and files that it shares with the others.
fn has_many_tags(repository: &SampleRepository) -> Result<()> {
    let padding = "# A line that is there to be read.\n".repeat(400);
    repository.commit(&[("common.tf", &padding), ("modules/part/main.tf", "variable \"size\" {}\n")])?;
    for number in 0..TAGS {
        let main = format!("variable \"v{number}\" {{\n  default = {number}\n}}\n{padding}");
        repository.commit(&[("main.tf", &main), ("README.md", &format!("# Release {number}\n"))])?;
        repository.tag(&format!("v1.{number}.0"))?;
    }
    Ok(())
}

fn all_ok() -> Vec<String> {
    (0..TAGS).rev().map(|number| format!("1.{number}.0 ok")).collect()
}

async fn statuses(api: &Api, id: &str) -> Result<Vec<String>> {
    let (status, answer) = api.get(&format!("/api/v2/registry-modules/{id}")).await?;
    ensure!(status == 200, "{status} {answer}");
    Ok(Api::version_statuses(&answer["data"]))
}

/// Waits beyond errors that are only there until the next attempt.
async fn all_are_ok(api: &Api, id: &str) -> Result<()> {
    let wait = wait_for("all versions", || async { Ok((statuses(api, id).await? == all_ok()).then_some(())) }).await;
    assert!(wait.is_ok(), "{:?}", statuses(api, id).await?);
    Ok(())
}

/// The digest of each archive.
async fn digests(api: &Api) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    for version in api.installable(MANY).await? {
        let package = api.package(MANY, &version).await?;
        assert_eq!(package.promised_sha256(), package.sha256(), "{version}");
        assert!(digests.insert(version, package.sha256()).is_none(), "a version is there twice");
    }
    Ok(digests)
}

/// What a server makes of the repository when nobody disturbs it.
async fn undisturbed(registry: &Registry) -> Result<BTreeMap<String, String>> {
    let server = QuarryServer::start(&registry.folder().join("undisturbed"))?;
    let api = server.api()?;
    api.make_organization("acme").await?;
    let token = api.connect("acme", &registry.git.url(), None).await?;
    let module = api.publish("acme", &token, NAME, json!({})).await?;
    all_are_ok(&api, module["id"].as_str().unwrap_or_default()).await?;
    digests(&api).await
}

/// Through `wait_for`, so that the rest of the test goes on meanwhile.
async fn after(time: Duration) -> Result<()> {
    let start = Instant::now();
    wait_for("a moment", || async { Ok((start.elapsed() >= time).then_some(())) }).await
}

fn random_below(limit: u64) -> u64 {
    RandomState::new().hash_one(0_u8) % limit
}

fn kill(pid: u32) -> Result<()> {
    Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status()?;
    Ok(())
}

#[tokio::test]
async fn sigterm_in_the_middle_of_an_ingest_loses_nothing() -> Result<()> {
    let mut registry = Registry::start().await?;
    has_many_tags(&registry.repository(NAME)?)?;
    let id = registry.begin(NAME, json!({})).await?;
    wait_for("the first version", || async { Ok((!statuses(&registry.api, &id).await?.is_empty()).then_some(())) })
        .await?;

    let time = registry.terminate()?;

    assert!(time < Duration::from_secs(30), "it took {time:?}");
    registry.restart()?;
    all_are_ok(&registry.api, &id).await
}

#[tokio::test]
async fn sigkill_at_random_moments_loses_and_doubles_nothing() -> Result<()> {
    let mut registry = Registry::start().await?;
    has_many_tags(&registry.repository(NAME)?)?;
    let expected = undisturbed(&registry).await?;
    let id = registry.begin(NAME, json!({})).await?;

    let mut seen = Vec::new();
    for _ in 0..10 {
        let moment = Duration::from_millis(random_below(200));
        after(moment).await?;
        let versions = statuses(&registry.api, &id).await?;
        seen.push((moment, versions.iter().filter(|it| it.ends_with(" ok")).count()));
        registry.kill()?;
        wait_for("the end of all processes", || async { Ok(registry.processes().is_empty().then_some(())) }).await?;
        registry.restart()?;
    }

    let outcome = all_are_ok(&registry.api, &id).await;
    assert!(outcome.is_ok(), "{outcome:?} after {seen:?}");
    assert_eq!(digests(&registry.api).await?, expected, "after {seen:?}");
    Ok(())
}

#[tokio::test]
async fn tags_that_vanish_while_their_versions_are_under_way_leave_none_under_way_for_ever() -> Result<()> {
    let mut registry = Registry::start().await?;
    let repository = registry.repository(NAME)?;
    has_many_tags(&repository)?;
    let id = registry.begin(NAME, json!({})).await?;
    wait_for("the first version", || async { Ok((!statuses(&registry.api, &id).await?.is_empty()).then_some(())) })
        .await?;
    registry.kill()?;
    (0..TAGS).try_for_each(|number| repository.delete_tag(&format!("v1.{number}.0")))?;

    registry.restart()?;

    let module = registry.api.settled(&id).await;
    assert!(module.is_ok(), "{:?}", statuses(&registry.api, &id).await?);
    Ok(())
}

#[tokio::test]
async fn a_module_that_is_deleted_in_the_middle_of_its_ingest_can_be_published_again() -> Result<()> {
    let registry = Registry::start().await?;
    has_many_tags(&registry.repository(NAME)?)?;
    for _ in 0..5 {
        let id = registry.begin(NAME, json!({})).await?;
        after(Duration::from_millis(random_below(300))).await?;
        let path = format!("/api/v2/organizations/acme/registry-modules/private/{MANY}");
        ensure!(registry.api.delete(&path).await? == 204, "it can be deleted");
        assert_eq!(registry.api.get(&format!("/api/v2/registry-modules/{id}")).await?.0, 404);
    }

    let id = registry.begin(NAME, json!({})).await?;
    all_are_ok(&registry.api, &id).await?;
    assert_eq!(digests(&registry.api).await?, undisturbed(&registry).await?);
    Ok(())
}

#[tokio::test]
async fn children_that_are_killed_are_replaced() -> Result<()> {
    let registry = Registry::start().await?;
    has_many_tags(&registry.repository(NAME)?)?;
    let id = registry.begin(NAME, json!({})).await?;
    // So few that no job can fail five times in a row.
    let mut left = BTreeMap::from([("git", 3), ("read", 4)]);

    wait_for("children to kill", || {
        let children = registry.children();
        let mut killed = Ok(());
        for (pid, role) in children.into_iter().flatten() {
            let count = left.get_mut(role.as_str()).filter(|count| **count > 0);
            if let Some(count) = count {
                *count -= 1;
                killed = killed.and(kill(pid));
            }
        }
        let is_done = left.values().all(|count| *count == 0);
        async move { killed.map(|()| is_done.then_some(())) }
    })
    .await?;

    all_are_ok(&registry.api, &id).await?;
    assert_eq!(digests(&registry.api).await?, undisturbed(&registry).await?);
    Ok(())
}
