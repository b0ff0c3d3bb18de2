//! What `init` calls.

use std::time::SystemTime;

use actix_web::http::StatusCode;
use serde_json::json;
use signed_link::Grant;
use store::versions;
use tokio_util::sync::CancellationToken;

use crate::harness::{BASE, TestGateway};

#[actix_web::test]
async fn lists_only_what_can_be_installed_newest_first() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(Some(&acme)).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    for version in ["1.2.0", "1.10.0", "2.0.0-rc1"] {
        gateway.has_version(&module, version).await;
    }
    gateway.has_pending_version(&module, "3.0.0").await;

    let answer = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/versions")).await;

    let item = |version: &str| {
        json!({"version": version, "root": {"providers": [{"name": "aws", "version": ">= 5.0"}], "dependencies": []},
               "submodules": [], "deprecation": null})
    };
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.json(),
        json!({"modules": [{"source": "acme/vpc/aws", "versions": [item("2.0.0-rc1"), item("1.10.0"), item("1.2.0")]}]})
    );
}

#[actix_web::test]
async fn a_module_without_versions_has_an_empty_list() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    gateway.has_module(&acme, "vpc", "aws").await;

    let answer = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/versions")).await;

    assert_eq!(answer.body, r#"{"modules":[{"source":"acme/vpc/aws","versions":[]}]}"#);
    for path in ["", "/download", "/1.0.0", "/1.0.0/download"] {
        let answer = gateway.get(&token, &format!("{BASE}/acme/vpc/aws{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_web::test]
async fn a_change_is_seen_at_once_under_every_name() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let names = ["acme", "ACME", acme.id.as_str()];
    for name in names {
        assert!(gateway.get(&token, &format!("{BASE}/{name}/vpc/aws/versions")).await.body.contains("1.0.0"));
        let download = gateway.get(&token, &format!("{BASE}/{name}/vpc/aws/1.0.0/download")).await;
        assert_eq!(download.status, StatusCode::OK);
    }

    gateway.has_version(&module, "1.1.0").await;
    let changed = module.clone();
    let delete = move |session: &mut store::Connection| {
        let old = versions::find(session, changed.id.as_str(), &"1.0.0".parse()?)?.unwrap();
        versions::delete(session, &changed, &[old])
    };
    gateway.store.write(delete).await.unwrap();

    for name in names {
        let list = gateway.get(&token, &format!("{BASE}/{name}/vpc/aws/versions")).await.body;
        assert!(list.contains("1.1.0") && !list.contains("1.0.0"), "{name}: {list}");
        let download = gateway.get(&token, &format!("{BASE}/{name}/vpc/aws/1.0.0/download")).await;
        assert_eq!(download.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[actix_web::test]
async fn a_download_says_twice_where_the_archive_is() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;

    let answer = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0/download")).await;

    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let location = answer.header("x-terraform-get").unwrap();
    assert_eq!(answer.json(), json!({"location": location}));
    let rest = location.strip_prefix("https://archive.acme.test/v1/object/").unwrap();
    let (link, target) = rest.split_once('/').unwrap();
    let checksum = "ab".repeat(32);
    assert_eq!(target, format!("acme-vpc-aws-1.0.0.tar.gz?archive=tar.gz&checksum=sha256:{checksum}"));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
    let link = gateway.link_keys.open(link, now).unwrap();
    assert_eq!(link.grant, Grant::Get { blob: checksum, size: 1234 });
    assert!((19 * 60..=21 * 60).contains(&(link.expires_at - now)), "{}", link.expires_at - now);
}

#[actix_web::test]
async fn the_location_stays_the_same_also_when_the_answer_is_made_anew() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let first = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0/download")).await;

    assert_eq!(gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0/download")).await, first);
    assert_eq!(gateway.get(&token, &format!("{BASE}/acme/vpc/aws/v1.0/download")).await, first);
    gateway.has_version(&module, "1.1.0").await;
    assert_eq!(gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1/download")).await, first);
}

#[actix_web::test]
async fn a_directory_of_the_archive_and_build_metadata_are_in_the_location() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version_in(&module, "1.0.0+build.5", "modules/größe x").await;

    for spelling in ["1.0.0+build.5", "1.0.0%2Bbuild.5", "v1.0+build.5"] {
        let path = format!("{BASE}/acme/vpc/aws/{spelling}/download");
        let answer = gateway.get(&token, &path).await;
        let wanted = "/acme-vpc-aws-1.0.0+build.5.tar.gz//modules/größe x?archive=tar.gz&checksum=sha256:";
        let location = answer.header("x-terraform-get").unwrap();
        assert!(location.contains(wanted), "{spelling}: {location}");
        assert_eq!(answer.json(), json!({"location": location}));
    }
}

#[actix_web::test]
async fn the_first_download_seals_an_upload() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    let id = gateway.has_version(&module, "1.0.0").await;
    let sealed_at = async || {
        let id = id.clone();
        gateway.store.read(move |session| versions::load(session, &id)).await.unwrap().sealed_at
    };
    gateway.get(&token, &format!("{BASE}/acme/vpc/aws/versions")).await;
    gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0")).await;
    gateway.get(&token, &format!("{BASE}/acme/vpc/aws/download")).await;
    assert_eq!(sealed_at().await, None);

    gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0/download")).await;

    assert!(sealed_at().await.is_some());
}

#[actix_web::test]
async fn the_latest_stable_version_is_where_a_bare_download_leads() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    for version in ["1.2.0", "1.10.0", "2.0.0-rc1"] {
        gateway.has_version(&module, version).await;
    }

    let answer = gateway.get(&token, &format!("{BASE}/acme/vpc/aws/download")).await;

    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.header("location"), Some("/api/registry/v1/modules/acme/vpc/aws/1.10.0/download"));
}

#[actix_web::test]
async fn downloads_are_counted_one_by_one_and_written_at_the_stop() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    for _ in 0..3 {
        gateway.get(&token, &format!("{BASE}/acme/vpc/aws/1.0.0/download")).await;
    }
    gateway.get(&token, &format!("{BASE}/acme/vpc/aws/9.0.0/download")).await;
    let stop = CancellationToken::new();
    stop.cancel();

    gateway.gateway.run(stop).await;

    let detail = gateway.get(&token, &format!("{BASE}/acme/vpc/aws")).await.json();
    assert_eq!(detail["downloads"], 3);
}
