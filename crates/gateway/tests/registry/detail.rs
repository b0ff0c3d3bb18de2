//! A version with its documentation.

use serde_json::json;

use crate::harness::{BASE, TestGateway};

#[actix_web::test]
async fn a_detail_has_the_docs_of_every_part() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_git_module(&acme, "vpc").await;
    gateway.has_module(&acme, "vpc", "google").await;
    for version in ["1.10.0", "1.2.0", "2.0.0-rc1"] {
        gateway.has_version(&module, version).await;
    }

    let latest = gateway.get(&token, &format!("{BASE}/acme/vpc/aws")).await.json();

    let part = |path: &str, name: &str| {
        json!({"path": path, "name": name, "readme": "", "empty": false, "inputs": [], "outputs": [],
               "dependencies": [], "provider_dependencies": [], "resources": []})
    };
    assert_eq!(
        latest,
        json!({
            "id": "acme/vpc/aws/1.10.0", "owner": "acme", "namespace": "acme", "name": "vpc", "version": "1.10.0",
            "provider": "aws", "provider_logo_url": "", "description": "",
            "source": "https://git.acme.test/acme/terraform-aws-vpc", "tag": "v1.10.0",
            "published_at": "2026-03-02T09:14:55.120Z", "downloads": 0, "verified": false,
            "root": {
                "path": "", "name": "vpc", "readme": "# VPC", "empty": false,
                "inputs": [
                    {"name": "cidr", "type": "string", "description": "", "default": "\"10.0.0.0/16\"", "required": false},
                    {"name": "azs", "type": "string", "description": "", "default": "", "required": true}
                ],
                "outputs": [], "dependencies": [], "provider_dependencies": [],
                "resources": [{"name": "this", "type": "aws_vpc"}]
            },
            "submodules": [part("modules/endpoints", "endpoints")],
            "examples": [part("examples/complete", "complete")],
            "providers": ["aws", "google"], "versions": ["1.2.0", "1.10.0", "2.0.0-rc1"], "deprecation": null
        })
    );
    for spelling in ["1.2.0", "v1.2"] {
        let older = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/{spelling}")).await.json();
        assert_eq!((&older["version"], &older["root"]), (&json!("1.2.0"), &latest["root"]));
    }
}
