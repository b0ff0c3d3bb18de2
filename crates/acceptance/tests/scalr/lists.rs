//! The list of modules: filters, order, search, pages, and what comes along.

use anyhow::Result;
use serde_json::json;

use crate::world::{World, id};

/// `vpc` and `net` for aws with three versions and a submodule each, `net` for google without any tag.
async fn three_modules() -> Result<World> {
    let world = World::start().await?;
    for name in ["terraform-aws-vpc", "terraform-aws-net"] {
        world.registry.repository(name)?.release_three_times()?;
        world.publish(name, &json!({})).await?;
    }
    world.registry.repository("terraform-google-net")?.commit(&[("main.tf", "# Nothing.\n")])?;
    world.publish("terraform-google-net", &json!({})).await?;
    Ok(world)
}

/// Name and provider of each, in order.
async fn found(world: &World, query: &str) -> Result<Vec<String>> {
    let answer = world.get(&format!("/modules?{query}")).await?;
    anyhow::ensure!(answer.status == 200, "{query}: {answer:?}");
    Ok(answer.all("name").into_iter().zip(answer.all("provider")).map(|(name, it)| format!("{name}/{it}")).collect())
}

#[tokio::test]
async fn filters_narrow_and_a_search_looks_into_submodules() -> Result<()> {
    let world = three_modules().await?;
    let account = world.account("acme").await?;
    let all = ["net/aws", "net/google", "vpc/aws"];
    let answer = world.get("/modules").await?;
    let vpc = id(&answer.body["data"][2]).to_owned();

    for (query, expected) in [
        (String::new(), &all[..]),
        ("sort=-name".to_owned(), &["vpc/aws", "net/aws", "net/google"]),
        ("sort=created-at".to_owned(), &["vpc/aws", "net/aws", "net/google"]),
        ("sort=-created-at".to_owned(), &["net/google", "net/aws", "vpc/aws"]),
        ("filter[name]=net".to_owned(), &["net/aws", "net/google"]),
        ("filter[name]=net,vpc&filter[provider]=aws".to_owned(), &["net/aws", "vpc/aws"]),
        (format!("filter[source]={account}/vpc/aws"), &["vpc/aws"]),
        ("filter[source]=acme/vpc/aws".to_owned(), &["vpc/aws"]),
        (format!("filter[source]={account}/vpc/google"), &[]),
        ("filter[source]=vpc".to_owned(), &[]),
        ("filter[status]=no_version_tags".to_owned(), &["net/google"]),
        ("filter[status]=no_version_tag".to_owned(), &["net/google"]),
        ("filter[status]=setup_complete".to_owned(), &["net/aws", "vpc/aws"]),
        ("filter[status]=errored,pending".to_owned(), &[]),
        ("filter[module-versions][status]=ok".to_owned(), &["net/aws", "vpc/aws"]),
        ("filter[module-versions][status]=errored".to_owned(), &[]),
        ("filter[module-versions][is-root-module]=true".to_owned(), &all),
        ("filter[module-versions][is-root-module]=false".to_owned(), &[]),
        (format!("filter[account]={account}"), &all),
        ("filter[account]=null&filter[environment]=null".to_owned(), &[]),
        ("filter[environment]=null".to_owned(), &all),
        ("query=NET".to_owned(), &["net/aws", "net/google"]),
        ("query=goog".to_owned(), &["net/google"]),
        ("query=part".to_owned(), &["net/aws", "vpc/aws"]),
        ("query=%25".to_owned(), &[]),
        (format!("query={vpc}"), &["vpc/aws"]),
    ] {
        assert_eq!(found(&world, &query).await?, expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_lead_to_each_other_until_there_is_no_next() -> Result<()> {
    let world = three_modules().await?;
    let mut names = Vec::new();
    let mut next = Some(1);

    while let Some(number) = next {
        let answer = world.get(&format!("/modules?page[size]=2&page[number]={number}&sort=name")).await?;
        let pagination = &answer.body["meta"]["pagination"];
        assert_eq!((&pagination["total-count"], &pagination["total-pages"]), (&json!(3), &json!(2)));
        assert_eq!(answer.body["links"]["next"].is_null(), pagination["next-page"].is_null());
        names.extend(answer.all("name"));
        next = pagination["next-page"].as_i64();
    }

    assert_eq!(names, ["net", "net", "vpc"]);
    let first = world.get("/modules?page[size]=2").await?;
    let link = first.body["links"]["self"].as_str().unwrap_or_default().to_owned();
    assert!(link.starts_with(&format!("{}/api/iacp/v3/modules?", world.registry.url())), "{link}");
    Ok(())
}

#[tokio::test]
async fn what_is_asked_for_comes_along_once() -> Result<()> {
    let world = three_modules().await?;

    let answer = world.get("/modules?include=vcs-provider,account,created-by,latest-module-version").await?;
    let versions = world.get("/modules?filter[name]=vpc&include=module-versions").await?;
    let nothing = world.get("/modules").await?;

    let mut kinds = answer.included();
    kinds.sort_unstable();
    assert_eq!(kinds, ["accounts", "module-versions", "module-versions", "users", "vcs-providers"]);
    let included = answer.body["included"].as_array().cloned().unwrap_or_default();
    let newest = included.iter().find(|it| it["type"] == "module-versions").cloned().unwrap_or_default();
    assert_eq!(newest["attributes"]["version"], "1.10.0");
    assert_eq!(newest["attributes"]["details"], "# Release v1.10.0\n");
    assert_eq!(versions.included(), ["module-versions"; 3]);
    assert!(nothing.body["included"].is_null());
    Ok(())
}
