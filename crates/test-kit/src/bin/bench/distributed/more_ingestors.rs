//! Forty repositories at once, with more and more ingestors.

use std::{path::Path, time::Instant};

use anyhow::{Context, Result, ensure};
use test_kit::{
    GitServer,
    cluster::{Role, Roles},
};
use tokio::task::JoinSet;

use super::{
    cpu_use::{CpuClock, CpuUse},
    engines::PrivateServers,
    many_repositories::{ManyRepositories, REPOSITORIES, identifier},
};
use crate::{
    ROUNDS,
    input::Input,
    module::Publisher,
    table::{Goal, Row, Samples},
};

const PROCESSES: [usize; 3] = [1, 2, 4];

/// How the ingestors are set up.
struct Setup {
    /// Stands behind "ingestors".
    name: &'static str,
    settings: &'static [(Role, &'static str, &'static str)],
}

const SETUPS: [Setup; 2] = [
    Setup { name: "", settings: &[] },
    // One alone cannot fill a machine, so this shows what the second and the fourth process add.
    Setup {
        name: " at 1 job",
        settings: &[
            (Role::Ingestor, "QUARRY_MAX_SYNCS", "1"),
            (Role::Ingestor, "QUARRY_MAX_ARCHIVINGS", "1"),
            (Role::Ingestor, "QUARRY_MAX_INGESTS", "1"),
        ],
    },
];

/// From then on the cores count as full, and no more can be expected of more processes.
const FULL: f64 = 0.85;

/// All runs with so many processes.
#[derive(Default)]
struct Point {
    rates: Samples,
    cpu: CpuUse,
}

/// Rows, and notes that say who used the processors.
pub(crate) async fn measure(
    scratch: &Path,
    input: &Input,
    servers: &PrivateServers,
) -> Result<(Vec<Row>, Vec<String>)> {
    let repositories = ManyRepositories::make(scratch, input)?;
    let git = GitServer::start(&repositories.root)?;
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    for setup in &SETUPS {
        let mut curve = PROCESSES.map(|_| Point::default());
        for round in 0..ROUNDS {
            for turn in 0..PROCESSES.len() {
                let turn = (turn + round) % PROCESSES.len();
                let (rate, cpu) = run(&git, servers, (PROCESSES[turn], setup, repositories.releases)).await?;
                curve[turn].rates.push(rate);
                curve[turn].cpu.add(&cpu);
            }
        }
        let versions = REPOSITORIES * repositories.releases;
        for (processes, point) in PROCESSES.iter().zip(&curve) {
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let millis = point.cpu.seconds() * 1000.0 / (versions * ROUNDS) as f64;
            let name = setup.name;
            notes.push(format!("ingestors{name}: {processes}, CPU {millis:.0} ms for each version, {}", point.cpu));
        }
        rows.extend(rows_of(setup, versions, curve));
    }
    Ok((rows, notes))
}

fn rows_of(setup: &Setup, versions: usize, [one, two, four]: [Point; 3]) -> [Row; 2] {
    // Where one process fills the cores already, a second one may at least not slow the work down.
    let goal = Goal::AtLeast(if one.cpu.busy_share() < FULL { 1.1 } else { 0.9 });
    let name = setup.name;
    let what = format!("{versions} versions of {REPOSITORIES} repositories, 2 ingestors{name} : 1, 1/s");
    [
        Row::ratio(what, two.rates, one.rates.clone(), goal),
        Row::ratio(format!("  4 ingestors{name} : 1, 1/s"), four.rates, one.rates, goal),
    ]
}

/// On empty engines; versions that became `ok` in a second.
async fn run(
    git: &GitServer,
    servers: &PrivateServers,
    (ingestors, setup, releases): (usize, &Setup, usize),
) -> Result<(f64, CpuUse)> {
    let cluster = servers.start_cluster(Roles { ingestors, ..Roles::default() }, setup.settings)?;
    let publisher = Publisher::new(cluster.api()?, git).await?;
    let before = CpuClock::read()?;
    let start = Instant::now();
    let mut requests = JoinSet::new();
    for copy in 0..REPOSITORIES {
        let publisher = publisher.clone();
        requests.spawn(async move { publisher.begin(&identifier(copy), &identifier(copy)).await });
    }
    let modules: Vec<_> = requests.join_all().await.into_iter().collect::<Result<_>>()?;
    let mut ok = 0;
    // One after the other, so that asking is no load.
    for module in &modules {
        ok += module.settled().await.with_context(|| cluster.log())?;
    }
    let time = start.elapsed();
    let cpu = before.used_until(&CpuClock::read()?);
    ensure!(ok == REPOSITORIES * releases, "only {ok} versions are ok: {}", cluster.log());
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let rate = ok as f64 / time.as_secs_f64();
    Ok((rate, cpu))
}
