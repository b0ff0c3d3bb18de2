//! What a new name of an organization means for addresses, answered from memory or not.

use actix_web::http::StatusCode;
use store::scopes;

use crate::harness::{BASE, TestGateway};

#[actix_web::test]
async fn an_address_follows_its_organization_until_another_one_takes_the_name() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let status = async |name: &str| gateway.get(&token, &format!("{BASE}/{name}/vpc/aws/versions")).await.status;
    assert_eq!((status("acme").await, status("apex").await), (StatusCode::OK, StatusCode::NOT_FOUND));

    gateway.store.write(move |session| scopes::rename(session, &acme, &"apex".parse()?)).await.unwrap();

    assert_eq!((status("acme").await, status("apex").await), (StatusCode::OK, StatusCode::OK));

    gateway.has_scope("acme").await;

    assert_eq!((status("acme").await, status("apex").await), (StatusCode::NOT_FOUND, StatusCode::OK));
}
