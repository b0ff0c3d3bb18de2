//! Versions: making and reading them.

use domain::Rights;
use serde_json::json;
use signed_link::Grant;
use store::versions::Archived;

use crate::test_gateway::{TestGateway, attributes};

const NEW: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws/versions";
const OLD: &str = "/registry-modules/acme/vpc/aws/versions";
const ONE: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws/version?module_version=";

/// Lets a version be installable, and sealed if wanted.
async fn publish(gateway: &TestGateway, id: String, is_sealed: bool) {
    let publish = move |session: &mut store::Connection| {
        let version = store::versions::load(session, &id)?;
        let module = store::modules::load(session, &version.module_id)?;
        let archived = Archived {
            archive_sha256: "a".repeat(64),
            tar_sha256: "b".repeat(64),
            size: 1,
            directory: String::new(),
            submodules: false,
            notes: "[]".to_owned(),
            published_at: 1,
        };
        store::versions::set_archived(session, &id, &archived)?;
        store::versions::set_ok(session, &module, &id, "{}", &[])?;
        if is_sealed {
            store::versions::seal(session, &id)?;
        }
        Ok(())
    };
    gateway.store.write(publish).await.unwrap();
}

#[actix_web::test]
async fn both_urls_make_a_version_with_an_upload_link() {
    let gateway = TestGateway::start().await;
    let module = gateway.has_module("acme", "vpc", &[]).await;
    for (url, sent, stored) in [(NEW, "1.4.0", "1.4.0"), (OLD, "v1.5-rc1+build", "1.5.0-rc1+build")] {
        let body = attributes(json!({"version": sent, "commit-sha": null}));

        let made = gateway.post(url, &gateway.admin, body).await;

        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.id();
        assert!(id.starts_with("modver-"));
        assert_eq!(made.body["data"]["type"], "registry-module-versions");
        assert_eq!(made.attribute("version"), stored);
        assert_eq!(made.attribute("status"), "pending");
        assert_eq!(made.attribute("source"), "tfe-api");
        assert_eq!(
            made.body["data"]["relationships"],
            json!({"registry-module": {"data": {"id": module, "type": "registry-modules"}}})
        );
        let link = made.body["data"]["links"]["upload"].as_str().unwrap();
        assert!(link.contains("/object/"));
        let opened = gateway.open_link(link);
        assert_eq!(opened.grant, Grant::Put { version: id.clone(), max_bytes: 1_000_000 });
        let in_a_day = time::OffsetDateTime::now_utc().unix_timestamp() + 24 * 60 * 60;
        assert!(opened.expires_at > in_a_day);

        let encoded = stored.replace('+', "%2B");
        let read = gateway.get(&format!("{ONE}{encoded}"), &gateway.admin).await;
        assert_eq!((read.status, read.id()), (200, id));
        assert_ne!(read.body["data"]["links"]["upload"], json!(link), "each read mints a link");
    }
    let module = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(
        module.attribute("version-statuses"),
        &json!([{"version": "1.5.0-rc1+build", "status": "pending"}, {"version": "1.4.0", "status": "pending"}])
    );
}

#[actix_web::test]
async fn what_is_wrong_with_a_version_is_pointed_at() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for (body, pointer) in [
        (json!({}), "version"),
        (json!({"version": ""}), "version"),
        (json!({"version": 1.0}), "version"),
        (json!({"version": "latest"}), "version"),
        (json!({"version": "1.0.0.0"}), "version"),
        (json!({"version": "1.0.0"}), "version"),
        (json!({"version": "v1.0"}), "version"),
        (json!({"version": "2.0.0", "commit-sha": 5}), "commit-sha"),
    ] {
        for url in [NEW, OLD] {
            let answer = gateway.post(url, &gateway.admin, attributes(body.clone())).await;
            let expected = format!("/data/attributes/{pointer}");
            assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{body}: {}", answer.text);
        }
    }
    for url in [NEW.replace("vpc", "dns"), NEW.replace("private", "public"), OLD.replace("acme", "nobody")] {
        let answer = gateway.post(&url, &gateway.admin, attributes(json!({"version": "2.0.0"}))).await;
        assert_eq!(answer.status, 404, "{url}");
    }
}

