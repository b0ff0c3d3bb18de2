//! Modules that are made from a branch, as far as no repository is read for it.

use actix_web::http::Method;
use domain::JobKind;
use serde_json::{Value, json};

use crate::test_gateway::{Answer, TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

async fn patch(gateway: &TestGateway, body: Value) -> Answer {
    gateway.send(Method::PATCH, VPC, &gateway.admin, Some(attributes(body))).await
}

async fn make_version(gateway: &TestGateway, attributes_of_it: Value) -> Answer {
    gateway.post(&format!("{VPC}/versions"), &gateway.admin, attributes(attributes_of_it)).await
}

/// `vpc`, from the branch `main`, as it was answered.
async fn has_branch_module(gateway: &TestGateway, extra: Value) -> Answer {
    let token = gateway.has_connection("acme").await;
    let mut all = json!({"vcs-repo": {
        "identifier": "platform/terraform-aws-vpc", "oauth-token-id": token, "github-app-installation-id": "",
        "organization-name": "acme", "branch": "main", "tags": false,
    }});
    all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = gateway.post("/organizations/acme/registry-modules/vcs", &gateway.admin, attributes(all)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made
}

#[actix_web::test]
async fn the_branch_and_its_tests_are_shown() {
    let gateway = TestGateway::start().await;
    let tests = json!({"tests-enabled": true, "agent-execution-mode": "agent", "agent-pool-id": "apool-1"});

    let made = has_branch_module(&gateway, json!({"initial-version": "1.0.0", "test-config": tests})).await;

    assert_eq!(made.attribute("publishing-mechanism"), "branch");
    assert_eq!(made.attribute("status"), "pending");
    let source = made.attribute("vcs-repo");
    assert_eq!((&source["branch"], &source["tags"]), (&json!("main"), &json!(false)));
    let mut shown = made.attribute("test-config").clone();
    let id = shown.as_object_mut().unwrap().remove("id").unwrap();
    assert!(id.as_str().unwrap().starts_with("tc-"), "{id}");
    assert_eq!(shown, tests);
    let changed = patch(&gateway, json!({"test-config": {"tests-enabled": false}})).await;
    let shown = changed.attribute("test-config");
    assert_eq!((&shown["tests-enabled"], &shown["agent-pool-id"]), (&json!(false), &json!("apool-1")));
    assert_eq!(gateway.get(VPC, &gateway.admin).await.body, changed.body);
}

#[actix_web::test]
async fn without_a_word_about_tests_they_are_off() {
    let gateway = TestGateway::start().await;
    let made = has_branch_module(&gateway, json!({})).await;
    let tests = made.attribute("test-config");
    assert_eq!(tests["tests-enabled"], false);
    assert_eq!((&tests["agent-execution-mode"], &tests["agent-pool-id"]), (&json!("remote"), &Value::Null));
}

#[actix_web::test]
async fn an_initial_version_must_be_one() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    for bad in [json!("one"), json!("1.2.3.4"), json!(1), json!("^1.0")] {
        let body = json!({"initial-version": bad, "vcs-repo": {
            "identifier": "platform/terraform-aws-vpc", "oauth-token-id": token, "branch": "main",
        }});
        let answer = gateway.post("/registry-modules", &gateway.admin, attributes(body)).await;
        let error = answer.error().0;
        assert_eq!((answer.status, error), (422, "/data/attributes/initial-version"), "{bad}: {}", answer.text);
    }
}

#[actix_web::test]
async fn a_version_is_made_from_the_commit_that_is_named() {
    let gateway = TestGateway::start().await;
    has_branch_module(&gateway, json!({})).await;

    let made = make_version(&gateway, json!({"version": "v1.4.0", "commit-sha": COMMIT.to_uppercase()})).await;

    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!((made.attribute("version"), made.attribute("status")), (&json!("1.4.0"), &json!("pending")));
    assert_eq!((made.attribute("commit-sha"), made.attribute("branch")), (&json!(COMMIT), &json!("main")));
    assert_eq!((made.attribute("source"), made.attribute("git-tag")), (&json!("git"), &Value::Null));
    assert_eq!(made.body["data"]["links"], json!({}), "there is nothing to upload");
    let module = gateway.get(VPC, &gateway.admin).await;
    assert_eq!(module.attribute("version-statuses"), &json!([{"version": "1.4.0", "status": "pending"}]));
    let due = |session: &mut store::Connection| store::jobs::list_due(session, JobKind::IngestVersion, 10);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 1);
    let again = make_version(&gateway, json!({"version": "1.4.0", "commit-sha": COMMIT})).await;
    assert_eq!((again.status, again.error().0), (422, "/data/attributes/version"), "{}", again.text);
}

#[actix_web::test]
async fn a_commit_must_be_named_in_full() {
    let gateway = TestGateway::start().await;
    has_branch_module(&gateway, json!({})).await;
    for bad in [Value::Null, json!(""), json!("0123456"), json!("main"), json!(1), json!("g".repeat(40)), json!([])] {
        let answer = make_version(&gateway, json!({"version": "1.4.0", "commit-sha": bad})).await;
        let error = answer.error().0;
        assert_eq!((answer.status, error), (422, "/data/attributes/commit-sha"), "{bad}: {}", answer.text);
    }
    assert_eq!(gateway.get(VPC, &gateway.admin).await.attribute("version-statuses"), &json!([]));
}

#[actix_web::test]
async fn tags_and_branches_are_exchanged() {
    let gateway = TestGateway::start().await;
    has_branch_module(&gateway, json!({"test-config": {"tests-enabled": true}})).await;

    let prefix = patch(&gateway, json!({"vcs-repo": {"tag-prefix": "vpc-"}})).await;
    assert_eq!((prefix.status, prefix.error().0), (422, "/data/attributes/vcs-repo/tag-prefix"), "{}", prefix.text);
    let policy = patch(&gateway, json!({"vcs-repo": {"vanished-tags": "remove"}})).await;
    assert_eq!((policy.status, policy.error().0), (422, "/data/attributes/vcs-repo/vanished-tags"));
    let same = patch(&gateway, json!({"vcs-repo": {"branch": "", "tags": false}})).await;
    assert_eq!(same.attribute("vcs-repo")["branch"], "main", "it is not said that it shall come from tags");

    let tags = patch(&gateway, json!({"vcs-repo": {"branch": "", "tags": true, "tag-prefix": "vpc-"}})).await;
    assert_eq!(tags.status, 200, "{}", tags.text);
    let source = tags.attribute("vcs-repo");
    assert_eq!((&source["branch"], &source["tags"]), (&json!(""), &json!(true)));
    assert_eq!((&source["tag-prefix"], tags.attribute("test-config")), (&json!("vpc-"), &Value::Null));
    assert_eq!(tags.attribute("publishing-mechanism"), "git_tag");
    assert_eq!(make_version(&gateway, json!({"version": "1.0.0", "commit-sha": COMMIT})).await.status, 422);

    // As the provider sends it: without a type, with all that it knows.
    let sent = json!({"vcs-repo": {"identifier": "platform/terraform-aws-vpc", "branch": "next", "tags": false}});
    let answer = gateway.send(Method::PATCH, VPC, &gateway.admin, Some(json!({"data": {"attributes": sent}}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let source = answer.attribute("vcs-repo");
    assert_eq!(
        (&source["branch"], &source["tags"], &source["tag-prefix"]),
        (&json!("next"), &json!(false), &json!(""))
    );
    assert_eq!(answer.attribute("test-config")["tests-enabled"], false);
}
