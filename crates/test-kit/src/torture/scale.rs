//! The numbers of all scenarios: as promised, and a short form for every test run.

use std::time::Duration;

/// See the scenarios for what each number means there.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Tags of every copy of the sample.
    pub tags: usize,
    /// SIGKILLs at random moments.
    pub kills: usize,
    /// The longest time between two of them.
    pub kill_pause: Duration,
    /// Stops and kills of RabbitMQ.
    pub broker_restarts: usize,
    /// Jobs that read a version, under way meanwhile.
    pub jobs: usize,
    /// Workers that stand still longer than their lease.
    pub pauses: usize,
    /// Commits without an answer.
    pub cuts: u64,
    /// How long the database is away, or behaves badly in one way.
    pub outage: Duration,
    /// A request that the database keeps from being served says so within this time.
    pub longest_answer: Duration,
    /// When the database is back, all is well again within this time.
    pub longest_recovery: Duration,
    /// How long the store fails at each rate.
    pub store_time: Duration,
    /// Of a hundred calls to the store.
    pub store_rates: Vec<u64>,
    /// SIGTERMs of each process.
    pub stops: usize,
    /// Modules published with and without poison among them.
    pub neighbours: usize,
    /// By how much neighbours of poison may be slower in any case: a factor of next to nothing says nothing.
    pub noise: Duration,
    /// A poison that loops for ever takes minutes to be given up.
    pub loops: bool,
}

impl Scale {
    /// The numbers that were promised.
    pub fn full() -> Self {
        Self {
            tags: 239,
            kills: 200,
            kill_pause: Duration::from_millis(900),
            broker_restarts: 20,
            jobs: 2_000,
            pauses: 50,
            cuts: 200,
            outage: Duration::from_secs(30),
            longest_answer: Duration::from_secs(2),
            longest_recovery: Duration::from_secs(5),
            store_time: Duration::from_secs(20),
            store_rates: vec![1, 5, 10, 20, 30],
            stops: 20,
            neighbours: 60,
            noise: Duration::from_millis(250),
            loops: true,
        }
    }

    /// Seconds for each scenario.
    pub fn short() -> Self {
        Self {
            tags: 40,
            kills: 10,
            kill_pause: Duration::from_millis(600),
            broker_restarts: 1,
            jobs: 80,
            pauses: 1,
            cuts: 5,
            outage: Duration::from_secs(4),
            // A machine that does much else stands still for seconds now and then.
            longest_answer: Duration::from_secs(6),
            longest_recovery: Duration::from_secs(12),
            store_time: Duration::from_secs(5),
            store_rates: vec![10],
            stops: 1,
            neighbours: 20,
            // It runs unoptimised, beside other tests.
            noise: Duration::from_secs(1),
            loops: false,
        }
    }
}
