//! One more release, from the request to look again until it is `ok`: every role by itself, and all in one process.

use std::path::Path;

use anyhow::{Context, Result};
use test_kit::{GitServer, cluster::Roles};

use super::engines::PrivateServers;
use crate::{
    ROUNDS,
    input::{IDENTIFIER, Input},
    module::Publisher,
    registry::{NAME, Registry},
    table::{Goal, Row, Samples},
};

/// Releases in each round, of which the mean counts.
const RELEASES: u32 = 5;

pub(crate) async fn measure(scratch: &Path, input: &Input, git: &GitServer, servers: &PrivateServers) -> Result<Row> {
    let mut embedded = Registry::start(&scratch.join("data-embedded"), git).await?;
    embedded.publish().await?;
    let cluster = servers.start_cluster(Roles::default(), &[])?;
    let distributed = Publisher::new(cluster.api()?, git).await?.begin(IDENTIFIER, NAME).await?;
    distributed.settled().await.with_context(|| cluster.log())?;

    let (mut ours, mut anchor) = (Samples::default(), Samples::default());
    let mut added = Vec::new();
    // The first round is not counted: it opens what is opened once.
    for round in 0..=ROUNDS {
        let mut times = [0.0, 0.0];
        for number in 0..RELEASES {
            let version = format!("998.{round}.{number}");
            input.add_release(&version)?;
            for who in if number % 2 == 0 { [0, 1] } else { [1, 0] } {
                let time = match who {
                    0 => distributed.resync_until(&version).await.with_context(|| cluster.log())?,
                    _ => embedded.resync_until(&version).await?,
                };
                times[who] += time.as_secs_f64() / f64::from(RELEASES);
            }
            added.push(version);
        }
        if round > 0 {
            ours.push(times[0]);
            anchor.push(times[1]);
        }
    }
    for version in added {
        input.remove_release(&version)?;
    }
    Ok(Row::ratio("one new tag to ok, distributed : embedded, s", ours, anchor, Goal::AtMost(1.5)))
}
