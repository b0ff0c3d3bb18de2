//! Who may do what, and that what one may not see looks like what does not exist.

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};

use crate::test_gateway::{TestGateway, attributes, organization};

/// Every URL that needs a token, with a body where it takes one.
fn calls(organization_name: &str, module: &str, connection: &str) -> Vec<(Method, String, Option<Value>)> {
    let all = format!("/organizations/{organization_name}/registry-modules");
    let vpc = format!("{all}/private/{organization_name}/vpc");
    let version = Some(attributes(json!({"version": "9.0.0"})));
    let git = json!({"identifier": "p/terraform-aws-x", "oauth-token-id": connection.replace("oc-", "ot-")});
    let client = json!({"service-provider": "git", "http-url": "https://git.acme.test"});
    let clients = format!("/organizations/{organization_name}/oauth-clients");
    let new = Some(attributes(json!({"name": "new", "provider": "aws"})));
    let delete = format!("/registry-modules/actions/delete/{organization_name}/vpc");
    vec![
        (Method::GET, format!("/organizations/{organization_name}"), None),
        (Method::GET, format!("/organizations/{organization_name}/entitlement-set"), None),
        (Method::GET, clients.clone(), None),
        (Method::POST, clients, Some(attributes(client))),
        (Method::GET, format!("/oauth-clients/{connection}"), None),
        (Method::GET, all.clone(), None),
        (Method::POST, all.clone(), new),
        (Method::POST, format!("{all}/vcs"), Some(attributes(json!({"vcs-repo": git})))),
        (Method::POST, "/registry-modules".to_owned(), Some(attributes(json!({"vcs-repo": git})))),
        (Method::GET, format!("{vpc}/aws"), None),
        (Method::GET, format!("/registry-modules/{module}"), None),
        (Method::GET, format!("/registry-modules/show/{organization_name}/vpc/aws"), None),
        (Method::POST, format!("/registry-modules/{organization_name}/vpc/aws/versions"), version.clone()),
        (Method::POST, format!("{vpc}/aws/versions"), version),
        (Method::GET, format!("{vpc}/aws/versions"), None),
        (Method::GET, format!("{vpc}/aws/version?module_version=1.0.0"), None),
        (Method::DELETE, format!("{vpc}/aws/1.0.0"), None),
        (Method::POST, format!("{delete}/aws/1.0.0"), None),
        (Method::DELETE, format!("{vpc}/aws"), None),
        (Method::POST, format!("{delete}/aws"), None),
        (Method::DELETE, vpc, None),
        (Method::POST, delete, None),
    ]
}

/// What `other` has: a connection (by its client face) and a module with two versions.
async fn others(gateway: &TestGateway) -> (String, String) {
    let connection = gateway.has_connection("other").await.replace("ot-", "oc-");
    (gateway.has_module("other", "vpc", &["1.0.0", "2.0.0"]).await, connection)
}

#[actix_web::test]
async fn without_a_good_token_everything_is_401() {
    let gateway = TestGateway::start().await;
    let (module, connection) = others(&gateway).await;
    let mut all = calls("other", &module, &connection);
    all.extend(calls("nobody", "mod-1", "x"));
    all.push((Method::GET, "/organizations".to_owned(), None));
    all.push((Method::POST, "/organizations".to_owned(), Some(organization("third"))));
    all.push((Method::GET, "/account/details".to_owned(), None));
    // Not even a bad body tells a stranger anything.
    all.push((Method::POST, "/organizations/other/registry-modules".to_owned(), Some(json!([]))));
    for (method, path, body) in all {
        for token in ["", "quarry_wrong"] {
            let answer = gateway.send(method.clone(), &path, token, body.clone()).await;
            assert_eq!(answer.text, r#"{"errors":[{"status":"401","title":"unauthorized"}]}"#, "{method} {path}");
            assert_eq!(answer.status, 401);
        }
    }
}

#[actix_web::test]
async fn what_others_have_looks_like_what_nobody_has() {
    let gateway = TestGateway::start().await;
    let (module, connection) = others(&gateway).await;
    let token = gateway.token(Some("acme"), Rights::Admin).await;
    let hidden = calls("other", &module, &connection);
    let missing = calls("nobody", "mod-1111111111111111", "oc-1111111111111111");
    for ((method, path, body), (_, elsewhere, other_body)) in hidden.into_iter().zip(missing) {
        let hidden = gateway.send(method.clone(), &path, &token, body).await;
        let missing = gateway.send(method.clone(), &elsewhere, &token, other_body).await;
        assert_eq!((hidden.status, hidden.text), (404, missing.text), "{method} {path}");
    }
    let still = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(still.attribute("version-statuses").as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn each_right_opens_its_urls() {
    let gateway = TestGateway::start().await;
    let (module, connection) = others(&gateway).await;
    let owner_only = |method: &Method, path: &str| {
        *method == Method::DELETE || path.contains("/actions/delete/") || path.ends_with("/oauth-clients")
    };
    for rights in [Rights::Read, Rights::Publish, Rights::Admin] {
        let token = gateway.token(Some("other"), rights).await;
        for (method, path, body) in calls("other", &module, &connection) {
            let is_allowed = match rights {
                Rights::Read => method == Method::GET,
                Rights::Publish => method == Method::GET || !owner_only(&method, &path),
                Rights::Admin => true,
            };
            let answer = gateway.send(method.clone(), &path, &token, body).await;
            if !is_allowed {
                assert_eq!(answer.status, 404, "{rights:?} {method} {path}");
            } else if rights != Rights::Admin {
                // The second URL of a pair finds the number or name taken.
                assert_ne!(answer.status, 404, "{rights:?} {method} {path}: {}", answer.text);
            } else {
                assert!(answer.status < 500, "{rights:?} {method} {path}: {}", answer.text);
            }
        }
    }
}
