//! A thousand repositories that are looked at again and again.

use std::path::Path;

use anyhow::Result;

use super::{World, many_names, publish_all, until};
use crate::{
    processes::tree_cpu_time,
    table::{Goal, Row, Samples},
};

const REPOSITORIES: usize = 1_000;

/// One second is less than a round takes, so that each round finds as many as it may.
pub(super) async fn measure(folder: &Path) -> Result<Row> {
    let names = many_names(folder, REPOSITORIES)?;
    let mut world = World::start(folder, &[("QUARRY_RECONCILE_SECONDS", "0")])?;
    publish_all(&world, &names).await?;
    world.restart(&[("QUARRY_RECONCILE_SECONDS", "1")])?;
    let pid = world.server.pid();
    let (before, start) = (world.git.requests().len(), tree_cpu_time(pid));
    until("the looks", || world.looks(before).len() >= REPOSITORIES).await?;
    let looks = u32::try_from(world.looks(before).len()).unwrap_or(u32::MAX);
    let mut cost = Samples::default();
    cost.push((tree_cpu_time(pid) - start).as_secs_f64() * 100.0 / f64::from(looks));
    Ok(Row::alone("100 looks at repositories without changes, CPU s", cost, Goal::AtMost(1.0)))
}
