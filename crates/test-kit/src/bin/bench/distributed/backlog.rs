//! What requests notice of fifty thousand jobs that wait.

use anyhow::{Result, ensure};

use super::{
    filled_database::{FILL_JOBS, MODULES, REMOVE_JOBS},
    gateway::Gateway,
};
use crate::{
    ROUNDS,
    paced_load::{Pace, p99_millis},
    registry::MODULE,
    table::{Goal, Row, Samples},
};

const WARM: Pace = Pace { rate: 1_000, connections: 8 };
const COLD: Pace = Pace { rate: 200, connections: 8 };
const WARM_REQUESTS: usize = 3_000;
/// In each turn the other half of the modules, so that no answer is younger than the 5 s that it is kept.
const COLD_REQUESTS: usize = MODULES / 2;

/// Times in one state.
#[derive(Default)]
struct Times {
    warm: Vec<std::time::Duration>,
    cold: Vec<std::time::Duration>,
}

pub(crate) fn measure(gateway: &Gateway) -> Result<[Row; 2]> {
    let [mut warm, mut cold] = [(); 2].map(|()| [Samples::default(), Samples::default()]);
    let mut half = 0;
    turn(gateway, &mut half)?;
    for round in 0..ROUNDS {
        let mut times = [Times::default(), Times::default()];
        // Also the order within a round is turned round.
        let order = if round % 2 == 0 { [0, 1, 1, 0] } else { [1, 0, 0, 1] };
        let mut present = 0;
        for state in order {
            if state != present {
                set_backlog(gateway, state == 1)?;
                present = state;
            }
            let now = turn(gateway, &mut half)?;
            times[state].warm.extend(now.warm);
            times[state].cold.extend(now.cold);
        }
        set_backlog(gateway, false)?;
        for (state, times) in times.into_iter().enumerate() {
            warm[state].push(p99_millis(times.warm));
            cold[state].push(p99_millis(times.cold));
        }
    }
    let ([warm_idle, warm], [cold_idle, cold]) = (warm, cold);
    let goal = Goal::AtMost(1.2);
    Ok([
        Row::ratio("versions, warm, p99: 50,000 jobs wait : none, ms", warm, warm_idle, goal),
        Row::ratio("versions, cold, p99: 50,000 jobs wait : none, ms", cold, cold_idle, goal),
    ])
}

fn turn(gateway: &Gateway, half: &mut usize) -> Result<Times> {
    let warm = WARM.run(&vec![gateway.target(MODULE)?; WARM_REQUESTS])?;
    let begin = *half * COLD_REQUESTS;
    *half = 1 - *half;
    let cold = COLD.run(&gateway.cold_targets(begin..begin + COLD_REQUESTS)?)?;
    Ok(Times { warm, cold })
}

/// Comes back when the table is as tidy as it is after a while.
fn set_backlog(gateway: &Gateway, is_wanted: bool) -> Result<()> {
    gateway.ask(if is_wanted { FILL_JOBS } else { REMOVE_JOBS })?;
    gateway.ask("VACUUM (ANALYZE) jobs")?;
    let waiting: usize = gateway.ask("SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND run_after = 0")?.parse()?;
    ensure!(is_wanted == (waiting >= 50_000), "{waiting} jobs wait");
    Ok(())
}
