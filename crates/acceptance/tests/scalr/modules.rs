//! Publishing, reading and taking back modules; and what the other API says of them.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Api;

use crate::world::{World, id, publication};

#[tokio::test]
async fn a_published_module_is_shown_as_it_was_asked_for_and_installed_by_its_source() -> Result<()> {
    let world = World::start().await?;
    let repository = world.registry.repository("infra")?;
    repository.commit(&[("library/net/main.tf", "variable \"size\" {}\n"), ("library/net/README.md", "# Net\n")])?;
    repository.tag("net/v1.0.0")?;
    let extra = json!({
        "name": "net", "provider": "aws", "description": "Networks", "path": "./library/net/", "tag-prefix": "net/",
    });

    let module = world.publish("infra.git", &extra).await?;

    let attributes = &module["attributes"];
    // Clients make the module anew when these change by a single byte.
    assert_eq!(attributes["vcs-repo"]["identifier"], "infra.git");
    assert_eq!(attributes["vcs-repo"]["path"], "./library/net/");
    assert_eq!(attributes["vcs-repo"]["tag-prefix"], "net/");
    assert_eq!(attributes["vcs-repo"]["provider-type"], "git");
    assert_eq!(attributes["description"], "Networks");
    assert_eq!(attributes["status"], "setup_complete");
    assert_eq!(attributes["source-type"], "vcs");
    assert_eq!(attributes["permissions"], json!({"can-delete": true, "can-resync": true, "can-retry": true}));
    let times = ["created-at", "updated-at"].map(|name| attributes[name].as_str().unwrap_or_default().len());
    assert_eq!(times, ["2026-03-02T09:14:55Z".len(); 2]);
    let account = world.account("acme").await?;
    assert_eq!(attributes["source"], format!("{account}/net/aws"));
    let relationships = &module["relationships"];
    assert_eq!(relationships["account"]["data"], json!({"type": "accounts", "id": account}));
    assert_eq!(relationships["environment"], Value::Null);
    assert_eq!(relationships["vcs-provider"]["data"]["id"], world.vcs_provider());
    assert_eq!(relationships["created-by"]["data"]["type"], "users");
    let version = &relationships["module-versions"]["data"][0]["id"];
    for name in ["latest-module-version", "module-version", "last-version", "last-active-version"] {
        assert_eq!(&relationships[name]["data"]["id"], version, "{name}");
    }

    // By the id of the account and by its name.
    assert_eq!(world.registry.api.installable(&format!("{account}/net/aws")).await?, ["1.0.0"]);
    assert_eq!(world.registry.api.installable("acme/net/aws").await?, ["1.0.0"]);
    Ok(())
}

#[tokio::test]
async fn what_one_api_publishes_the_other_reads() -> Result<()> {
    let world = World::start().await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    world.registry.repository("terraform-aws-net")?.release_three_times()?;

    let of_scalr = world.publish("terraform-aws-vpc", &json!({})).await?;
    let of_tfe = world.registry.publish("terraform-aws-net").await?;

    let path = "/api/v2/organizations/acme/registry-modules/private/acme/vpc/aws";
    let (status, answer) = world.registry.api.get(path).await?;
    assert_eq!(status, 200, "{answer}");
    let read = &answer["data"];
    assert_eq!(read["id"], of_scalr["id"]);
    assert_eq!(Api::version_statuses(read), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(read["attributes"]["vcs-repo"]["vanished-tags"], "remove");

    let answer = world.get(&format!("/modules/{}", id(&of_tfe))).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let read = &answer.body["data"]["attributes"];
    assert_eq!((&read["name"], &read["status"]), (&json!("net"), &json!("setup_complete")));
    assert_eq!(read["vcs-repo"]["path"], Value::Null);
    assert_eq!(world.get("/modules").await?.all("name"), ["net", "vpc"]);
    Ok(())
}

#[tokio::test]
async fn an_unpublished_module_is_gone_everywhere() -> Result<()> {
    let world = World::start().await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let path = format!("/modules/{}", id(&module));

    let answer = world.delete(&path).await?;

    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    assert_eq!(world.get(&path).await?.status, 404);
    assert_eq!(world.delete(&path).await?.status, 404);
    let (status, _) = world.registry.api.get("/api/registry/v1/modules/acme/vpc/aws/versions").await?;
    assert_eq!(status, 404);
    Ok(())
}

#[tokio::test]
async fn a_description_by_hand_is_shown_and_a_name_is_taken_once() -> Result<()> {
    let world = World::start().await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let made = world.publish("terraform-aws-vpc", &json!({"description": "Ours"})).await?;
    assert_eq!(made["attributes"]["description"], "Ours");

    let again = publication(&world.vcs_provider(), "terraform-aws-vpc", &json!({}));
    let answer = world.post("/modules", &again).await?;

    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(answer.error()["source"]["pointer"], "/data/attributes/name");
    assert_eq!(answer.error()["detail"], "Name has already been taken");
    Ok(())
}

#[tokio::test]
async fn whoever_may_not_is_told_so_and_whoever_may_not_see_is_told_nothing() -> Result<()> {
    let world = World::start().await?;
    world.registry.api.make_organization("other").await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let (reader, stranger) = (world.service_token("acme", "read").await?, world.service_token("other", "admin").await?);
    let path = format!("/modules/{}", id(&module));
    let none = "/modules/mod-1111111111111111";
    let resync = |path: &str| format!("{path}/actions/resync");

    for (method, path, missing) in [
        (Method::DELETE, path.clone(), none.to_owned()),
        (Method::POST, resync(&path), resync(none)),
        (Method::POST, "/modules".to_owned(), String::new()),
    ] {
        let body = if path == "/modules" {
            publication(&world.vcs_provider(), "terraform-aws-x", &json!({}))
        } else {
            Value::Null
        };
        let refused = world.send_as(&reader, method.clone(), &path, &body).await?;
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
        assert_eq!(refused.error()["code"], "forbidden");
        let hidden = world.send_as(&stranger, method.clone(), &path, &body).await?;
        assert_eq!(hidden.status, 404, "{path}: {hidden:?}");
        if !missing.is_empty() {
            assert_eq!(hidden.body, world.send_as(&stranger, method, &missing, &body).await?.body);
        }
    }
    assert_eq!(world.send_as(&reader, Method::GET, &path, &Value::Null).await?.status, 200);
    assert_eq!(world.send_as("nonsense", Method::GET, &path, &Value::Null).await?.status, 401);
    Ok(())
}
