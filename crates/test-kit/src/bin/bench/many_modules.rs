//! Lists of ten thousand modules and searches in them, against reading one.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{
    ROUNDS,
    load::Target,
    module::{ORGANIZATION, PROVIDER},
    paced_load::{Pace, p50_millis, p99_millis},
    serving::body,
    table::{Goal, Row, Samples},
};

/// In the database when this is measured.
pub(crate) const MODULES: usize = 10_000;
const PACE: Pace = Pace { rate: 50, connections: 2 };
/// Of each kind in each round.
const REQUESTS: usize = 300;

/// What is measured, of either API. The numbers in the texts are those of modules, and go on from request to request.
struct Series {
    what: &'static str,
    path: fn(usize) -> String,
    /// The series that this one is compared with, and the most that it may take.
    against: Option<(usize, f64)>,
}

const SERIES: [Series; 10] = [
    Series { what: "TFE, read of one", path: |number| managed(&format!("/private/{}", module(number))), against: None },
    Series { what: "TFE, first page", path: |_| managed("?page%5Bsize%5D=20"), against: Some((0, 5.0)) },
    Series {
        what: "TFE, page 490",
        path: |_| managed("?page%5Bsize%5D=20&page%5Bnumber%5D=490"),
        against: Some((1, 1.2)),
    },
    Series {
        what: "TFE, search, few",
        path: |number| managed(&format!("?q=filled-{number}")),
        against: Some((0, 5.0)),
    },
    Series { what: "TFE, search, all", path: |_| managed("?q=filled"), against: Some((0, 5.0)) },
    Series { what: "protocol, read of one", path: |number| browsed(&format!("/{}", module(number))), against: None },
    Series { what: "protocol, first page", path: |_| browsed("?limit=20"), against: Some((5, 5.0)) },
    Series { what: "protocol, page 490", path: |_| browsed("?limit=20&offset=9780"), against: Some((6, 1.2)) },
    Series {
        what: "protocol, search, few",
        path: |number| found(&format!("filled-{number}")),
        against: Some((5, 5.0)),
    },
    Series { what: "protocol, search, all", path: |_| found("filled"), against: Some((5, 5.0)) },
];

fn managed(rest: &str) -> String {
    format!("/api/v2/organizations/{ORGANIZATION}/registry-modules{rest}")
}

fn browsed(rest: &str) -> String {
    format!("/api/registry/v1/modules{rest}")
}

fn found(words: &str) -> String {
    browsed(&format!("/search?q={words}"))
}

fn module(number: usize) -> String {
    format!("{ORGANIZATION}/filled-{number}/{PROVIDER}")
}

/// `name` is that of the database; modules are called `filled-1` and so on.
pub(crate) fn measure(name: &str, url: &str, token: &str) -> Result<Vec<Row>> {
    let whole = Target::new(url, &managed("?page%5Bsize%5D=1"), token)?.answer()?;
    let whole: serde_json::Value = serde_json::from_slice(body(&whole))?;
    let total = whole["meta"]["pagination"]["total-count"].as_u64();
    ensure!(total.is_some_and(|total| total >= MODULES as u64), "there are {total:?} modules");

    let mut samples = SERIES.map(|_| [Samples::default(), Samples::default()]);
    for round in 0..ROUNDS {
        let mut times: [Vec<Duration>; SERIES.len()] = SERIES.map(|_| Vec::new());
        // Forwards and backwards, so that a machine that grows slower meanwhile does all the same.
        for turn in (0..SERIES.len()).chain((0..SERIES.len()).rev()) {
            let first = 1 + (round * REQUESTS + times[turn].len()) * 3;
            let numbers = (first..).step_by(3).take(REQUESTS / 2);
            let targets: Result<Vec<Target>> =
                numbers.map(|number| Target::new(url, &(SERIES[turn].path)(number), token)).collect();
            times[turn].extend(PACE.run(&targets?)?);
        }
        for (samples, times) in samples.iter_mut().zip(times) {
            samples[0].push(p50_millis(times.clone()));
            samples[1].push(p99_millis(times));
        }
    }
    let mut rows = Vec::new();
    for (series, ours) in SERIES.iter().zip(&samples) {
        let Some((anchor, limit)) = series.against else { continue };
        for (which, label) in ["p50", "p99"].into_iter().enumerate() {
            let what = format!("{name}, {} : {}, {label}, ms", series.what, SERIES[anchor].what);
            rows.push(Row::ratio(what, ours[which].clone(), samples[anchor][which].clone(), Goal::AtMost(limit)));
        }
    }
    Ok(rows)
}
