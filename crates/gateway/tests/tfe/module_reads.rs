//! Commits of a module, and whether an address can be had.

use domain::{Id, Rights, VersionStatus};
use serde_json::{Value, json};
use store::versions::{self, Archived, NewVersion};

use crate::test_gateway::{TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";
const VALIDATION: &str = "/organizations/acme/registry-modules/validation";

/// A version that was made from `commit` of the day `day`.
fn has_commit(
    session: &mut store::Connection,
    module: &str,
    (number, commit, day): (&str, &str, i64),
) -> Result<(), domain::Error> {
    let (id, module, version) = (Id::random(), module.parse()?, number.parse()?);
    let new = NewVersion {
        id: &id,
        module: &module,
        version: &version,
        source: "git",
        tag: Some("tag"),
        branch: None,
        commit: Some(commit),
        status: VersionStatus::Cloning,
    };
    versions::insert(session, &new)?;
    let archived = Archived {
        archive_sha256: "a".repeat(64),
        tar_sha256: "b".repeat(64),
        size: 1,
        directory: String::new(),
        submodules: false,
        notes: "[]".to_owned(),
        published_at: day * 24 * 60 * 60 * 1000,
    };
    if day > 0 { versions::set_archived(session, id.as_str(), &archived).map(drop) } else { Ok(()) }
}

#[actix_web::test]
async fn the_commits_of_versions_are_listed_newest_first() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let sent = attributes(json!({"vcs-repo": {"identifier": "p/terraform-aws-vpc", "oauth-token-id": token}}));
    let module = gateway.post("/registry-modules", &gateway.admin, sent).await.id();
    let commits = format!("{VPC}/commits");
    assert_eq!(gateway.get(&commits, &gateway.admin).await.body["data"], json!([]));
    let (a, b) = ("a".repeat(40), "b".repeat(40));
    let (old, new) = (a.clone(), b.clone());
    let fill = move |session: &mut store::Connection| {
        let all = [("1.0.0", &old, 1), ("1.1.0", &new, 2), ("1.1.1", &new, 2), ("2.0.0", &"c".repeat(40), 0)];
        all.into_iter().try_for_each(|(number, commit, day)| has_commit(session, &module, (number, commit, day)))
    };
    gateway.store.write(fill).await.unwrap();

    let answer = gateway.get(&commits, &gateway.admin).await;

    let commit = |sha: &str, date: &str| {
        json!({"id": &sha[..7], "type": "commit", "attributes": {
            "sha": sha, "date": date, "url": "", "author": "", "author-avatar-url": "", "author-html-url": "",
            "message": "",
        }})
    };
    let expected = json!([commit(&b, "1970-01-03T00:00:00.000Z"), commit(&a, "1970-01-02T00:00:00.000Z")]);
    assert_eq!((answer.status, &answer.body["data"]), (200, &expected));
    let second = gateway.get(&format!("{commits}?page[size]=1&page[number]=2"), &gateway.admin).await;
    assert_eq!(second.body["data"], json!([expected[1]]));
}

#[actix_web::test]
async fn what_has_no_repository_has_no_commits() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for path in [VPC.to_owned(), VPC.replace("vpc", "dns"), VPC.replace("private", "public")] {
        let answer = gateway.get(&format!("{path}/commits"), &gateway.admin).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{path}");
    }
}

#[actix_web::test]
async fn an_address_is_valid_until_it_is_taken() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &[]).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    for (name, provider, valid) in [("vpc", "aws", false), ("vpc", "google", true), ("dns", "aws", true)] {
        let answer = gateway.get(&format!("{VALIDATION}?name={name}&provider={provider}"), &reader).await;
        assert_eq!(
            (answer.status, &answer.body),
            (
                200,
                &json!({"data": {
                    "id": "validation-1", "type": "registry-module-address-validations",
                    "attributes": {"module-name": name, "provider-name": provider, "valid": valid},
                }})
            )
        );
    }
    for (query, status, text) in [
        ("", 400, "name is required"),
        ("name=vpc", 400, "provider is required"),
        ("name=&provider=aws", 400, "name is required"),
        ("name=a/b&provider=aws", 422, "Name"),
        ("name=vpc&provider=AWS", 422, "rovider"),
        ("name=vpc&provider=aws&include=x", 400, "include"),
    ] {
        let answer = gateway.get(&format!("{VALIDATION}?{query}"), &reader).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        assert!(answer.error().1.contains(text), "{query}: {}", answer.text);
    }
    let stranger = gateway.token(Some("other"), Rights::Read).await;
    assert_eq!(gateway.get(&format!("{VALIDATION}?name=vpc&provider=aws"), &stranger).await.status, 404);
    assert_eq!(gateway.get(VALIDATION, "").await.status, 401);
}

#[actix_web::test]
async fn odd_paths_and_includes_name_nothing() {
    let gateway = TestGateway::start().await;
    let id = gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for rest in ["commits", "version?module_version=1.0.0", "versions"] {
        for bad in ["acme//aws", "acme/vp%2Fc/aws", "acme/vpc%2Faws", "/vpc/aws", "acme/vpc/%00", "acme/vpc/%2e%2e"] {
            let path = format!("/organizations/acme/registry-modules/private/{bad}/{rest}");
            assert_eq!(gateway.get(&path, &gateway.admin).await.status, 404, "{path}");
        }
    }
    for path in [
        format!("{VPC}/versions"),
        VPC.to_owned(),
        format!("/registry-modules/{id}"),
        format!("/registry-modules/{id}/tag-bindings"),
        "/organizations/acme/registry-modules".to_owned(),
    ] {
        let answer = gateway.get(&format!("{path}?include=everything"), &gateway.admin).await;
        assert_eq!((answer.status, answer.error().1), (400, "Invalid include parameter"), "{path}");
        assert_eq!(answer.body["errors"][0]["source"], Value::Null);
    }
}
