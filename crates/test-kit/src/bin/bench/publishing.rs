//! A whole repository, then one more release, and the memory that it takes.

use std::{path::Path, time::Duration};

use anyhow::Result;
use test_kit::GitServer;

use crate::{
    git_anchor,
    input::{IDENTIFIER, Input},
    processes,
    registry::Registry,
    table::{Goal, Row, Samples},
};

#[derive(Default)]
pub(crate) struct Publishing {
    all: Samples,
    git: Samples,
    one_more: Samples,
    idle: Samples,
    after: Samples,
    peak: Samples,
    children: Samples,
    published: usize,
}

impl Publishing {
    /// The anchor and Quarry, who goes first in turns. The registry as it is then.
    pub(crate) async fn round(
        &mut self,
        scratch: &Path,
        input: &Input,
        git: &GitServer,
        round: usize,
    ) -> Result<Registry> {
        let url = format!("{}/{IDENTIFIER}.git", git.url());
        if round.is_multiple_of(2) {
            self.git.push(git_anchor::clone_and_archive(scratch, &url)?.as_secs_f64());
        }
        let mut registry = Registry::start(&scratch.join(format!("data-{round}")), git).await?;
        let pid = registry.server.pid();
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.idle.push(processes::resident(pid)?);
        let (time, published) = registry.publish().await?;
        self.all.push(time.as_secs_f64());
        self.published = published;
        self.after.push(processes::resident(pid)?);
        self.children.push(processes::resident_children(pid));
        if round % 2 == 1 {
            self.git.push(git_anchor::clone_and_archive(scratch, &url)?.as_secs_f64());
        }

        let version = format!("999.0.{round}");
        input.add_release(&version)?;
        self.one_more.push(registry.resync_until(&version).await?.as_secs_f64());
        input.remove_release(&version)?;
        self.peak.push(processes::peak_resident(pid)?);
        Ok(registry)
    }

    pub(crate) fn rows(self, input: &Input) -> Vec<Row> {
        let all = format!("publish {} tags ({} ok) : git clone + archive, s", input.tags.len(), self.published);
        vec![
            Row::ratio(all, self.all, self.git, Goal::AtMost(0.6)),
            Row::alone("one new tag, from the resync to ok, s", self.one_more, Goal::AtMost(1.0)),
            Row::alone("resident, idle after the start, MB", self.idle, Goal::AtMost(40.0)),
            Row::alone("resident, after publishing, MB", self.after, Goal::AtMost(120.0)),
            Row::alone("  its peak, MB", self.peak, Goal::None),
            Row::alone("  its children then, MB in all", self.children, Goal::None),
        ]
    }
}
