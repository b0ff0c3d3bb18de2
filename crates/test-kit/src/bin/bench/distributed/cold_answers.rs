//! What PostgreSQL is asked for an answer that the gateway does not have, when it knows the caller.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{engines::PrivateServers, gateway::Gateway};
use crate::{
    ROUNDS,
    paced_load::Pace,
    registry::MODULE,
    table::{Goal, Row, Samples},
};

/// In each round, one after the other.
const REQUESTS: usize = 300;
const PACE: Pace = Pace { rate: 500, connections: 1 };

/// The row, and a note with the statements.
pub(crate) fn measure(gateway: &Gateway, servers: &PrivateServers) -> Result<(Row, String)> {
    gateway.ask("ALTER SYSTEM SET log_statement = 'all'")?;
    gateway.ask("SELECT pg_reload_conf()")?;
    let measured = count(gateway, servers);
    gateway.ask("ALTER SYSTEM RESET log_statement")?;
    gateway.ask("SELECT pg_reload_conf()")?;
    measured
}

fn count(gateway: &Gateway, servers: &PrivateServers) -> Result<(Row, String)> {
    let mut numbers = 0..;
    wait_until_it_logs(gateway, servers, &mut numbers)?;
    let mut samples = Samples::default();
    let mut seen = BTreeMap::new();
    for _ in 0..ROUNDS {
        let targets = gateway.cold_targets(numbers.by_ref().take(REQUESTS))?;
        // The caller is known for two seconds from now.
        gateway.target(MODULE)?.answer()?;
        let before = servers.postgres_log()?.len();
        PACE.run(&targets)?;
        let log = servers.postgres_log()?;
        seen = statements(&log[before..], gateway.database_name());
        // What the process does by itself comes a few times, whatever is asked of it.
        seen.retain(|_, count| *count * 2 > REQUESTS);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        samples.push(seen.values().sum::<usize>() as f64 / REQUESTS as f64);
    }
    let shown: Vec<String> = seen.iter().map(|(text, count)| format!("  {count} x {}", shorten(text))).collect();
    let note = format!("{REQUESTS} cold answers on PostgreSQL:\n{}\n", shown.join("\n"));
    Ok((Row::alone("versions on PostgreSQL, cold, queries for each", samples, Goal::AtMost(1.0)), note))
}

/// Sessions that are open hear of the setting a moment later.
fn wait_until_it_logs(
    gateway: &Gateway,
    servers: &PrivateServers,
    numbers: &mut impl Iterator<Item = usize>,
) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let before = servers.postgres_log()?.len();
        PACE.run(&gateway.cold_targets(numbers.take(10))?)?;
        let logged = statements(&servers.postgres_log()?[before..], gateway.database_name());
        if logged.values().any(|count| *count >= 10) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "PostgreSQL does not log statements");
    }
}

/// How often which statement was run in a database. A line of the log begins with a process and a database.
fn statements(log: &str, database: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let place = format!(" {database} LOG:  ");
    for (_, entry) in log.lines().filter_map(|line| line.split_once(&place)) {
        let text = entry.strip_prefix("statement: ").or_else(|| {
            let (_, text) = entry.strip_prefix("execute ")?.split_once(": ")?;
            Some(text)
        });
        if let Some(text) = text {
            *found.entry(text.to_owned()).or_default() += 1;
        }
    }
    found
}

fn shorten(statement: &str) -> String {
    let from = statement.find(" FROM ").unwrap_or_default();
    let start: String = statement.chars().take(if from == 0 { 100 } else { 30 }).collect();
    let rest: String = statement.chars().skip(from).take(90).collect();
    if from == 0 { start } else { format!("{start} …{rest} …") }
}
