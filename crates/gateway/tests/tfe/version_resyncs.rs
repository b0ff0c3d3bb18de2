//! The timeline of a version, and trying one again: `POST …/{provider}/{version}/actions/resync`

use domain::{Id, JobKind, Rights, Stage, VersionStatus};
use serde_json::{Value, json};
use store::{
    Connection,
    versions::{self, Archived, NewVersion},
};

use crate::test_gateway::{Answer, TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";

/// `vpc` from a repository, with 1.0.0 that failed and 1.1.0 that is ok.
async fn has_versions(gateway: &TestGateway) {
    let token = gateway.has_connection("acme").await;
    let repository = json!({"identifier": "p/terraform-aws-vpc", "oauth-token-id": token});
    let module = gateway.post("/registry-modules", &gateway.admin, attributes(json!({"vcs-repo": repository}))).await;
    let module = module.id();
    let make = move |session: &mut Connection| {
        let module = store::modules::load(session, &module)?;
        for number in ["1.0.0", "1.1.0"] {
            let new = NewVersion {
                id: &Id::random(),
                module: &module.id,
                version: &number.parse()?,
                source: "git",
                tag: Some(number),
                branch: None,
                commit: Some("c"),
                status: VersionStatus::Cloning,
            };
            versions::insert(session, &new)?;
            match number {
                "1.0.0" => versions::set_errored(session, new.id.as_str(), Stage::Clone, "too large")?,
                _ => publish(session, &module, new.id.as_str())?,
            }
        }
        Ok(())
    };
    gateway.store.write(make).await.unwrap();
}

fn publish(session: &mut Connection, module: &store::modules::Module, id: &str) -> Result<(), domain::Error> {
    let archived = Archived {
        archive_sha256: "a".repeat(64),
        tar_sha256: "b".repeat(64),
        size: 1,
        directory: String::new(),
        submodules: false,
        notes: "[]".to_owned(),
        published_at: 1,
    };
    versions::set_archived(session, id, &archived)?;
    versions::set_ok(session, module, id, "{}", &[])
}

async fn read(gateway: &TestGateway, version: &str) -> Answer {
    gateway.get(&format!("{VPC}/version?module_version={version}"), &gateway.admin).await
}

async fn resync(gateway: &TestGateway, version: &str) -> Answer {
    gateway.post(&format!("{VPC}/{version}/actions/resync"), &gateway.admin, Value::Null).await
}

/// How many jobs of this kind wait.
async fn waiting(gateway: &TestGateway, kind: JobKind) -> usize {
    gateway.store.read(move |session| store::jobs::list_due(session, kind, 10)).await.unwrap().len()
}

fn is_there(timeline: &Value) -> [bool; 4] {
    ["queued-at", "fetched-at", "archived-at", "parsed-at"].map(|step| timeline[step].is_string())
}

#[actix_web::test]
async fn a_version_shows_how_its_last_attempt_went() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;

    let (failed, ok) = (read(&gateway, "1.0.0").await, read(&gateway, "1.1.0").await);

    assert_eq!((failed.attribute("status"), failed.attribute("error")), (&json!("clone_failed"), &json!("too large")));
    let timeline = failed.attribute("timeline");
    assert_eq!(is_there(timeline), [true, true, false, false], "{timeline}");
    assert_eq!((&timeline["failed-stage"], &timeline["error"]), (&json!("archive"), &json!("too large")));
    let timeline = ok.attribute("timeline");
    assert_eq!(is_there(timeline), [true; 4], "{timeline}");
    assert_eq!((&timeline["failed-stage"], &timeline["error"]), (&Value::Null, &Value::Null));
    assert_eq!(ok.attribute("git-tag"), "1.1.0");
    let list = gateway.get(&format!("{VPC}/versions"), &gateway.admin).await;
    assert_eq!(&list.body["data"][0]["attributes"]["timeline"], ok.attribute("timeline"));
}

#[actix_web::test]
async fn what_failed_waits_for_another_attempt() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;

    let answer = resync(&gateway, "v1.0.0").await;

    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    let version = read(&gateway, "1.0.0").await;
    assert_eq!((version.attribute("status"), version.attribute("error")), (&json!("pending"), &Value::Null));
    assert_eq!(is_there(version.attribute("timeline")), [true, false, false, false]);
    assert_eq!(waiting(&gateway, JobKind::IngestVersion).await, 1);
    assert_eq!(resync(&gateway, "1.0.0").await.status, 202);
    assert_eq!(waiting(&gateway, JobKind::IngestVersion).await, 1);
}

#[actix_web::test]
async fn the_documentation_of_what_is_ok_is_read_anew() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let before = read(&gateway, "1.1.0").await;

    assert_eq!(resync(&gateway, "1.1.0").await.status, 202);

    assert_eq!(read(&gateway, "1.1.0").await.body, before.body);
    let kinds = [JobKind::ParseVersion, JobKind::IngestVersion];
    assert_eq!([waiting(&gateway, kinds[0]).await, waiting(&gateway, kinds[1]).await], [1, 0]);
}

#[actix_web::test]
async fn an_uploaded_version_has_nothing_to_be_read_from() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;

    let answer = resync(&gateway, "1.0.0").await;

    assert_eq!(answer.status, 422);
    assert!(answer.error().1.contains("Version 1.0.0 was uploaded"), "{}", answer.text);
    assert_eq!(read(&gateway, "1.0.0").await.attribute("timeline")["queued-at"], Value::Null);
}

#[actix_web::test]
async fn only_publishers_try_again_and_only_what_is_there() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    for (path, who) in [
        (format!("{VPC}/1.0.0/actions/resync"), &reader),
        (format!("{VPC}/1.0.0/actions/resync"), &stranger),
        (format!("{VPC}/9.0.0/actions/resync"), &gateway.admin),
        (format!("{VPC}/latest/actions/resync"), &gateway.admin),
    ] {
        let answer = gateway.post(&path, who, Value::Null).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{path}");
    }
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    assert_eq!(gateway.post(&format!("{VPC}/1.0.0/actions/resync"), &publisher, Value::Null).await.status, 202);
    let entries = gateway.store.read(|session| store::audit::list_newest(session, 1)).await.unwrap();
    assert_eq!((entries[0].action.as_str(), entries[0].outcome.as_str()), ("resync-version", "ok"));
    assert!(entries[0].object.ends_with(" acme/vpc/aws 1.0.0"), "{entries:?}");
}
