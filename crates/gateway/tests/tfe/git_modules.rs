//! Modules from Git: `/registry-modules` and `/organizations/{org}/registry-modules/vcs`

use domain::{JobKind, ModuleStatus, Rights};
use serde_json::{Value, json};

use crate::test_gateway::{PUBLIC_URL, TestGateway, attributes};

const IN_ACME: &str = "/organizations/acme/registry-modules/vcs";
const ANYWHERE: &str = "/registry-modules";

fn from(repository: Value) -> Value {
    attributes(json!({"vcs-repo": repository}))
}

#[actix_web::test]
async fn both_urls_make_a_module_from_tags() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    for (url, name) in [(IN_ACME, "vpc"), (ANYWHERE, "dns")] {
        let identifier = format!("platform/terraform-aws-{name}.git");
        let sent = json!({"identifier": identifier, "oauth-token-id": token, "branch": "", "tags": false});

        let made = gateway.post(url, &gateway.admin, from(sent)).await;

        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.attribute("name"), name);
        assert_eq!(made.attribute("provider"), "aws");
        assert_eq!(made.attribute("status"), "pending");
        assert_eq!(made.attribute("publishing-mechanism"), "git_tag");
        let mut repository = made.attribute("vcs-repo").clone();
        let webhook = repository.as_object_mut().unwrap().remove("webhook-url").unwrap();
        assert_eq!(
            repository.as_object_mut().unwrap().remove("webhook-status").unwrap(),
            "none",
            "Git has nobody to ask"
        );
        assert_eq!(repository.as_object_mut().unwrap().remove("webhook-message").unwrap(), "");
        let uuid = webhook.as_str().unwrap().strip_prefix(&format!("{PUBLIC_URL}/webhooks/vcs/")).unwrap().to_owned();
        assert_eq!(uuid.len(), 36);
        let short = format!("platform/terraform-aws-{name}");
        assert_eq!(
            repository,
            json!({
                "branch": "", "display-identifier": short, "identifier": short, "ingress-submodules": false,
                "oauth-token-id": token, "github-app-installation-id": null,
                "repository-http-url": format!("https://git.acme.test/{short}"), "service-provider": "git",
                "tags": true, "tags-regex": null, "tag-prefix": "", "source-directory": "", "synced-at": null,
                "vanished-tags": "keep",
            })
        );
        let address = format!("/organizations/acme/registry-modules/private/acme/{name}/aws");
        assert_eq!(gateway.get(&address, &gateway.admin).await.body, made.body);
    }
}

#[actix_web::test]
async fn modules_of_one_repository_share_its_row_and_its_sync() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let mut webhooks = Vec::new();
    for directory in ["modules/terraform-aws-vpc", "modules/terraform-aws-dns"] {
        let sent = json!({
            "identifier": "platform/mono", "oauth-token-id": token, "source-directory": directory,
            "tag-prefix": "vpc-", "display_identifier": "Platform / mono",
        });
        let made = gateway.post(ANYWHERE, &gateway.admin, from(sent)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.attribute("vcs-repo")["source-directory"], directory);
        assert_eq!(made.attribute("vcs-repo")["tag-prefix"], "vpc-");
        assert_eq!(made.attribute("vcs-repo")["display-identifier"], "Platform / mono");
        webhooks.push(made.attribute("vcs-repo")["webhook-url"].clone());
    }

    assert_eq!(webhooks[0], webhooks[1]);
    let due = |session: &mut store::Connection| store::jobs::list_due(session, JobKind::SyncRepository, 10);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn given_names_win() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let body = attributes(json!({
        "name": "network", "provider": "google", "no-code": true, "initial-version": "1.0.0", "test-config": null,
        "vcs-repo": {
            "identifier": "platform/terraform-aws-vpc", "oauth-token-id": token, "github-app-installation-id": "",
            "organization-name": "acme", "tags": true,
        },
    }));

    let made = gateway.post(IN_ACME, &gateway.admin, body).await;

    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!((made.attribute("name"), made.attribute("provider")), (&json!("network"), &json!("google")));
    assert_eq!(made.attribute("no-code"), true);
}

