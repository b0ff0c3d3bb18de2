//! What a round of the dispatcher costs behind 50,000 queued jobs of 20 scopes, or as many as the second argument says:
//! `cargo run -p store --release --example dispatch_cost -- postgres://…/an_empty_database` (or `sqlite:///a/new/file`).

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::time::{Duration, Instant};

use domain::JobKind;
use store::{
    Store,
    jobs::{self, NewJob},
};

const JOBS: usize = 50_000;
const WINDOW: i64 = 256;
const ROUNDS: usize = 60;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let scopes: usize = std::env::args().nth(2).map_or(20, |text| text.parse().unwrap());
    let store = Store::open(&url).unwrap();
    for chunk in 0..JOBS / 1000 {
        store
            .write(move |session| {
                (chunk * 1000..(chunk + 1) * 1000).try_for_each(|n| {
                    let scope = format!("scope-{}", n % scopes);
                    jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, format!("version-{n}"), scope))
                })
            })
            .await
            .unwrap();
    }

    let (mut looks, mut refills, mut claims) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let kinds = store.read(|session| jobs::look(session, WINDOW)).await.unwrap().kinds;
        let due = store.write(move |session| jobs::reserve_due(session, &kinds, WINDOW)).await.unwrap();
        refills.push(begin.elapsed());
        assert!(due.len() >= 128, "{}", due.len());

        let begin = Instant::now();
        let outlook = store.read(|session| jobs::look(session, WINDOW)).await.unwrap();
        looks.push(begin.elapsed());
        assert!(outlook.is_full && outlook.kinds.is_empty(), "{outlook:?}");

        for job in due.into_iter().take(WINDOW as usize - 100) {
            let begin = Instant::now();
            store
                .write(move |session| {
                    let job = jobs::claim(session, &job.id)?.unwrap();
                    jobs::finish(session, &job)
                })
                .await
                .unwrap();
            claims.push(begin.elapsed());
        }
    }
    report("a round while the window is full", looks);
    report("a round that fills the window", refills);
    report("claim and finish", claims);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied().unwrap_or_default();
    println!("{what}: p50 {:?}, p95 {:?}, worst {:?}", at(50), at(95), at(100));
}
