//! What is refused, and in which words.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, publication};

#[tokio::test]
async fn a_vcs_provider_that_is_not_there_is_named_in_the_words_that_clients_compare() -> Result<()> {
    let world = World::start().await?;
    world.registry.api.make_organization("other").await?;
    let stranger = world.service_token("other", "admin").await?;
    let body = publication("vcs-1111111111111111", "terraform-aws-vpc", &json!({}));

    let missing = world.post("/modules", &body).await?;
    let hidden = publication(&world.vcs_provider(), "terraform-aws-vpc", &json!({}));
    let hidden = world.send_as(&stranger, Method::POST, "/modules", &hidden).await?;

    assert_eq!(missing.status, 404, "{missing:?}");
    assert_eq!(
        missing.body["errors"],
        json!([{
            "status": "404",
            "code": "invalid_relationship",
            "title": "Invalid Relationship",
            "detail": "VcsProvider with ID 'vcs-1111111111111111' not found or user unauthorized.",
            "source": {"pointer": "/data/relationships/vcs-provider"},
        }])
    );
    let hidden = hidden.body.to_string().replace(&world.vcs_provider(), "vcs-1111111111111111");
    assert_eq!(hidden, missing.body.to_string());
    Ok(())
}

#[tokio::test]
async fn a_body_that_cannot_be_right_says_where() -> Result<()> {
    let world = World::start().await?;
    let provider = world.vcs_provider();
    let with = |extra: Value| publication(&provider, "terraform-aws-vpc", &extra);
    let mut without_provider = with(json!({}));
    without_provider["data"]["relationships"] = json!({});
    let mut without_source = with(json!({}));
    without_source["data"]["attributes"] = json!({"name": "x"});
    let mut of_other_type = with(json!({}));
    of_other_type["data"]["relationships"]["vcs-provider"]["data"]["type"] = json!("modules");

    for (body, status, pointer) in [
        (without_provider, 422, "/data/relationships/vcs-provider"),
        (without_source, 422, "/data/attributes/vcs-repo"),
        (of_other_type, 422, "/data/relationships/vcs-provider/data/type"),
        (publication(&provider, "", &json!({})), 422, "/data/attributes/vcs-repo/identifier"),
        (publication(&provider, "../x", &json!({})), 422, "/data/attributes/vcs-repo/identifier"),
        (publication(&provider, "acme/unconventional", &json!({})), 422, "/data/attributes/name"),
        (with(json!({"name": "a b", "provider": "aws"})), 422, "/data/attributes/name"),
        (with(json!({"name": "vpc", "provider": "AWS"})), 422, "/data/attributes/provider"),
        (with(json!({"name": "vpc"})), 422, "/data/attributes/provider"),
        (with(json!({"provider": "aws"})), 422, "/data/attributes/name"),
        (with(json!({"path": "../up"})), 422, "/data/attributes/vcs-repo/path"),
        (with(json!({"path": 1})), 422, "/data/attributes/vcs-repo/path"),
        (with(json!({"tag-prefix": "a b"})), 422, "/data/attributes/vcs-repo/tag-prefix"),
        (with(json!({"environment": "env-1111111111111111"})), 404, "/data/relationships/environment"),
        (with(json!({"account": "acc-1111111111111111"})), 404, "/data/relationships/account"),
        (with(json!({"account": "nonsense"})), 404, "/data/relationships/account"),
        (with(json!({"namespace": "modns-1111111111111111"})), 404, "/data/relationships/namespace"),
        (with(json!({"namespace": "modns-1", "environment": "env-1"})), 422, "/data/relationships/namespace"),
    ] {
        let answer = world.post("/modules", &body).await?;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert_eq!(answer.error()["source"]["pointer"], pointer, "{body}: {answer:?}");
        let title = if status == 404 { "Invalid Relationship" } else { "Invalid Attribute" };
        assert_eq!(answer.error()["title"], title, "{body}: {answer:?}");
        assert_eq!(answer.error()["status"], status.to_string());
    }
    Ok(())
}

#[tokio::test]
async fn queries_that_cannot_be_right_are_refused() -> Result<()> {
    let world = World::start().await?;
    world.registry.api.make_organization("other").await?;
    let stranger = world.service_token("other", "admin").await?;
    let acme = world.account("acme").await?;

    for (path, status) in [
        ("/modules?filter[color]=red", 400),
        ("/modules?filter[name][like]=x", 400),
        ("/modules?filter[module-versions][module][name]=x", 400),
        ("/modules?filter=x", 400),
        ("/modules?filter[status]=fine", 400),
        ("/modules?filter[status]=setup_failed", 400),
        ("/modules?sort=size", 400),
        ("/modules?include=module-versions.module.module-versions", 400),
        ("/modules?include=everything", 400),
        ("/modules?page[number]=0", 400),
        ("/modules?query=%00", 400),
        ("/modules?filter[name]=%0a", 400),
        ("/modules?filter[environment]=env-1111111111111111", 404),
        ("/modules?filter[account]=acc-1111111111111111", 404),
        ("/modules?filter[account]=nonsense", 404),
        ("/modules?filter[module-namespace]=modns-1111111111111111", 404),
        ("/modules?filter[namespace][environments]=env-1111111111111111", 404),
        ("/modules/nonsense", 404),
        ("/modules/mod-1111111111111111", 404),
        ("/module-versions", 400),
        ("/module-versions?filter[status]=ok", 400),
        ("/module-versions?filter[module]=mod-1111111111111111", 404),
        ("/module-versions?filter[module]=%00", 400),
        ("/module-versions/modver-1111111111111111", 404),
        ("/nowhere", 404),
    ] {
        let answer = world.get(path).await?;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.error()["status"], status.to_string(), "{path}");
        assert!(answer.error()["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{path}: {answer:?}");
    }
    let hidden =
        world.send_as(&stranger, Method::GET, &format!("/modules?filter[account]={acme}"), &Value::Null).await?;
    let missing = world.get("/modules?filter[account]=acc-1111111111111111").await?;
    assert_eq!((hidden.status, &hidden.body), (missing.status, &missing.body));
    Ok(())
}
