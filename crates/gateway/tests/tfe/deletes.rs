//! Deletes, in both forms and at each depth.

use actix_web::http::Method;
use serde_json::json;

use crate::test_gateway::{TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc";
const OLD: &str = "/registry-modules/actions/delete/acme/vpc";

/// Once is 204, again is 404.
async fn delete_twice(gateway: &TestGateway, method: Method, path: &str) {
    let first = gateway.send(method.clone(), path, &gateway.admin, None).await;
    assert_eq!((first.status, first.text.as_str()), (204, ""), "{method} {path}");
    let second = gateway.send(method.clone(), path, &gateway.admin, None).await;
    assert_eq!(second.status, 404, "{method} {path}");
}

#[actix_web::test]
async fn a_module_goes_with_its_versions() {
    let gateway = TestGateway::start().await;
    for (method, path) in [(Method::DELETE, format!("{VPC}/aws")), (Method::POST, format!("{OLD}/aws"))] {
        let id = gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0"]).await;

        delete_twice(&gateway, method, &path).await;

        assert_eq!(gateway.get(&format!("{VPC}/aws"), &gateway.admin).await.status, 404);
        assert_eq!(gateway.get(&format!("/registry-modules/{id}"), &gateway.admin).await.status, 404);
    }
}

#[actix_web::test]
async fn without_a_provider_those_of_all_providers_go() {
    let gateway = TestGateway::start().await;
    for (method, path) in [(Method::DELETE, VPC), (Method::POST, OLD)] {
        gateway.has_module("acme", "vpc", &["1.0.0"]).await;
        gateway.has_module("acme", "dns", &[]).await;
        let google = attributes(json!({"name": "vpc", "provider": "google"}));
        gateway.post("/organizations/acme/registry-modules", &gateway.admin, google).await;

        delete_twice(&gateway, method, path).await;

        let left = gateway.get("/organizations/acme/registry-modules", &gateway.admin).await;
        assert_eq!(left.body["data"].as_array().unwrap().len(), 1);
        assert_eq!(left.body["data"][0]["attributes"]["name"], "dns");
        gateway.delete(&VPC.replace("vpc", "dns"), &gateway.admin).await;
    }
}

#[actix_web::test]
async fn the_last_version_takes_its_module_along() {
    let gateway = TestGateway::start().await;
    for (method, path) in [(Method::DELETE, format!("{VPC}/aws")), (Method::POST, format!("{OLD}/aws"))] {
        gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0-rc1+x"]).await;

        delete_twice(&gateway, method.clone(), &format!("{path}/v1.0")).await;
        let left = gateway.get(&format!("{VPC}/aws"), &gateway.admin).await;
        assert_eq!(left.attribute("version-statuses"), &json!([{"version": "2.0.0-rc1+x", "status": "pending"}]));
        delete_twice(&gateway, method, &format!("{path}/2.0.0-rc1%2Bx")).await;

        assert_eq!(gateway.get(&format!("{VPC}/aws"), &gateway.admin).await.status, 404);
    }
}

#[actix_web::test]
async fn a_deleted_number_may_come_back() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0"]).await;
    gateway.delete(&format!("{VPC}/aws/1.0.0"), &gateway.admin).await;

    let body = attributes(json!({"version": "1.0.0"}));
    let again = gateway.post("/registry-modules/acme/vpc/aws/versions", &gateway.admin, body).await;

    assert_eq!(again.status, 201, "{}", again.text);
}

#[actix_web::test]
async fn a_module_without_an_installable_version_is_pending_again() {
    let gateway = TestGateway::start().await;
    let id = gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0"]).await;
    let wanted = id.clone();
    let publish = move |session: &mut store::Connection| {
        let module = store::modules::load(session, &wanted)?;
        let newest = store::versions::list(session, &wanted)?.remove(0);
        store::versions::set_ok(session, &module, newest.id.as_str(), "{}", &[])
    };
    gateway.store.write(publish).await.unwrap();
    let path = format!("/registry-modules/{id}");
    assert_eq!(gateway.get(&path, &gateway.admin).await.attribute("status"), "setup_complete");

    gateway.delete(&format!("{VPC}/aws/2.0.0"), &gateway.admin).await;

    assert_eq!(gateway.get(&path, &gateway.admin).await.attribute("status"), "pending");
}

#[actix_web::test]
async fn what_is_not_there_cannot_be_deleted() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for path in [
        "/organizations/acme/registry-modules/public/acme/vpc",
        "/organizations/acme/registry-modules/private/other/vpc",
        "/organizations/acme/registry-modules/private/acme//aws",
        "/organizations/acme/registry-modules/private/acme/dns",
        "/organizations/other/registry-modules/private/acme/vpc/aws",
        "/organizations/acme/registry-modules/private/acme/vpc/google",
        "/organizations/acme/registry-modules/private/acme/vpc/aws/1.0.1",
        "/organizations/acme/registry-modules/private/acme/vpc/aws/versions",
    ] {
        assert_eq!(gateway.delete(path, &gateway.admin).await.status, 404, "{path}");
    }
    assert_eq!(gateway.get(&format!("{VPC}/aws"), &gateway.admin).await.status, 200);
}