#[actix_web::test]
async fn versions_of_a_module_from_tags_come_from_tags_only() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let repository = json!({"vcs-repo": {"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token}});
    gateway.post("/registry-modules", &gateway.admin, attributes(repository)).await;
    for body in [json!({"version": "1.0.0"}), json!({"version": "1.0.0", "commit-sha": "0123456789"})] {
        let answer = gateway.post(OLD, &gateway.admin, attributes(body)).await;
        assert_eq!((answer.status, answer.error().0), (422, "/data/attributes/version"));
        assert!(answer.error().1.contains("come from its tags"), "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_link_is_for_those_who_may_publish() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;

    assert_eq!(gateway.get(&format!("{ONE}1.0.0"), &reader).await.body["data"]["links"], json!({}));
    assert_eq!(gateway.get(NEW, &reader).await.body["data"][0]["links"], json!({}));
    assert!(gateway.get(&format!("{ONE}1.0.0"), &publisher).await.body["data"]["links"]["upload"].is_string());
}

#[actix_web::test]
async fn a_sealed_version_has_no_link_any_more() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0"]).await;
    let (fresh, sealed) = (format!("{ONE}1.0.0"), format!("{ONE}2.0.0"));
    publish(&gateway, gateway.get(&fresh, &gateway.admin).await.id(), false).await;
    publish(&gateway, gateway.get(&sealed, &gateway.admin).await.id(), true).await;

    let (fresh, sealed) = (gateway.get(&fresh, &gateway.admin).await, gateway.get(&sealed, &gateway.admin).await);

    assert_eq!((fresh.attribute("status"), sealed.attribute("status")), (&json!("ok"), &json!("ok")));
    assert!(fresh.body["data"]["links"]["upload"].is_string(), "replaceable until somebody installed it");
    assert_eq!(sealed.body["data"]["links"], json!({}));
}

#[actix_web::test]
async fn versions_are_listed_newest_first() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.9.0", "1.10.0", "2.0.0-rc1", "1.0.0"]).await;

    let all = gateway.get(NEW, &gateway.admin).await;
    let page = gateway.get(&format!("{NEW}?page[size]=3&page[number]=2"), &gateway.admin).await;

    let numbers: Vec<&str> =
        all.body["data"].as_array().unwrap().iter().map(|it| it["attributes"]["version"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["2.0.0-rc1", "1.10.0", "1.9.0", "1.0.0"]);
    let attributes = &all.body["data"][0]["attributes"];
    assert_eq!(
        (&attributes["name"], &attributes["namespace"], &attributes["provider-name"], &attributes["tags"]),
        (&json!("vpc"), &json!("acme"), &json!("aws"), &json!([]))
    );
    assert_eq!(page.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(page.body["meta"]["pagination"]["total-count"], 4);
    let tagged = gateway.get(&format!("{NEW}?filter[tagged][0][key]=team"), &gateway.admin).await;
    assert_eq!(tagged.body["data"], json!([]));
}

#[actix_web::test]
async fn versions_that_are_not_there_are_not_found() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for path in [
        format!("{ONE}1.0.1"),
        format!("{ONE}latest"),
        ONE.to_owned(),
        ONE.split('?').next().unwrap().to_owned(),
        format!("{ONE}1.0.0").replace("vpc", "dns"),
        NEW.replace("vpc", "dns"),
        NEW.replace("private", "public"),
    ] {
        assert_eq!(gateway.get(&path, &gateway.admin).await.status, 404, "{path}");
    }
    assert_eq!(gateway.get(&format!("{ONE}v1.0"), &gateway.admin).await.status, 200);
}
