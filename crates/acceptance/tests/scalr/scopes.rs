//! Accounts, environments, module namespaces and the installation: what belongs where, and who sees it.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, World, id, publication};

/// The environments `prod` and `lab` of `acme`, with a module in each, in the account and in the installation.
struct Scopes {
    world: World,
    account: String,
    prod: String,
    lab: String,
}

fn environment(name: &str, account: &str) -> Value {
    let account = json!({"data": {"type": "accounts", "id": account}});
    json!({"data": {"type": "environments", "attributes": {"name": name}, "relationships": {"account": account}}})
}

async fn make(world: &World, path: &str, body: &Value) -> Result<String> {
    let answer = world.post(path, body).await?;
    ensure!(answer.status == 201, "{answer:?}");
    Ok(id(&answer.body["data"]).to_owned())
}

impl Scopes {
    async fn start() -> Result<Self> {
        let world = World::start().await?;
        let account = world.account("acme").await?;
        let prod = make(&world, "/environments", &environment("prod", &account)).await?;
        let lab = make(&world, "/environments", &environment("lab", &account)).await?;
        for name in ["everywhere", "account", "prod", "lab"] {
            world.registry.repository(&format!("terraform-aws-{name}"))?.release_three_times()?;
        }
        world.publish("terraform-aws-account", &json!({})).await?;
        world.publish("terraform-aws-prod", &json!({"environment": prod})).await?;
        world.publish("terraform-aws-lab", &json!({"environment": lab, "account": account})).await?;
        let url = world.registry.git.url();
        let attributes = json!({"name": "global", "vcs-type": "git", "url": url});
        let body = json!({"data": {"attributes": attributes, "relationships": {"account": null}}});
        let global = make(&world, "/vcs-providers", &body).await?;
        let module = publication(&global, "terraform-aws-everywhere", &json!({}));
        let module = make(&world, "/modules", &module).await?;
        world.settled(&module).await?;
        Ok(Self { world, account, prod, lab })
    }

    /// A token that is for one environment alone.
    async fn reader_of(&self, organization: &str) -> Result<String> {
        self.world.service_token(organization, "publish").await
    }
}

async fn names(world: &World, token: &str, query: &str) -> Result<Vec<String>> {
    let answer = world.send_as(token, Method::GET, &format!("/modules?{query}"), &Value::Null).await?;
    ensure!(answer.status == 200, "{query}: {answer:?}");
    Ok(answer.all("name"))
}

