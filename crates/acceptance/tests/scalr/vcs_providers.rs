//! Connections to Git hosts, as this API has them.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, id, publication};

fn provider(attributes: &Value, relationships: &Value) -> Value {
    json!({"data": {"type": "vcs-providers", "attributes": attributes, "relationships": relationships}})
}

#[tokio::test]
async fn a_connection_is_made_read_changed_and_deleted() -> Result<()> {
    let world = World::start().await?;
    let account = world.account("acme").await?;
    let of_acme = json!({"account": {"data": {"type": "accounts", "id": account}}, "environments": {"data": []}});
    let attributes = json!({
        "name": "plain", "vcs-type": "git", "auth-type": "personal_token", "oauth": null, "username": "jdoe",
        "token": "s3cret-token", "url": world.registry.git.url(), "is-shared": false, "comments-enabled": true,
    });

    let made = world.post("/vcs-providers", &provider(&attributes, &of_acme)).await?;

    assert_eq!(made.status, 201, "{made:?}");
    let read = world.get(&format!("/vcs-providers/{}", id(&made.body["data"]))).await?;
    assert_eq!(read.body["data"], made.body["data"]);
    let shown = &read.body["data"]["attributes"];
    assert_eq!(
        (&shown["name"], &shown["vcs-type"], &shown["username"]),
        (&json!("plain"), &json!("git"), &json!("jdoe"))
    );
    assert_eq!((&shown["token"], &shown["oauth"], &shown["is-shared"]), (&Value::Null, &Value::Null, &json!(false)));
    assert_eq!((&shown["comments-enabled"], &shown["draft-pr-runs-enabled"]), (&json!(true), &json!(false)));
    let relationships = &read.body["data"]["relationships"];
    assert_eq!(relationships["account"]["data"]["id"], json!(account));
    assert_eq!(relationships["agent-pool"], json!({"data": null}));

    let path = format!("/vcs-providers/{}", id(&made.body["data"]));
    let always = json!({"environments": {"data": []}, "agent-pool": {"data": null}});
    let changed = json!({"name": "plainer", "is-shared": true, "draft-pr-runs-enabled": true, "username": ""});
    // Without the user name, the token alone is what the host is asked with.
    let changed = world.patch(&path, &provider(&changed, &always)).await?;
    assert_eq!(changed.status, 200, "{changed:?}");
    let shown = &changed.body["data"]["attributes"];
    assert_eq!((&shown["name"], &shown["is-shared"]), (&json!("plainer"), &json!(true)));
    assert_eq!((&shown["comments-enabled"], &shown["draft-pr-runs-enabled"]), (&json!(true), &json!(true)));
    world.registry.api.make_organization("other").await?;
    let elsewhere = json!({"account": {"data": {"type": "accounts", "id": world.account("other").await?}}});
    for (attributes, relationships, pointer) in [
        (json!({"url": "https://elsewhere.acme.test"}), &always, "/data/attributes/url"),
        (json!({"vcs-type": "gitea"}), &always, "/data/attributes/vcs-type"),
        (json!({"auth-type": "oauth2"}), &always, "/data/attributes/auth-type"),
        (json!({"name": "moved"}), &elsewhere, "/data/relationships/account"),
        (json!({"name": "moved"}), &json!({"account": null}), "/data/relationships/account"),
    ] {
        let answer = world.patch(&path, &provider(&attributes, relationships)).await?;
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.error()["source"]["pointer"], pointer, "{answer:?}");
    }
    let same = json!({"auth-type": "personal_token", "vcs-type": "git", "name": "plainer"});
    assert_eq!(world.patch(&path, &provider(&same, &of_acme)).await?.status, 200);

    // The same connection by the faces of the other API.
    let client = path.replace("/vcs-providers/vcs-", "/api/v2/oauth-clients/oc-");
    let (status, answer) = world.registry.api.get(&client).await?;
    assert_eq!((status.as_u16(), &answer["data"]["attributes"]["name"]), (200, &json!("plainer")));
    assert!(!format!("{changed:?}{answer}").contains("s3cret-token"));

    assert_eq!(world.delete(&path).await?.status, 204);
    assert_eq!(world.get(&path).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_connection_in_use_stays() -> Result<()> {
    let world = World::start().await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let path = format!("/vcs-providers/{}", world.vcs_provider());

    assert_eq!(world.delete(&path).await?.status, 422);
    world.delete(&format!("/modules/{}", id(&module))).await?;
    assert_eq!(world.delete(&path).await?.status, 204);
    Ok(())
}

#[tokio::test]
async fn connections_are_found_by_what_they_are_and_where_they_can_be_used() -> Result<()> {
    let world = World::start().await?;
    let account = world.account("acme").await?;
    let environment =
        json!({"data": {"attributes": {"name": "prod"}, "relationships": {"account": {"data": {"id": account}}}}});
    let environment = world.post("/environments", &environment).await?;
    let environment = id(&environment.body["data"]).to_owned();
    let of_acme = json!({"account": {"data": {"type": "accounts", "id": account}}});
    let given = json!({
        "account": {"data": {"type": "accounts", "id": account}},
        "environments": {"data": [{"type": "environments", "id": environment}]},
    });
    let url = world.registry.git.url();
    let make = |name: &str| json!({"name": name, "vcs-type": "git", "url": url});
    let own = world.post("/vcs-providers", &provider(&make("own"), &of_acme)).await?;
    let lent = world.post("/vcs-providers", &provider(&make("lent"), &given)).await?;
    assert_eq!(lent.body["data"]["relationships"]["environments"]["data"][0]["id"], json!(environment), "{lent:?}");

    let default = world.account("default").await?;
    for (query, expected) in [
        (String::new(), &["?", "own", "lent"][..]),
        ("sort=-name".to_owned(), &["own", "lent", "?"]),
        ("filter[name]=own".to_owned(), &["own"]),
        ("query=LEN".to_owned(), &["lent"]),
        ("filter[vcs-type]=github".to_owned(), &[]),
        ("filter[vcs-type]=git&filter[name]=own,lent".to_owned(), &["own", "lent"]),
        (format!("filter[vcs-provider]={}", id(&own.body["data"])), &["own"]),
        ("filter[vcs-provider]=nonsense".to_owned(), &[]),
        // The one of the start is open to the whole account.
        (format!("filter[environment]={environment}"), &["?", "lent"]),
        (format!("filter[account]={account}"), &["?", "own", "lent"]),
        (format!("filter[environment]={environment}&filter[account]={account}"), &["?", "lent"]),
        (format!("filter[environment]={environment}&filter[account]={default}"), &[]),
        ("filter[account]=null".to_owned(), &[]),
        ("filter[agent-pool]=apool-1".to_owned(), &[]),
    ] {
        let answer = world.get(&format!("/vcs-providers?{query}")).await?;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(answer.all("name"), expected, "{query}");
    }
    assert_eq!(world.get("/vcs-providers?filter[environment]=env-1").await?.status, 404);

    // What was not given to it, an environment cannot use.
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    for (connection, status) in [(&own, 404), (&lent, 201)] {
        let extra = json!({"environment": environment});
        let body = publication(id(&connection.body["data"]), "terraform-aws-vpc", &extra);
        let answer = world.post("/modules", &body).await?;
        assert_eq!(answer.status, status, "{answer:?}");
    }

    // What is taken from it, its modules cannot turn to another repository with.
    let path = format!("/vcs-providers/{}", id(&lent.body["data"]));
    let taken = world.patch(&path, &provider(&json!({}), &json!({"environments": {"data": []}}))).await?;
    assert_eq!(taken.status, 200, "{taken:?}");
    world.registry.repository("terraform-aws-other")?.release_three_times()?;
    let turned = json!({"data": {"attributes": {"vcs-repo": {"identifier": "terraform-aws-other"}}}});
    let path = "/api/v2/organizations/prod/registry-modules/private/prod/vpc/aws";
    let answer = world.registry.api.send(Method::PATCH, path, Some(turned)).await?;
    assert_eq!(answer.status(), 422, "{}", answer.text().await?);
    Ok(())
}

#[tokio::test]
async fn a_shared_connection_of_the_installation_is_for_everybody_and_another_for_nobody() -> Result<()> {
    let world = World::start().await?;
    let publisher = world.service_token("acme", "publish").await?;
    let account = world.account("acme").await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let url = world.registry.git.url();

    for (is_shared, status) in [(false, 404), (true, 201)] {
        let attributes = json!({"name": "global", "vcs-type": "git", "url": url, "is-shared": is_shared});
        let made = world.post("/vcs-providers", &provider(&attributes, &json!({"account": null}))).await?;
        assert!(made.body["data"]["relationships"]["account"].is_null(), "{made:?}");
        let body = publication(id(&made.body["data"]), "terraform-aws-vpc", &json!({"account": account}));
        let answer = world.send_as(&publisher, Method::POST, "/modules", &body).await?;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_hosts_tell_is_for_owners_of_the_connection_and_not_of_each_module_that_comes_through_it() -> Result<()> {
    let world = World::start().await?;
    let account = world.account("acme").await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let attributes = json!({"name": "global", "vcs-type": "git", "url": world.registry.git.url(), "is-shared": true});
    let global = world.post("/vcs-providers", &provider(&attributes, &json!({"account": null}))).await?;
    let body = publication(id(&global.body["data"]), "terraform-aws-vpc", &json!({"account": account}));
    let module = world.post("/modules", &body).await?;
    let owner = world.registry.api.with_token(&world.service_token("acme", "admin").await?);
    let deliveries = format!("/api/v2/registry-modules/{}/webhook-deliveries", id(&module.body["data"]));
    let secret = format!("/api/v2/registry-modules/{}/actions/new-webhook-secret", id(&module.body["data"]));

    let (status, refused) = owner.get(&deliveries).await?;
    assert_eq!(status, 422, "{refused}");
    let refused = owner.send(Method::POST, &secret, None).await?;
    assert_eq!(refused.status(), 422, "{}", refused.text().await?);

    let (status, _) = world.registry.api.get(&deliveries).await?;
    assert_eq!(status, 200);
    assert_eq!(world.registry.api.send(Method::POST, &secret, None).await?.status(), 201);
    Ok(())
}

#[tokio::test]
async fn wrong_connections_are_refused_where_they_are_wrong() -> Result<()> {
    let world = World::start().await?;
    let account = world.account("acme").await?;
    let of_acme = json!({"account": {"data": {"type": "accounts", "id": account}}});
    let url = world.registry.git.url();
    let with = |extra: Value| {
        let mut attributes = json!({"name": "x", "vcs-type": "git", "url": url});
        extra.as_object().into_iter().flatten().for_each(|(name, value)| attributes[name] = value.clone());
        attributes
    };
    let agent =
        json!({"account": of_acme["account"], "agent-pool": {"data": {"type": "agent-pools", "id": "apool-1"}}});
    let others =
        json!({"account": of_acme["account"], "environments": {"data": [{"type": "environments", "id": "env-1"}]}});

    for (attributes, relationships, status, pointer) in [
        (with(json!({"name": null})), &of_acme, 422, "/data/attributes/name"),
        (with(json!({"vcs-type": "svn"})), &of_acme, 422, "/data/attributes/vcs-type"),
        (with(json!({"url": null})), &of_acme, 422, "/data/attributes/url"),
        (with(json!({"url": "nonsense"})), &of_acme, 422, "/data/attributes/url"),
        (with(json!({"auth-type": "oauth2"})), &of_acme, 422, "/data/attributes/auth-type"),
        (with(json!({"username": "a:b", "token": "x"})), &of_acme, 422, "/data/attributes/username"),
        (with(json!({"is-shared": "yes"})), &of_acme, 422, "/data/attributes/is-shared"),
        (with(json!({})), &agent, 422, "/data/relationships/agent-pool"),
        (with(json!({})), &others, 404, "/data/relationships/environments"),
        (
            with(json!({})),
            &json!({"account": {"data": {"type": "accounts", "id": "acc-1"}}}),
            404,
            "/data/relationships/account",
        ),
    ] {
        let answer = world.post("/vcs-providers", &provider(&attributes, relationships)).await?;
        assert_eq!(answer.status, status, "{attributes} {relationships}: {answer:?}");
        assert_eq!(answer.error()["source"]["pointer"], pointer, "{answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn who_may_not_change_a_connection_may_still_see_it() -> Result<()> {
    let world = World::start().await?;
    world.registry.api.make_organization("other").await?;
    let publisher = world.service_token("acme", "publish").await?;
    let stranger = world.service_token("other", "admin").await?;
    let path = format!("/vcs-providers/{}", world.vcs_provider());
    let change = provider(&json!({"name": "mine"}), &json!({}));

    for (token, get, patch) in [(&publisher, 200, 403), (&stranger, 404, 404)] {
        assert_eq!(world.send_as(token, Method::GET, &path, &Value::Null).await?.status, get);
        assert_eq!(world.send_as(token, Method::PATCH, &path, &change).await?.status, patch);
        assert_eq!(world.send_as(token, Method::DELETE, &path, &Value::Null).await?.status, patch);
    }
    let listed = world.send_as(&stranger, Method::GET, "/vcs-providers", &Value::Null).await?;
    assert_eq!(listed.body["data"].as_array().context("a list")?.len(), 0);
    Ok(())
}