#[actix_web::test]
async fn what_is_wrong_with_a_repository_is_pointed_at() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let base = json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token});
    for (change, pointer) in [
        (json!({"identifier": null}), "/vcs-repo/identifier"),
        (json!({"identifier": 7}), "/vcs-repo/identifier"),
        (json!({"identifier": "../terraform-aws-vpc"}), "/vcs-repo/identifier"),
        (json!({"identifier": "platform/--upload-pack=x"}), "/vcs-repo/identifier"),
        (json!({"identifier": "platform/vpc"}), "/name"),
        (json!({"source-directory": "modules/vpc"}), "/name"),
        (json!({"source-directory": "../terraform-aws-vpc"}), "/vcs-repo/source-directory"),
        (json!({"source-directory": 1}), "/vcs-repo/source-directory"),
        (json!({"display-identifier": false}), "/vcs-repo/display-identifier"),
        (json!({"oauth-token-id": ""}), "/vcs-repo/oauth-token-id"),
        (json!({"oauth-token-id": 5}), "/vcs-repo/oauth-token-id"),
        (json!({"github-app-installation-id": "ghain-1"}), "/vcs-repo/github-app-installation-id"),
        (json!({"branch": "a..b"}), "/vcs-repo/branch"),
        (json!({"branch": "-f", "tags": false}), "/vcs-repo/branch"),
        (json!({"branch": "main", "tag-prefix": "vpc-"}), "/vcs-repo/tag-prefix"),
        (json!({"branch": "main", "vanished-tags": "remove"}), "/vcs-repo/vanished-tags"),
        (json!({"branch": "main", "tags": true}), "/vcs-repo/tags"),
        (json!({"branch": []}), "/vcs-repo/branch"),
        (json!({"tags": "yes"}), "/vcs-repo/tags"),
        (json!({"tag-prefix": "a b"}), "/vcs-repo/tag-prefix"),
        (json!({"tag-prefix": "a\nb"}), "/vcs-repo/tag-prefix"),
        (json!({"tag-prefix": "a".repeat(129)}), "/vcs-repo/tag-prefix"),
        (json!({"tag-prefix": {}}), "/vcs-repo/tag-prefix"),
        (json!({"organization-name": "other"}), "/vcs-repo/organization-name"),
        (json!({"organization-name": "nobody"}), "/vcs-repo/organization-name"),
        (json!({"organization-name": 1}), "/vcs-repo/organization-name"),
    ] {
        let mut wanted = base.clone();
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        for url in [IN_ACME, ANYWHERE] {
            let answer = gateway.post(url, &gateway.admin, from(wanted.clone())).await;
            let expected = format!("/data/attributes{pointer}");
            assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{change}: {}", answer.text);
        }
    }
    for body in [json!({}), json!({"vcs-repo": null}), json!({"vcs-repo": []}), json!({"vcs-repo": "x"})] {
        let answer = gateway.post(ANYWHERE, &gateway.admin, attributes(body)).await;
        assert_eq!((answer.status, answer.error().0), (422, "/data/attributes/vcs-repo"));
    }
    let bad_name = attributes(json!({"name": "a/b", "provider": "aws", "vcs-repo": base}));
    assert_eq!(gateway.post(IN_ACME, &gateway.admin, bad_name).await.error().0, "/data/attributes/name");
    let none = gateway.get("/organizations/acme/registry-modules", &gateway.admin).await;
    assert_eq!(none.body["data"], json!([]));
}

#[actix_web::test]
async fn an_address_is_given_once() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let body = from(json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token}));
    assert_eq!(gateway.post(ANYWHERE, &gateway.admin, body.clone()).await.status, 201);

    let again = gateway.post(ANYWHERE, &gateway.admin, body).await;

    assert_eq!((again.status, again.error()), (422, ("/data/attributes/name", "Name has already been taken")));
}

#[actix_web::test]
async fn tokens_of_others_do_not_exist() {
    let gateway = TestGateway::start().await;
    let (ours, theirs) = (gateway.has_connection("acme").await, gateway.has_connection("other").await);
    let caller = gateway.token(Some("acme"), Rights::Admin).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let wanted = |token: &str| from(json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token}));

    let hidden = gateway.post(ANYWHERE, &caller, wanted(&theirs)).await;

    assert_eq!(hidden.status, 404);
    for (url, who, token) in [
        (ANYWHERE, &caller, "ot-1111111111111111"),
        (ANYWHERE, &caller, "nonsense"),
        (ANYWHERE, &caller, ours.replace("ot-", "oc-").as_str()),
        (ANYWHERE, &reader, ours.as_str()),
        (IN_ACME, &caller, theirs.as_str()),
        (IN_ACME, &gateway.admin, theirs.as_str()),
        (IN_ACME, &reader, ours.as_str()),
    ] {
        assert_eq!(gateway.post(url, who, wanted(token)).await.text, hidden.text, "{url} {token}");
    }
    assert_eq!(gateway.post(ANYWHERE, &caller, wanted(&ours)).await.status, 201);
}

#[actix_web::test]
async fn a_module_says_why_its_repository_cannot_be_read() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let body = from(json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token}));
    let id = gateway.post(ANYWHERE, &gateway.admin, body).await.id();
    let wanted = id.clone();
    let fail = move |session: &mut store::Connection| {
        let module = store::modules::load(session, &wanted)?;
        store::modules::set_status(session, &module, ModuleStatus::SetupFailed, Some("the host refused the token"))
    };
    gateway.store.write(fail).await.unwrap();

    let answer = gateway.get(&format!("/registry-modules/{id}"), &gateway.admin).await;

    assert_eq!(answer.attribute("status"), "setup_failed");
    assert_eq!(answer.attribute("error-message"), "the host refused the token");
}
