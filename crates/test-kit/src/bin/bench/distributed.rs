//! The distributed mode on one machine, with all of its servers: against the embedded mode, with more ingestors, and with
//! a long backlog.

mod backlog;
mod cold_answers;
mod cpu_use;
mod engines;
mod filled_database;
mod gateway;
mod many_repositories;
mod more_ingestors;
mod new_tag;

use std::path::Path;

use anyhow::Result;
use test_kit::GitServer;

use crate::{
    Part,
    input::Input,
    step,
    table::{Row, Table},
};
use engines::PrivateServers;

/// The parts of the bench that need servers.
const PARTS: [Part; 3] = [Part::NewTag, Part::Ingestors, Part::Gateway];

/// Adds the rows of those parts that are asked for.
pub(crate) async fn measure(
    scratch: &Path,
    input: &Input,
    git: &GitServer,
    (parts, table): (&[Part], &mut Table),
) -> Result<()> {
    let asked = |part| parts.contains(&part);
    if !PARTS.into_iter().any(asked) {
        return Ok(());
    }
    step("starting PostgreSQL, RabbitMQ and an S3 server");
    let servers = match PrivateServers::start(&scratch.join("servers")) {
        Ok(servers) => servers,
        Err(error) => {
            table.push(Row::missing("the distributed mode", format!("{error:#}")));
            return Ok(());
        }
    };
    if asked(Part::NewTag) {
        step("one new tag, distributed and embedded");
        table.push(new_tag::measure(scratch, input, git, &servers).await?);
    }
    if asked(Part::Ingestors) {
        step("more ingestors");
        let (rows, notes) = more_ingestors::measure(scratch, input, &servers).await?;
        table.extend(rows);
        notes.into_iter().for_each(|note| table.note(note));
    }
    if asked(Part::Gateway) {
        step("the gateway on PostgreSQL");
        let gateway = gateway::Gateway::start(git, &servers).await?;
        table.extend(gateway.compare_warm(scratch)?);
        gateway.fill()?;
        let (row, note) = cold_answers::measure(&gateway, &servers)?;
        table.push(row);
        table.note(note);
        step("ten thousand modules on PostgreSQL");
        gateway.fill_more()?;
        table.extend(gateway.measure_many_modules()?);
        step("a backlog of 50,000 jobs");
        table.extend(backlog::measure(&gateway)?);
    }
    Ok(())
}
