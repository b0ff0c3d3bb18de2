//! Modules for uploads: making and reading them.

use domain::{Rights, Stage, VersionStatus};
use serde_json::json;
use store::versions::{self, NewVersion};

use crate::test_gateway::{TestGateway, attributes};

const ALL: &str = "/organizations/acme/registry-modules";
const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";

#[actix_web::test]
async fn a_new_module_waits_for_uploads() {
    let gateway = TestGateway::start().await;
    let body = attributes(json!({"name": "vpc", "provider": "aws", "registry-name": "private", "no-code": true}));

    let made = gateway.post(ALL, &gateway.admin, body).await;

    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.id();
    assert!(id.starts_with("mod-"));
    let mut attributes = made.body["data"]["attributes"].clone();
    for time in ["created-at", "updated-at"] {
        assert!(attributes.as_object_mut().unwrap().remove(time).unwrap().as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(
        attributes,
        json!({
            "name": "vpc", "namespace": "acme", "provider": "aws", "registry-name": "private", "status": "pending",
            "publishing-mechanism": "non_vcs", "no-code": true, "version-statuses": [], "version-tags": [],
            "revoked-versions": [], "vcs-repo": null, "test-config": null,
            "permissions": {"can-delete": true, "can-resync": true, "can-retry": true},
        })
    );
    assert_eq!(
        made.body["data"]["relationships"],
        json!({
            "organization": {"data": {"id": "acme", "type": "organizations"}},
            "tag-bindings": {"links": {"related": format!("/api/v2/registry-modules/{id}/tag-bindings")}},
            "no-code-modules": {"data": []},
        })
    );
    assert_eq!(made.body["data"]["links"]["self"], format!("/api/v2{VPC}"));
}

#[actix_web::test]
async fn a_module_is_read_in_three_ways() {
    let gateway = TestGateway::start().await;
    let id = gateway.has_module("acme", "vpc", &["1.0.0"]).await;

    let new = gateway.get(VPC, &gateway.admin).await;

    assert_eq!((new.status, new.id()), (200, id.clone()));
    assert_eq!(gateway.get(&format!("/registry-modules/{id}"), &gateway.admin).await.body, new.body);
    assert_eq!(gateway.get("/registry-modules/show/acme/vpc/aws", &gateway.admin).await.body, new.body);
    let by_id = format!("/organizations/{}/registry-modules/private/acme/vpc/aws", gateway.scope("acme").await);
    assert_eq!(gateway.get(&by_id, &gateway.admin).await.body, new.body);
}

#[actix_web::test]
async fn what_is_wrong_with_a_module_is_pointed_at() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "taken", &[]).await;
    for (body, pointer) in [
        (json!({}), "name"),
        (json!({"name": "vpc"}), "provider"),
        (json!({"name": 1, "provider": "aws"}), "name"),
        (json!({"name": "a/b", "provider": "aws"}), "name"),
        (json!({"name": "vpc", "provider": "AWS"}), "provider"),
        (json!({"name": "vpc", "provider": ["aws"]}), "provider"),
        (json!({"name": "vpc", "provider": "aws", "no-code": "no"}), "no-code"),
        (json!({"name": "vpc", "provider": "aws", "registry-name": "public"}), "registry-name"),
        (json!({"name": "vpc", "provider": "aws", "registry-name": 5}), "registry-name"),
        (json!({"name": "vpc", "provider": "aws", "namespace": "other"}), "namespace"),
        (json!({"name": "vpc", "provider": "aws", "namespace": {}}), "namespace"),
        (json!({"name": "taken", "provider": "aws"}), "name"),
    ] {
        let answer = gateway.post(ALL, &gateway.admin, attributes(body.clone())).await;
        assert_eq!((answer.status, answer.error().0), (422, format!("/data/attributes/{pointer}").as_str()), "{body}");
    }
    assert_eq!(gateway.get(ALL, &gateway.admin).await.body["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn addresses_that_name_nothing_are_not_found() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    gateway.has_module("other", "dns", &[]).await;
    for path in [
        "/organizations/acme/registry-modules/public/acme/vpc/aws",
        "/organizations/acme/registry-modules/private//vpc/aws",
        "/organizations/acme/registry-modules/private/acme/vpc/",
        "/organizations/acme/registry-modules/private/acme/vp%2Fc/aws",
        "/organizations/acme/registry-modules/private/acme%2Fvpc/aws",
        "/organizations/acme/registry-modules/private/acme/vpc/aws%00",
        "/organizations/acme/registry-modules/private/acme/vpc/%ff",
        "/organizations/acme/registry-modules/private/acme/vpc/gcp",
        "/organizations/acme/registry-modules/private/other/dns/aws",
        "/organizations/other/registry-modules/private/acme/vpc/aws",
        "/organizations//registry-modules/private/acme/vpc/aws",
        "/organizations/a%2Fb/registry-modules/private/acme/vpc/aws",
        "/registry-modules/show/acme/vpc",
        "/registry-modules/show/other/vpc/aws",
        "/registry-modules/mod-1",
        "/registry-modules/oc-1",
    ] {
        let answer = gateway.get(path, &gateway.admin).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{path}");
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn statuses_of_versions_have_the_words_of_the_clients() {
    let gateway = TestGateway::start().await;
    let id = gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    let module = id.parse().unwrap();
    let fill = move |session: &mut store::Connection| {
        let stages = [("1.5.0", Stage::Clone), ("1.6.0", Stage::Request), ("1.10.0", Stage::Content)];
        for (number, status) in [
            ("1.1.0", VersionStatus::Pending),
            ("1.2.0", VersionStatus::Cloning),
            ("1.3.0", VersionStatus::Ingested),
            ("1.4.0", VersionStatus::Ok),
            ("1.5.0", VersionStatus::Pending),
            ("1.6.0", VersionStatus::Pending),
            ("1.10.0", VersionStatus::Pending),
        ] {
            let (id, version) = (domain::Id::random(), number.parse()?);
            let (source, tag, commit) = ("tfe-api", None, None);
            let module = &module;
            let branch = None;
            let new = NewVersion { id: &id, module, version: &version, source, tag, branch, commit, status };
            versions::insert(session, &new)?;
            if let Some((_, stage)) = stages.iter().find(|(failed, _)| *failed == number) {
                versions::set_errored(session, id.as_str(), *stage, "main.tf:12: unclosed block")?;
            }
        }
        Ok(())
    };
    gateway.store.write(fill).await.unwrap();

    let answer = gateway.get(VPC, &gateway.admin).await;

    let text = "main.tf:12: unclosed block";
    assert_eq!(
        answer.attribute("version-statuses"),
        &json!([
            {"version": "1.10.0", "status": "reg_ingress_failed", "error": text},
            {"version": "1.6.0", "status": "reg_ingress_req_failed", "error": text},
            {"version": "1.5.0", "status": "clone_failed", "error": text},
            {"version": "1.4.0", "status": "ok"},
            {"version": "1.3.0", "status": "reg_ingressing"},
            {"version": "1.2.0", "status": "cloning"},
            {"version": "1.1.0", "status": "pending"},
            {"version": "1.0.0", "status": "pending"},
        ])
    );
}

#[actix_web::test]
async fn permissions_are_those_of_the_caller() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &[]).await;
    for (rights, publish, own) in
        [(Rights::Read, false, false), (Rights::Publish, true, false), (Rights::Admin, true, true)]
    {
        let token = gateway.token(Some("acme"), rights).await;
        let answer = gateway.get(VPC, &token).await;
        assert_eq!(
            answer.attribute("permissions"),
            &json!({"can-delete": own, "can-resync": publish, "can-retry": publish})
        );
    }
}
