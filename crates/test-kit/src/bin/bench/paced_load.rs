//! Requests at a steady pace, whatever the server does, and how long each of them took.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::{
    net::TcpStream,
    runtime,
    time::{Instant, sleep_until, timeout},
};

use crate::load::{BUFFER, LONGEST_RUN, Target, exchange};

/// So many in a second, over so many connections.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rate: u32,
    pub(crate) connections: usize,
}

impl Pace {
    /// Each target once, in this order. All must be answered well.
    pub(crate) fn run(self, targets: &[Target]) -> Result<Vec<Duration>> {
        // The caller may be within a runtime, where no other may block.
        let run = || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { timeout(LONGEST_RUN, self.run_all(targets)).await? })
        };
        std::thread::scope(|scope| scope.spawn(run).join().map_err(|_| anyhow!("the load failed"))?)
    }

    async fn run_all(self, targets: &[Target]) -> Result<Vec<Duration>> {
        let begin = Instant::now() + Duration::from_millis(100);
        let mut tasks = Vec::new();
        for connection in 0..self.connections {
            let own = targets.iter().enumerate().skip(connection).step_by(self.connections);
            let own: Vec<(Instant, Target)> = own.map(|(turn, it)| (begin + self.offset(turn), it.clone())).collect();
            tasks.push(tokio::spawn(run_one_connection(own)));
        }
        let mut times = Vec::with_capacity(targets.len());
        for task in tasks {
            times.extend(task.await??);
        }
        Ok(times)
    }

    fn offset(self, turn: usize) -> Duration {
        u32::try_from(turn).map_or(Duration::MAX, |turn| Duration::from_secs(1) * turn / self.rate)
    }
}

/// A request that had to wait for the one before it took as long as it waited. That the timer is up to 1 ms late does
/// not count.
async fn run_one_connection(turns: Vec<(Instant, Target)>) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(turns.len());
    let mut buffer = vec![0; BUFFER];
    let Some((_, first)) = turns.first() else { return Ok(times) };
    let mut stream = TcpStream::connect(first.address).await?;
    stream.set_nodelay(true)?;
    for (due, target) in turns {
        let is_late = Instant::now() > due;
        sleep_until(due).await;
        let since = if is_late { due } else { Instant::now() };
        exchange(&mut stream, &target.request, &mut buffer, &mut |_| {}).await?;
        times.push(since.elapsed());
    }
    Ok(times)
}

/// So long took the slowest of the best 99 %, in milliseconds.
pub(crate) fn p99_millis(times: Vec<Duration>) -> f64 {
    percentile_millis(times, 99)
}

/// Half of them took no longer, in milliseconds.
pub(crate) fn p50_millis(times: Vec<Duration>) -> f64 {
    percentile_millis(times, 50)
}

fn percentile_millis(mut times: Vec<Duration>, percent: usize) -> f64 {
    times.sort();
    let slowest = times.get(times.len() * percent / 100);
    slowest.map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}
