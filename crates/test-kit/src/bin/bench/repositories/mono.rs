//! Sixty modules of one repository against one module with as many of the same archives.

use std::path::Path;

use anyhow::{Result, ensure};
use test_kit::SampleRepository;
use tokio::time::Instant;

use super::World;
use crate::{
    ROUNDS,
    table::{Goal, Row, Samples},
};

const MODULES: usize = 60;
const TAGS: usize = 2_000;
const MAIN: &str = "variable \"name\" {\n  type = string\n}\n\noutput \"name\" {\n  value = var.name\n}\n";

pub(super) async fn measure(folder: &Path) -> Result<Vec<Row>> {
    let (mut many, mut one, mut fetches) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..ROUNDS {
        let place = folder.join(round.to_string());
        let world = World::start(&place, &[])?;
        let publisher = world.publisher().await?;
        fill(&place.join("repositories"))?;

        let start = Instant::now();
        let alone = publisher.begin("terraform-bench-alone", "alone").await?;
        ensure!(alone.settled().await? == TAGS, "some of {TAGS} failed");
        one.push(start.elapsed().as_secs_f64());

        let before = world.git.requests().len();
        let start = Instant::now();
        let mut modules = Vec::new();
        for number in 0..MODULES {
            let directory = format!("m{number}");
            modules.push(publisher.begin_part("terraform-bench-mono", &directory).await?);
        }
        let mut ok = 0;
        for module in &modules {
            ok += module.settled().await?;
        }
        ensure!(ok == TAGS, "{ok} of {TAGS} are ok");
        many.push(start.elapsed().as_secs_f64());
        let packs = world.git.requests().iter().skip(before).filter(|line| line.contains("git-upload-pack")).count();
        fetches.push(u32::try_from(packs).map_or(f64::NAN, f64::from));
    }
    Ok(vec![
        Row::ratio("60 modules of one repository : one, 2,000 tags each, s", many, one, Goal::AtMost(1.3)),
        Row::alone("  packs that the 60 modules fetched", fetches, Goal::AtMost(1.0)),
    ])
}

/// Two repositories: in one every tag is of the same directory, in the other each directory has a share of the tags.
fn fill(root: &Path) -> Result<()> {
    let files: Vec<(String, &str)> = (0..MODULES).map(|number| (format!("m{number}/main.tf"), MAIN)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let alone = SampleRepository::create(root, "terraform-bench-alone.git")?;
    alone.commit(&[("main.tf", MAIN)])?;
    alone.tag_many((0..TAGS).map(|number| format!("v1.{number}.0")))?;
    let mono = SampleRepository::create(root, "terraform-bench-mono.git")?;
    mono.commit(&files)?;
    mono.tag_many((0..TAGS).map(|number| format!("m{}-v1.{}.0", number % MODULES, number / MODULES)))
}
