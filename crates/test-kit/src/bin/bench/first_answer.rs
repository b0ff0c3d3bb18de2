//! A registry that holds 10,000 modules with 50,000 versions: its first answer, and its lists.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use test_kit::QuarryServer;

use crate::{
    ROUNDS,
    load::Target,
    many_modules,
    processes::{is_installed, plain},
    registry::Registry,
    table::{Goal, Row, Samples},
};

const WHAT: &str = "from the start to the first 200, 50,000 versions, s";

/// So many versions has each of the modules. Also in the text below.
const OF_EACH: usize = 5;

/// Copies of the one module that there is, whatever columns the tables have.
const FILL: &str = "
BEGIN;
CREATE TEMP TABLE wanted_module AS
  WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
  SELECT module.* FROM numbers, (SELECT * FROM modules LIMIT 1) AS module;
CREATE TEMP TABLE wanted_version AS
  SELECT version.id AS origin, version.*
  FROM wanted_module, (SELECT * FROM module_versions WHERE status = 'ok' ORDER BY id LIMIT 5) AS version
  ORDER BY wanted_module.rowid, version.id;
UPDATE wanted_module SET id = printf('mod-Bench%011d', rowid), name = 'filled-' || rowid,
  latest_version_id = printf('modver-Bench%011d', (rowid - 1) * 5 + 1);
UPDATE wanted_version SET id = printf('modver-Bench%011d', rowid),
  module_id = printf('mod-Bench%011d', (rowid - 1) / 5 + 1);
CREATE TEMP TABLE wanted_part AS
  SELECT wanted_version.id AS new_id, version_parts.*
  FROM wanted_version JOIN version_parts ON version_parts.version_id = wanted_version.origin
  WHERE version_parts.kind = 'root';
UPDATE wanted_part SET version_id = new_id;
ALTER TABLE wanted_version DROP COLUMN origin;
ALTER TABLE wanted_part DROP COLUMN new_id;
INSERT INTO modules SELECT * FROM wanted_module;
INSERT INTO module_versions SELECT * FROM wanted_version;
INSERT INTO version_parts SELECT * FROM wanted_part;
COMMIT;
ANALYZE;
";

const PYTHON: &str = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.stdin.read())";

/// Stops the registry, fills its database and starts it again.
pub(crate) async fn measure(registry: &mut Registry) -> Result<Vec<Row>> {
    if registry.stable_versions().await?.len() < OF_EACH {
        return missing(&format!("it takes a repository with {OF_EACH} releases"));
    }
    let token = registry.token()?;
    registry.server.terminate()?;
    let database = registry.data.join("quarry.db");
    let mut command = if is_installed("sqlite3") {
        let mut command = plain("sqlite3");
        command.arg("-bail").arg(&database);
        command
    } else if is_installed("python3") {
        let mut command = plain("python3");
        command.args(["-c", PYTHON]).arg(&database);
        command
    } else {
        return missing("neither sqlite3 nor python3 is installed, and one must fill the database");
    };
    feed(&mut command, FILL)?;

    let mut times = Samples::default();
    for round in 0..ROUNDS {
        let path = format!("/api/registry/v1/modules/bench/filled-{}/bench/versions", 10_000 - round);
        times.push(start(&registry.data, &path, &token)?.as_secs_f64());
    }
    let mut rows = vec![Row::alone(WHAT, times, Goal::AtMost(0.5))];
    let mut server = QuarryServer::start(&registry.data)?;
    rows.extend(many_modules::measure("SQLite", server.url(), &token)?);
    server.terminate()?;
    Ok(rows)
}

fn missing(why: &str) -> Result<Vec<Row>> {
    Ok(vec![Row::missing(WHAT, why)])
}

fn start(data: &Path, path: &str, token: &str) -> Result<Duration> {
    let start = Instant::now();
    let mut server = QuarryServer::start(data)?;
    let target = Target::new(server.url(), path, token)?;
    let mut answer = target.answer();
    while answer.is_err() && start.elapsed() < Duration::from_secs(20) {
        answer = target.answer();
    }
    answer?;
    let time = start.elapsed();
    server.terminate()?;
    Ok(time)
}

fn feed(command: &mut Command, input: &str) -> Result<()> {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("no input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "filling the database: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
