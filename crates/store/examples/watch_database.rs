//! Asks a database 20 times a second, as a request handler would, and tells when it goes and when it is back:
//! `cargo run -p store --example watch_database -- postgres://… [seconds]`. Break the database meanwhile.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use store::{Store, installation};

const DEADLINE: Duration = Duration::from_millis(1800);
const EVERY: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap();
    let seconds = arguments.next().map_or(60, |text| text.parse().unwrap());
    let store = Store::connect(&url, 10).unwrap().with_deadline(DEADLINE);
    let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let asking = tokio::spawn(async move {
        let (end, mut ticks) = (Instant::now() + Duration::from_secs(seconds), tokio::time::interval(EVERY));
        while Instant::now() < end {
            ticks.tick().await;
            let (store, told) = (store.clone(), told.clone());
            tokio::spawn(async move {
                let begin = Instant::now();
                let outcome = store.read(|session| installation::find(session, "id")).await;
                let _ = told.send((begin.elapsed(), outcome.map(drop)));
            });
        }
    });
    let (mut was_there, mut longest, mut count) = (None, Duration::ZERO, 0);
    while let Some((took, outcome)) = answers.recv().await {
        (longest, count) = (longest.max(took), count + 1);
        if was_there != Some(outcome.is_ok()) {
            was_there = Some(outcome.is_ok());
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let told = outcome.err().map_or("answers".to_owned(), |error| error.chain());
            println!("{:.2} {told}; asked {count} times, the longest took {longest:?}", now.as_secs_f64());
            (longest, count) = (Duration::ZERO, 0);
        }
    }
    asking.await.unwrap();
    println!("{count} more, the longest took {longest:?}");
}
