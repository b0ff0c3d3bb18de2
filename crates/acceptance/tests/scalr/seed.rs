//! The requests that the published pages of the API show, byte for byte. Where the text of a request is no JSON, it is
//! refused, and taken without the comma that is too much.

use anyhow::{Result, ensure};

use crate::world::{World, id};

/// As the pages name them; rows with these ids are made behind the registry's back.
const ACCOUNT: &str = "acc-svrcncgh453bi8g";
const VCS_PROVIDER: &str = "vcs-t745mjlp46208k0";

const RELATIONSHIPS: &str = r#"      "relationships": {
        "account": {
          "data": {
            "type": "accounts",
            "id": "acc-svrcncgh453bi8g"
          }
        },
        "vcs-provider": {
          "data": {
            "type": "vcs-providers",
            "id": "vcs-t745mjlp46208k0"
          }
        }
      }
    }
  }
"#;

const HEAD: &str = "POST /api/iacp/v3/modules HTTP/1.1
Host: my.scalr.io
Content-Type: application/vnd.api+json
Prefer: profile=preview

";

const FROM_A_VCS: &str = r#"{
    "data": {
      "type": "modules",
      "attributes": {
        "vcs-repo": {
          "identifier": "Scalr/terraform-aws-vpc",
        }
      },
"#;

const FROM_A_SUBDIRECTORY: &str = r#"{
    "data": {
      "type": "modules",
      "description": "Terraform module which creates Scalr.IO application infrastructure on Google Cloud",
      "attributes": {
        "vcs-repo": {
          "identifier": "Scalr/scalr-io",
          "path": "infra/terraform/terraform-google-scalr-io"
        }
      },
"#;

const FROM_A_MONO_REPO: &str = r#"{
    "data": {
      "type": "modules",
      "attributes": {
        "vcs-repo": {
          "identifier": "Scalr/terraform-system-infra",
        }
      },
"#;

const WITH_VERSIONS_OF_ITS_OWN: &str = r#"{
    "data": {
      "type": "modules",
      "attributes": {
        "description": "Terraform module which creates infrastructure on AWS",
        "vcs-repo": {
          "identifier": "Scalr/infra",
          "path": "library/terraform-aws-my-module",
          "tag-prefix": "my-module/"
        }
      },
"#;

const RESYNC: &str = r#"POST /api/iacp/v3/modules/{module}/actions/resync HTTP/1.1
Host: my.scalr.io
Content-Type: application/json
Prefer: profile=preview

{
    "force": true
}
"#;

/// The account and the connection of the pages.
fn make_what_they_name(world: &World) -> Result<()> {
    let (scope, connection) = (ACCOUNT.replace("acc-", "org-"), VCS_PROVIDER.replace("vcs-", "oc-"));
    let url = world.registry.git.url();
    for statement in [
        format!(
            "INSERT INTO scopes (id, kind, name, email, settings, created_at, updated_at) \
             VALUES ('{scope}', 'account', 'pages', '', '{{}}', 1, 1)"
        ),
        format!("INSERT INTO scope_names VALUES ('pages', '{scope}')"),
        format!(
            "INSERT INTO connections (id, scope_id, kind, http_url, api_url, organization_scoped, created_at, updated_at) \
             VALUES ('{connection}', '{scope}', 'git', '{url}', '{url}', TRUE, 1, 1)"
        ),
    ] {
        world.registry.ask(&statement)?;
    }
    Ok(())
}

fn make_repositories(world: &World) -> Result<()> {
    let main = "resource \"null_resource\" \"this\" {}\n";
    for (name, path, tag) in [
        ("terraform-aws-vpc", "main.tf", "v1.0.0"),
        ("scalr-io", "infra/terraform/terraform-google-scalr-io/main.tf", "1.2.0"),
        ("terraform-system-infra", "modules/networking/main.tf", "v1.7.1"),
        ("infra", "library/terraform-aws-my-module/main.tf", "my-module/v0.3.0"),
    ] {
        let repository = world.registry.repository(&format!("Scalr/{name}"))?;
        repository.commit(&[(path, main), ("README.md", "# Top\n"), ("main.tf", main)])?;
        repository.tag(tag)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_five_requests_of_the_pages_are_understood() -> Result<()> {
    let world = World::start().await?;
    make_what_they_name(&world)?;
    make_repositories(&world)?;
    let mut made = Vec::new();

    for (form, version) in [
        (FROM_A_VCS, "1.0.0"),
        (FROM_A_SUBDIRECTORY, "1.2.0"),
        (FROM_A_MONO_REPO, "1.7.1"),
        (WITH_VERSIONS_OF_ITS_OWN, "0.3.0"),
    ] {
        let request = format!("{HEAD}{form}{RELATIONSHIPS}");
        let mut answer = world.replay(&request).await?;
        if request.contains(",\n        }") {
            assert_eq!(answer.status, 400, "{answer:?}");
            assert_eq!(answer.error()["title"], "Bad Request");
            assert!(answer.error()["detail"].as_str().is_some_and(|detail| detail.contains("not valid JSON")));
            answer = world.replay(&request.replace(",\n        }", "\n        }")).await?;
        }
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.headers["preference-applied"], "profile=preview");
        assert_eq!(answer.headers["content-type"], "application/vnd.api+json");
        let module = answer.body["data"].clone();
        assert_eq!(module["attributes"]["status"], "pending");
        assert_eq!(module["relationships"]["account"]["data"]["id"], ACCOUNT);
        assert_eq!(module["relationships"]["vcs-provider"]["data"]["id"], VCS_PROVIDER);
        world.version_at(id(&module), version, "ok").await?;
        made.push(world.settled(id(&module)).await?);
    }

    let told =
        |member: &str| made.iter().map(|it| it["attributes"][member].as_str().unwrap_or("?")).collect::<Vec<_>>();
    assert_eq!(told("name"), ["vpc", "scalr-io", "infra", "my-module"]);
    assert_eq!(told("provider"), ["aws", "google", "system", "aws"]);
    assert_eq!(told("source")[1], format!("{ACCOUNT}/scalr-io/google"));
    assert_eq!(told("status"), ["setup_complete"; 4]);
    assert!(told("description")[1].ends_with("on Google Cloud") && told("description")[3].ends_with("on AWS"));

    let answer = world.replay(&RESYNC.replace("{module}", id(&made[0]))).await?;
    ensure!(answer.status == 204, "{answer:?}");
    assert_eq!(answer.headers["preference-applied"], "profile=preview");
    Ok(())
}

#[tokio::test]
async fn the_reading_requests_of_the_pages_are_understood() -> Result<()> {
    let world = World::start().await?;
    world.registry.repository("terraform-aws-vpc")?.release_three_times()?;
    let module = world.publish("terraform-aws-vpc", &serde_json::json!({})).await?;
    let version = module["relationships"]["module-versions"]["data"][0]["id"].as_str().unwrap_or_default();
    let end = "HTTP/1.1\nHost: my.scalr.io\nPrefer: profile=preview\n";

    for (path, status) in [
        ("/api/iacp/v3/module-versions?filter%5Bmodule%5D=string".to_owned(), 404),
        (format!("/api/iacp/v3/module-versions?filter%5Bmodule%5D={}", id(&module)), 200),
        (format!("/api/iacp/v3/module-versions/{version}"), 200),
        ("/api/iacp/v3/modules".to_owned(), 200),
        (format!("/api/iacp/v3/modules/{}", id(&module)), 200),
    ] {
        let answer = world.replay(&format!("GET {path} {end}")).await?;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.headers["preference-applied"], "profile=preview");
    }
    Ok(())
}