#[tokio::test]
async fn a_list_shows_what_can_be_used_from_where_one_stands() -> Result<()> {
    let it = Scopes::start().await?;
    let admin = it.world.registry.admin_token()?;

    for (query, expected) in [
        (String::new(), &["account", "everywhere", "lab", "prod"][..]),
        (format!("filter[environment]={}", it.prod), &["account", "everywhere", "prod"]),
        (format!("filter[environment]={}&filter[account]={}", it.lab, it.account), &["account", "everywhere", "lab"]),
        (format!("filter[account]={}", it.account), &["account", "everywhere"]),
        (format!("filter[account]={}&filter[environment]=null", it.account), &["account", "everywhere"]),
        ("filter[account]=null&filter[environment]=null".to_owned(), &["everywhere"]),
        ("filter[environment]=null".to_owned(), &["account", "everywhere"]),
        (format!("filter[source]={}/prod/aws", it.prod), &["prod"]),
    ] {
        assert_eq!(names(&it.world, &admin, &query).await?, expected, "{query}");
    }
    let other = it.world.account("default").await?;
    let query = format!("filter[environment]={}&filter[account]={other}", it.prod);
    assert!(names(&it.world, &admin, &query).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_environment_has_the_modules_of_its_account_and_nothing_of_its_neighbours() -> Result<()> {
    let it = Scopes::start().await?;
    let token = it.reader_of("prod").await?;
    let get = async |path: &str| it.world.send_as(&token, Method::GET, path, &Value::Null).await;

    assert_eq!(names(&it.world, &token, "").await?, ["account", "everywhere", "prod"]);
    assert_eq!(get("/environments").await?.all("name"), ["prod"]);
    assert_eq!(get("/accounts").await?.all("name"), ["acme"]);
    assert_eq!(get(&format!("/modules?filter[environment]={}", it.lab)).await?.status, 404);
    assert_eq!(get(&format!("/environments/{}", it.lab)).await?.status, 404);
    // The connection of its account is open to it.
    assert_eq!(get("/vcs-providers").await?.body["meta"]["pagination"]["total-count"], 1);

    // In its own place it publishes, with that connection; elsewhere not.
    it.world.registry.repository("terraform-aws-own")?.release_three_times()?;
    let publish = async |extra: Value| -> Result<Answer> {
        let body = publication(&it.world.vcs_provider(), "terraform-aws-own", &extra);
        it.world.send_as(&token, Method::POST, "/modules", &body).await
    };
    assert_eq!(publish(json!({})).await?.status, 403);
    assert_eq!(publish(json!({"account": it.account})).await?.status, 403);
    assert_eq!(publish(json!({"environment": it.lab})).await?.status, 404);
    let made = publish(json!({"environment": it.prod})).await?;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["data"]["relationships"]["environment"]["data"]["id"], json!(it.prod));
    assert_eq!(made.body["data"]["attributes"]["source"], format!("{}/own/aws", it.prod));

    // And so does the registry protocol, by names and by ids.
    let of_prod = test_kit::Api::new(&it.world.registry.url(), &token)?;
    for address in [format!("{}/prod/aws", it.prod), "prod/prod/aws".to_owned(), format!("{}/account/aws", it.account)]
    {
        assert_eq!(of_prod.installable(&address).await?.len(), 3, "{address}");
    }
    assert_eq!(of_prod.installable("global/everywhere/aws").await?.len(), 3);
    let (status, _) = of_prod.get(&format!("/api/registry/v1/modules/{}/lab/aws/versions", it.lab)).await?;
    assert_eq!(status, 404);
    // An id of another kind names nothing.
    let (status, _) = it
        .world
        .registry
        .api
        .get(&format!("/api/registry/v1/modules/{}/prod/aws/versions", it.prod.replace("env-", "acc-")))
        .await?;
    assert_eq!(status, 404);
    Ok(())
}

#[tokio::test]
async fn rights_in_an_account_go_down_to_its_environments() -> Result<()> {
    let it = Scopes::start().await?;
    let owner = it.world.service_token("acme", "admin").await?;
    let send = async |method: Method, path: &str, body: &Value| it.world.send_as(&owner, method, path, body).await;

    let made = send(Method::POST, "/environments", &environment("next", &it.account)).await?;
    assert_eq!(made.status, 201, "{made:?}");
    let next = format!("/environments/{}", id(&made.body["data"]));
    assert_eq!(made.body["data"]["attributes"]["status"], "Active");
    assert_eq!(made.body["data"]["relationships"]["account"]["data"]["id"], json!(it.account));
    let renamed = json!({"data": {"attributes": {"name": "later"}}});
    assert_eq!(send(Method::PATCH, &next, &renamed).await?.body["data"]["attributes"]["name"], "later");
    assert_eq!(send(Method::PATCH, &next, &json!({"data": {"attributes": {"name": "prod"}}})).await?.status, 422);
    let read = send(Method::GET, &format!("{next}?include=created-by,account"), &Value::Null).await?;
    assert_eq!(read.included(), ["users", "accounts"]);
    assert_eq!(send(Method::DELETE, &next, &Value::Null).await?.status, 204);
    assert_eq!(send(Method::GET, &next, &Value::Null).await?.status, 404);
    let listed = send(Method::GET, "/environments?filter[name]=prod,LAB", &Value::Null).await?;
    assert_eq!(listed.all("name"), ["lab", "prod"]);

    // Only the accounts that one knows.
    it.world.registry.api.make_organization("other").await?;
    let other = it.world.account("other").await?;
    let answer = send(Method::POST, "/environments", &environment("mine", &other)).await?;
    assert_eq!((answer.status.as_u16(), &answer.error()["title"]), (404, &json!("Invalid Relationship")));
    let publisher = it.world.service_token("acme", "publish").await?;
    let answer = it.world.send_as(&publisher, Method::POST, "/environments", &environment("x", &it.account)).await?;
    assert_eq!(answer.status, 403);
    Ok(())
}

#[tokio::test]
async fn the_first_start_makes_an_account_and_accounts_can_be_changed() -> Result<()> {
    let world = World::start().await?;

    let answer = world.get("/accounts").await?;
    assert_eq!(answer.all("name"), ["acme", "default"]);
    let path = format!("/accounts/{}", world.account("acme").await?);
    let body = json!({"data": {"attributes": {"name": "acme-two", "allowed-ips": ["10.0.0.0/8"]}}});
    let changed = world.patch(&path, &body).await?;

    assert_eq!(changed.status, 200, "{changed:?}");
    let attributes = &world.get(&path).await?.body["data"]["attributes"];
    assert_eq!((&attributes["name"], &attributes["allowed-ips"]), (&json!("acme-two"), &json!(["10.0.0.0/8"])));
    let stranger = world.service_token("default", "admin").await?;
    assert_eq!(world.send_as(&stranger, Method::GET, &path, &Value::Null).await?.status, 404);
    let listed = world.send_as(&stranger, Method::GET, "/accounts", &Value::Null).await?;
    assert_eq!(listed.all("name"), ["default"]);
    // Ids stay with what they name: nobody else may be called so.
    let taken = json!({"data": {"attributes": {"name": path.trim_start_matches("/accounts/")}}});
    let own = format!("/accounts/{}", world.account("default").await?);
    assert_eq!(world.patch(&own, &taken).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_module_namespace_is_what_the_addresses_of_its_modules_begin_with() -> Result<()> {
    let it = Scopes::start().await?;
    let shared = json!({"is-shared": true, "name": "platform"});
    let relationships = json!({"environments": {"data": []}, "owners": {"data": []}, "account": {"data": {"type": "accounts", "id": it.account}}});
    let body = json!({"data": {"type": "module-namespaces", "attributes": shared, "relationships": relationships}});

    let namespace = make(&it.world, "/module-namespaces", &body).await?;
    it.world.registry.repository("terraform-aws-base")?.release_three_times()?;
    let module = it.world.publish("terraform-aws-base", &json!({"namespace": namespace})).await?;

    assert_eq!(module["attributes"]["source"], "platform/base/aws");
    assert_eq!(module["relationships"]["namespace"]["data"]["id"], json!(namespace));
    assert_eq!(module["relationships"]["account"]["data"]["id"], json!(it.account));
    for address in ["platform/base/aws".to_owned(), format!("{namespace}/base/aws")] {
        assert_eq!(it.world.registry.api.installable(&address).await?.len(), 3, "{address}");
    }
    let (_, listed) = it.world.registry.api.get("/api/registry/v1/modules/platform").await?;
    assert_eq!(listed["modules"].as_array().map(Vec::len), Some(1), "{listed}");
    let filter = format!("/modules?filter[module-namespace]={namespace}");
    assert_eq!(it.world.get(&filter).await?.all("name"), ["base"]);
    assert_eq!(it.world.get("/modules?filter[source]=platform/base/aws").await?.all("name"), ["base"]);
    let read = it.world.get(&format!("/module-namespaces/{namespace}")).await?;
    assert_eq!(read.body["data"]["relationships"]["modules"]["data"][0]["id"], module["id"]);
    assert_eq!(it.world.delete(&format!("/module-namespaces/{namespace}")).await?.status, 422);

    let path = format!("/module-namespaces/{namespace}");
    let to_prod = json!({"data": [{"type": "environments", "id": it.prod}]});
    let changed = json!({"data": {"attributes": {"is-shared": false}, "relationships": {"environments": to_prod, "owners": {"data": []}}}});
    let changed = it.world.patch(&path, &changed).await?;
    assert_eq!(changed.body["data"]["attributes"]["is-shared"], false, "{changed:?}");
    for (environment, found) in [(&it.prod, &["platform"][..]), (&it.lab, &[])] {
        let listed = it.world.get(&format!("/module-namespaces?filter[environment]={environment}")).await?;
        assert_eq!(listed.all("name"), found, "{environment}");
    }
    let of_prod = format!("/modules?filter[namespace][environments]={}", it.prod);
    assert_eq!(it.world.get(&of_prod).await?.all("name"), ["base"]);
    it.world.delete(&format!("/modules/{}", id(&module))).await?;
    assert_eq!(it.world.delete(&path).await?.status, 204);
    assert_eq!(it.world.get(&path).await?.status, 404);
    let owners = json!({"owners": {"data": [{"type": "teams", "id": "team-1"}]}});
    let body = json!({"data": {"attributes": {"name": "teamed"}, "relationships": owners}});
    let refused = it.world.post("/module-namespaces", &body).await.context("an answer")?;
    assert_eq!(refused.error()["source"]["pointer"], "/data/relationships/owners");
    Ok(())
}

#[tokio::test]
async fn environments_are_told_nothing_of_each_other() -> Result<()> {
    let it = Scopes::start().await?;
    let token = it.reader_of("prod").await?;
    let get = async |path: &str| it.world.send_as(&token, Method::GET, path, &Value::Null).await;
    let connection = format!("/vcs-providers/{}", it.world.vcs_provider());
    let give_to = async |environments: &[&String]| {
        let environments: Vec<Value> =
            environments.iter().map(|id| json!({"type": "environments", "id": id})).collect();
        let relationships = json!({"environments": {"data": environments}});
        let body = json!({"data": {"attributes": {"is-shared": false}, "relationships": relationships}});
        it.world.patch(&connection, &body).await
    };

    assert_eq!(give_to(&[&it.lab]).await?.status, 200);

    assert_eq!(get(&connection).await?.status, 404);
    let listed = get("/modules?include=vcs-provider,created-by").await?;
    assert_eq!(listed.all("name"), ["account", "everywhere", "prod"]);
    assert_eq!(listed.body["included"], json!([]), "a connection, or a user, of others comes along");
    assert_eq!(give_to(&[&it.lab, &it.prod]).await?.status, 200);
    let shown = get(&connection).await?;
    let prod = json!([{"type": "environments", "id": it.prod}]);
    assert_eq!(shown.body["data"]["relationships"]["environments"]["data"], prod, "{shown:?}");
    let listed = get("/modules?include=vcs-provider").await?;
    assert_eq!(listed.body["included"].as_array().map(Vec::len), Some(1), "{listed:?}");
    Ok(())
}

#[tokio::test]
async fn an_environment_that_goes_leaves_the_repository_to_the_others() -> Result<()> {
    let it = Scopes::start().await?;
    let repository = it.world.registry.repository("terraform-aws-common")?;
    repository.release_three_times()?;
    it.world.publish("terraform-aws-common", &json!({"environment": it.lab})).await?;
    let ours = it.world.publish("terraform-aws-common", &json!({})).await?;
    repository.tag("v9.0.0")?;
    let module = id(&ours);
    assert_eq!(it.world.post(&format!("/modules/{module}/actions/resync"), &json!({})).await?.status, 204);

    assert_eq!(it.world.delete(&format!("/environments/{}", it.lab)).await?.status, 204);

    it.world.version_at(module, "9.0.0", "ok").await?;
    Ok(())
}

#[tokio::test]
async fn whoever_does_not_name_an_account_means_the_only_one() -> Result<()> {
    let world = World::start().await?;
    let namespace = |name: &str| json!({"data": {"attributes": {"name": name}}});
    let of_default = world.post("/module-namespaces", &namespace("platform")).await?;
    let default = world.account("default").await?;
    assert_eq!(of_default.body["data"]["relationships"]["account"]["data"]["id"], json!(default));

    let other = json!({"data": {"attributes": {"name": "main"}}});
    assert_eq!(world.patch(&format!("/accounts/{default}"), &other).await?.status, 200);
    let unclear = world.post("/module-namespaces", &namespace("network")).await?;
    assert_eq!(unclear.status, 422, "{unclear:?}");
    assert_eq!(unclear.error()["source"]["pointer"], "/data/relationships/account");

    let connection = world.registry.connection.replace("ot-", "oc-");
    world.registry.api.delete(&format!("/api/v2/oauth-clients/{connection}")).await?;
    assert_eq!(world.registry.api.delete("/api/v2/organizations/acme").await?, 204);
    let only = world.post("/module-namespaces", &namespace("network")).await?;
    assert_eq!(only.status, 201, "{only:?}");
    assert_eq!(only.body["data"]["relationships"]["account"]["data"]["id"], json!(default));

    for path in [format!("/accounts/{default}"), format!("/module-namespaces/{}", id(&only.body["data"]))] {
        assert_eq!(world.get(&format!("{path}?include=nonsense")).await?.status, 400);
    }
    let long = json!({"data": {"attributes": {"allowed-ips": ["1".repeat(65)]}}});
    assert_eq!(world.patch(&format!("/accounts/{default}"), &long).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_module_of_an_environment_is_in_no_module_namespace() -> Result<()> {
    let it = Scopes::start().await?;
    let account = json!({"data": {"type": "accounts", "id": it.account}});
    let body = json!({"data": {"attributes": {"name": "platform"}, "relationships": {"account": account}}});
    let namespace = make(&it.world, "/module-namespaces", &body).await?;
    // A connection of the environment, and so the module would be there.
    let connection = it.world.registry.api.connect("lab", &it.world.registry.git.url(), None).await?;
    let extra = json!({"namespace": namespace});
    let body = publication(&connection.replace("ot-", "vcs-"), "terraform-aws-lab", &extra);

    let refused = it.world.post("/modules", &body).await?;

    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.body["errors"][0]["source"]["pointer"], "/data/relationships/namespace");
    Ok(())
}
