//! From the delivery of a webhook to a version that can be installed: one new tag on the repository of the bench.

use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tokio::time::Instant;

use super::{World, deliveries::Hook};
use crate::{
    git_anchor::Clone,
    input::Input,
    table::{Goal, Row, Samples},
};

/// Each on a module of its own: looks at one repository are spaced.
const TAGS: usize = 9;

pub(super) async fn measure(folder: &Path, input: &Input) -> Result<Vec<Row>> {
    let repositories = folder.join("repositories");
    std::fs::create_dir_all(&repositories)?;
    let world = World::start(folder, &[])?;
    let publisher = world.publisher().await?;
    let mut modules = Vec::new();
    for number in 0..TAGS {
        let name = format!("terraform-bench-delivered-{number}");
        symlink(input.path(), repositories.join(format!("{name}.git")))?;
        let module = publisher.begin(&name, &format!("delivered-{number}")).await?;
        module.settled().await?;
        let hook = Hook::make(&world, module.id()).await?;
        modules.push((module, hook));
    }
    let clone = Clone::make(folder, &format!("{}/terraform-bench-delivered-0.git", world.git.url()))?;
    let (mut all, mut besides) = (Samples::default(), Samples::default());
    for (number, (module, hook)) in modules.iter().enumerate() {
        let version = format!("998.0.{number}");
        input.add_release(&version)?;
        let delivery = hook.delivery(world.server.url(), &version)?;
        let start = Instant::now();
        let answer = delivery.answer()?;
        ensure!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
        let time = module.until(&version, start).await.context("after the delivery")?;
        let fetch = clone.fetch()?;
        input.remove_release(&version)?;
        all.push(time.as_secs_f64());
        besides.push(time.saturating_sub(fetch).as_secs_f64());
    }
    let row = format!("one new tag besides {}, from its delivery to ok, s", input.tags.len());
    Ok(vec![
        Row::alone(row, all, Goal::None),
        Row::alone("  without what one git fetch takes, s", besides, Goal::AtMost(1.0)),
    ])
}
