//! Who used the processors while something was measured.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::processes::{children, command_line, cpu_time_with_ended, machine_busy_time, names_of_tree, tree_cpu_time};

/// What all of them had used at a moment.
pub(crate) struct CpuClock {
    at: Instant,
    parts: BTreeMap<String, Duration>,
    machine: Duration,
}

/// Between two moments, or in several such spans together.
#[derive(Default)]
pub(crate) struct CpuUse {
    wall: Duration,
    parts: BTreeMap<String, Duration>,
    machine: Duration,
}

impl CpuClock {
    /// Of all processes that this one started, each under what it is, and of this one, which is also the Git server.
    pub(crate) fn read() -> Result<Self> {
        let own = std::process::id();
        let mut parts = BTreeMap::from([("git server and bench".to_owned(), cpu_time_with_ended(own))]);
        for child in children(own) {
            *parts.entry(part_of(child)).or_default() += tree_cpu_time(child);
        }
        Ok(Self { at: Instant::now(), parts, machine: machine_busy_time().context("/proc/stat cannot be read")? })
    }

    pub(crate) fn used_until(&self, later: &Self) -> CpuUse {
        let used = |(name, time): (&String, &Duration)| {
            (name.clone(), time.saturating_sub(self.parts.get(name).copied().unwrap_or_default()))
        };
        CpuUse {
            wall: later.at - self.at,
            parts: later.parts.iter().map(used).collect(),
            machine: later.machine.saturating_sub(self.machine),
        }
    }
}

impl CpuUse {
    pub(crate) fn add(&mut self, other: &Self) {
        self.wall += other.wall;
        self.machine += other.machine;
        for (name, time) in &other.parts {
            *self.parts.entry(name.clone()).or_default() += *time;
        }
    }

    /// By whomever: 1 when no core had anything left.
    pub(crate) fn busy_share(&self) -> f64 {
        self.share_of(self.machine)
    }

    /// Of all of us together, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.parts.values().sum::<Duration>().as_secs_f64()
    }

    fn share_of(&self, time: Duration) -> f64 {
        time.as_secs_f64() / (cores() * self.wall.as_secs_f64())
    }
}

impl Display for CpuUse {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let share = |time: Duration| 100.0 * self.share_of(time);
        let ours: Duration = self.parts.values().sum();
        write!(out, "{:.0} % of {} busy, {:.0} % by us:", share(self.machine), cores(), share(ours))?;
        let mut parts: Vec<_> = self.parts.iter().map(|(name, time)| (share(*time), name)).collect();
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (share, name) in parts.into_iter().filter(|(share, _)| *share >= 0.5) {
            write!(out, " {name} {share:.0}")?;
        }
        Ok(())
    }
}

fn cores() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores).map_or(1.0, f64::from)
}

/// A server by its program, a process of Quarry by its role.
fn part_of(child: u32) -> String {
    let names = names_of_tree(child);
    let is = |name: &str| names.iter().any(|known| known == name);
    let role = || command_line(child).get(1).cloned().unwrap_or_default();
    match () {
        () if is("beam.smp") => "RabbitMQ".to_owned(),
        () if is("postgres") => "PostgreSQL".to_owned(),
        () if is("services") => "S3 server".to_owned(),
        () if is("quarry") => role(),
        () => "git server and bench".to_owned(),
    }
}
